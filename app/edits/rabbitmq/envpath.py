"""Set ERL_SSL_PATH above the flags that use it, and take away what an edit once added."""

from __future__ import annotations

import re

from app.edits.rabbitmq.envcheck import foreign
from app.edits.rabbitmq.envfile import CTL, PREFIX, SERVER, EnvFile, line_at_end, line_for, load
from app.edits.rabbitmq.envflags import SSL_PATH
from app.edits.shellenv import Splice, end_of_line, splice
from app.edits.shellvalue import Atom

_OURS = "# found by tlswright"
_BEHIND = re.compile(rf"[ \t]*{re.escape(_OURS)}[ \t]*(?:\n|\Z)")


def set_path(file: EnvFile, path: str) -> str:
    """Give ERL_SSL_PATH its value where it is set, or in a line of its own above its use."""
    value, text = file.shell.value(SSL_PATH), file.source.text
    if value is None or (value.lost is None and value.assign is None):
        line = f"{SSL_PATH}={path} {_OURS}\n"
        at = _above_use(file)
        return end_of_line(text) + line if at is None else splice(text, [Splice(at, at, line)])
    if value.lost is not None or value.assign is None:
        at = value.lost.at if value.lost else value.at
        raise file.source.refusal(f"{SSL_PATH} {value.lost.why if value.lost else ''}", at)
    if value.known and value.shown == path:
        return text
    word = value.assign.value
    quoted = text[word.start : word.start + 1] == '"'
    new = f'"{path}"' if quoted else path
    return splice(text, [Splice(word.start, word.end, new)])


def without_path(file: EnvFile) -> str:
    """Take away the line that an edit added, unless something else of the file uses it."""
    value, text = file.shell.value(SSL_PATH), file.source.text
    if value is None or value.assign is None:
        return text
    start, end = value.assign.start, value.assign.value.end
    behind = _BEHIND.match(text, end)
    if behind is None or (start and text[start - 1] != "\n"):
        return text
    shorter = text[:start] + text[behind.end() :]
    if foreign(load(shorter, file.source.where)) != foreign(file):
        return text
    return shorter


def _above_use(file: EnvFile) -> int | None:
    """Give the line above the first assignment that makes up a variable with flags."""
    places: list[int] = []
    for name in (SERVER, CTL, PREFIX + SERVER, PREFIX + CTL):
        value = file.shell.value(name)
        if value is not None and value.assign is not None:
            places += [value.at, *(_first(atom) for atom in value.atoms)]
    return line_for(file, min(places)) if places else line_at_end(file)


def _first(atom: Atom | None) -> int:
    """Give the earliest place that a character has been at."""
    start = 0
    while atom is not None:
        start, atom = atom.start, atom.inner
    return start
