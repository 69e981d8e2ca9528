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
from app.edits.rabbitmq.envfile import CTL, SERVER, EnvFile, counting, line_at_end, load, reload
from app.edits.rabbitmq.envflags import SSL_PATH, erl_words, find_tls, with_flags
from app.edits.rabbitmq.envmodel import Edited, EnvEdit, EnvView
from app.edits.rabbitmq.envnotes import notes
from app.edits.rabbitmq.envpath import set_path, without_path
from app.edits.rabbitmq.envsplice import splice_flags
from app.edits.rabbitmq.envview import read_env
from app.edits.shellenv import Splice, end_of_line, splice
from app.errors import EditError

__all__ = ["Edited", "EnvEdit", "EnvView", "edit_env", "read_env"]

_HINT = (
    "write these lines yourself, outside of all conditions and with your own arguments added, "
    "and take out the old ones"
)


def edit_env(data: bytes, wanted: EnvEdit, where: str) -> Edited:
    """Give the node and the CLI tools their flags; what is there already changes no byte.

    `where` names the file (`host:/path`).  Raises EditError with the line, the reason and a
    snippet to paste where the file cannot be edited safely, and where a wanted flag holds what
    RabbitMQ's scripts cannot pass on: they expand it unquoted.
    """
    check_wanted(wanted, where)
    before = load(data.decode("latin-1"), where, _HINT, wanted.snippet())
    check_flags(before)
    after = _in_some_order(before, wanted)
    if _in_some_order(after, wanted).source.text != after.source.text:
        raise before.source.refusal("a second edit would change the file again", 0)
    return Edited(after.source.text.encode("latin-1"), notes(before, after, wanted))


def _in_some_order(before: EnvFile, wanted: EnvEdit) -> EnvFile:
    """Edit what the other is made from first: `CTL_ERL_ARGS="$SERVER_ADDITIONAL_ERL_ARGS"`."""
    first: EditError | None = None
    for order in ((SERVER, CTL), (CTL, SERVER)):
        try:
            after = before
            for plain in order:
                after = _edit(after, plain, wanted)
            check_result(before, after, wanted)
            return after if wanted.ssl_path else reload(after, without_path(after))
        except EditError as error:
            first = first or error
    for plain in (SERVER, CTL):  # so that the error names a line of the file as it is
        _edit(before, plain, wanted, with_path=False)
    raise first or AssertionError("no order was tried")


def _edit(file: EnvFile, plain: str, wanted: EnvEdit, with_path: bool = True) -> EnvFile:
    """Give one variable its flags; `with_path` where ERL_SSL_PATH is set on the way."""
    flags = wanted.server if plain == SERVER else wanted.ctl
    path = wanted.ssl_path if flags else ""
    if path and with_path:
        file = reload(file, set_path(file, path))
    written = ("-pa", f"${SSL_PATH}", *flags) if path else flags
    target = counting(file, plain)
    if target.value is None:
        return reload(file, _added(file, target.name, written))
    words = erl_words(target.value)
    found = find_tls(words, file.source)
    if [word.text for word in words] == with_flags(words, found, wanted.words(plain == SERVER)):
        return file
    edits = splice_flags(target.name, target.value, words, found, written, file.source)
    try:
        return reload(file, splice(file.source.text, edits))
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
    if name in file.shell.fixed:
        raise file.source.refusal(f"{name} is made read-only here", file.shell.fixed[name])
    line = f'{name}="{" ".join(words)}"\n'
    at = line_at_end(file)
    if at is None:
        return end_of_line(text) + line
    return splice(text, [Splice(at, at, line)])
