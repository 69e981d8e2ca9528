"""Check what is wanted, and prove an edit: the flags count, and nothing else has changed."""

from __future__ import annotations

from app.edits.rabbitmq.envfile import CTL, PREFIX, SERVER, EnvFile, carriage_return, counting
from app.edits.rabbitmq.envflags import SSL_PATH, TLS_FLAGS, erl_words, find_tls, with_flags
from app.edits.rabbitmq.envmodel import EnvEdit
from app.errors import EditError

_SPECIAL = frozenset("\"'`\\$&|;<>()[]{}*?!#~^")
_MANAGED = frozenset((SSL_PATH, SERVER, CTL, PREFIX + SERVER, PREFIX + CTL))
_ELSEWHERE = (
    "RABBITMQ_SERVER_ERL_ARGS",
    "RABBITMQ_SERVER_START_ARGS",
    "SERVER_START_ARGS",
    "ERL_FLAGS",
    "ERL_AFLAGS",
    "ERL_ZFLAGS",
)


def check_wanted(wanted: EnvEdit, where: str) -> None:
    """Refuse words that the scripts of RabbitMQ cannot pass on, and flags that are not of TLS."""
    for word in (wanted.ssl_path, *wanted.server, *wanted.ctl):
        bad = next((c for c in word if not c.isprintable() or c.isspace() or c in _SPECIAL), None)
        if bad is not None:
            raise EditError(
                f"{word!r} cannot be handed to erl: it holds {bad!r}, and RabbitMQ's scripts "
                "expand these variables unquoted",
                hint="choose a path of letters, digits and . _ + - / only",
                where=where,
            )
    for flags in (wanted.server, wanted.ctl):
        flag = ""
        for word in flags:
            flag = word if word.startswith(("-", "+")) else flag
            if not word or flag not in TLS_FLAGS:
                raise EditError(f"{word!r} is no flag for TLS between nodes", where=where)


def check_flags(file: EnvFile) -> None:
    """Refuse TLS flags in other variables that `erl` sees too, a changed IFS, broken commands."""
    for at in file.script.broken[:1]:
        raise carriage_return(file, at, "part of a command: sh cannot run it")
    field = file.shell.variables.get("IFS")
    if field is not None and (not field.known or field.shown != " \t\n"):
        raise file.source.refusal("IFS is changed, so that words are parted elsewhere", field.at)
    for name in _ELSEWHERE:
        value = file.shell.value(name)
        if value is None or value.lost is not None:
            continue
        for word in erl_words(value):
            if word.text in TLS_FLAGS:
                why = f"{name} holds {word.text} too, and erl would see it twice"
                raise file.source.refusal(why, value.at, "take the flag out of this variable")


def check_result(before: EnvFile, after: EnvFile, wanted: EnvEdit) -> None:
    """Refuse a result whose flags do not count, or that changes what another variable holds.

    Errors name lines of the file as it was.
    """
    for server, plain in ((True, SERVER), (False, CTL)):
        why = _fault(after, plain, wanted.words(server))
        if why:
            raise before.source.refusal(why, _place(before, plain))
    was, now = foreign(before), foreign(after)
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            value = before.shell.value(name)
            why = f"{name} is made from a variable that has to change"
            raise before.source.refusal(why, value.at if value else 0)


def _fault(after: EnvFile, plain: str, ours: tuple[str, ...]) -> str:
    """Say what is wrong with one variable of the result; empty when nothing is."""
    try:
        target = counting(after, plain)
        words = erl_words(target.value) if target.value else ()
        found = find_tls(words, after.source)
    except EditError as error:
        return error.text
    if [word.text for word in words] != with_flags(words, found, ours):
        return f"{target.name} would not hold the wanted flags"
    full = after.shell.value(PREFIX + plain)
    if PREFIX + plain in after.shell.fixed and full is not None and full.empty is not False:
        return f"{PREFIX}{plain} would be read-only and empty, and RabbitMQ's scripts stop at that"
    return ""


def _place(file: EnvFile, plain: str) -> int:
    """Give where a variable is set, or the start of the file."""
    values = (file.shell.value(name) for name in (PREFIX + plain, plain))
    return next((value.at for value in values if value is not None), 0)


def foreign(file: EnvFile) -> dict[str, tuple[object, ...]]:
    """Give what every variable that is not ours holds at the end of the file."""
    values = file.shell.variables
    return {name: value.says() for name, value in values.items() if name not in _MANAGED}
