"""Edit rabbitmq-env.conf in place: TLS flags for the node and the CLI tools, and nothing else.

The file is a shell script that RabbitMQ's scripts read.  It is never run here: what its variables
hold is followed command by command, the flags are put where the variable that counts is written,
and the result is followed again.  Decisions where the file leaves a choice:

- `RABBITMQ_X` counts before `X`; where neither is set, `X` is added, so that the environment can
  still say otherwise for one call;
- flags for TLS that stand there are replaced where the first of them stands; every other argument
  stays byte for byte;
- what is set under a condition, in a loop, by another file or by eval is refused;
- a new line goes above a last command that may fail: RabbitMQ reads the file a second time and
  believes it only when it succeeds, so that an edit must not change whether it does.
"""

from __future__ import annotations

from app.edits.rabbitmq.envcheck import check_flags, check_result, check_wanted
from app.edits.rabbitmq.envfile import CTL, SERVER, EnvFile, counting, line_at_end, load
from app.edits.rabbitmq.envflags import SSL_PATH, erl_words, find_tls, with_flags
from app.edits.rabbitmq.envmodel import Edited, EnvEdit, EnvView
from app.edits.rabbitmq.envnotes import notes
from app.edits.rabbitmq.envpath import set_path, without_path
from app.edits.rabbitmq.envsplice import splice_flags
from app.edits.rabbitmq.envview import read_env
from app.edits.shellenv import Splice, end_of_line, splice
from app.errors import EditError

__all__ = ["Edited", "EnvEdit", "EnvView", "edit_env", "read_env"]

_HINT = "write these lines where sh always comes by, your own arguments added, and drop the old"


def edit_env(data: bytes, wanted: EnvEdit, where: str) -> Edited:
    """Give the node and the CLI tools their flags; what is there already changes no byte.

    `where` names the file (`host:/path`).  Raises EditError with the line, the reason and a
    snippet to paste where the file cannot be edited safely, and where a wanted flag holds what
    RabbitMQ's scripts cannot pass on: they expand it unquoted.
    """
    check_wanted(wanted, where)
    text = data.decode("latin-1")
    before = _load(text, wanted, where)
    check_flags(before)
    result = _in_some_order(text, wanted, where)
    after = _load(result, wanted, where)
    check_result(before, after, wanted)
    if _in_some_order(result, wanted, where) != result:
        raise after.source.refusal("a second edit would change the file again", 0)
    return Edited(result.encode("latin-1"), notes(before, after, wanted))


def _load(text: str, wanted: EnvEdit, where: str) -> EnvFile:
    return load(text, where, _HINT, wanted.snippet())


def _in_some_order(text: str, wanted: EnvEdit, where: str) -> str:
    """Edit what the other is made from first: `CTL_ERL_ARGS="$SERVER_ADDITIONAL_ERL_ARGS"`."""
    first: EditError | None = None
    for order in ((SERVER, CTL), (CTL, SERVER)):
        try:
            result = text
            for plain in order:
                result = _edit(result, plain, wanted, where)
            before, after = (_load(one, wanted, where) for one in (text, result))
            check_result(before, after, wanted)
            return without_path(after) if not wanted.ssl_path else result
        except EditError as error:
            first = first or error
    for plain in (SERVER, CTL):  # so that the error names a line of the file as it is
        _edit(text, plain, wanted, where, with_path=False)
    raise first or AssertionError("no order was tried")


def _edit(text: str, plain: str, wanted: EnvEdit, where: str, with_path: bool = True) -> str:
    """Give one variable its flags; `with_path` where ERL_SSL_PATH is set on the way."""
    file = _load(text, wanted, where)
    flags = wanted.server if plain == SERVER else wanted.ctl
    if flags and wanted.ssl_path and with_path:
        file = _load(set_path(file, wanted.ssl_path), wanted, where)
    written = ("-pa", f"${SSL_PATH}") if flags and wanted.ssl_path else ()
    target = counting(file, plain)
    if target.value is None:
        return _added(file, target.name, (*written, *flags))
    words = erl_words(target.value)
    found = find_tls(words, file.source)
    if [word.text for word in words] == with_flags(words, found, wanted.words(plain == SERVER)):
        return file.source.text
    edits = splice_flags(target.name, target.value, words, found, (*written, *flags), file.source)
    try:
        return splice(file.source.text, edits)
    except ValueError:
        why = f"the flags in {target.name} cannot be told from its other arguments"
        raise file.source.refusal(why, target.value.at) from None


def _added(file: EnvFile, name: str, words: tuple[str, ...]) -> str:
    """Add an assignment of its own, where it is always read."""
    text = file.source.text
    if file.shell.ended is not None:
        raise file.source.refusal("the file may be left here, before its end", file.shell.ended.at)
    if not words:
        return text
    line = f'{name}="{" ".join(words)}"\n'
    at = line_at_end(file)
    if at is None:
        return end_of_line(text) + line
    return splice(text, [Splice(at, at, line)])
