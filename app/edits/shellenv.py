"""Set variables of a shell environment file (`options`, /etc/default/…) in place."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import EditError

_ASSIGNMENT = re.compile(rb"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# One word: bare characters, escapes, and both kinds of quotes, which may span lines.
_WORD = re.compile(rb"""(?:[^\s'"\\;&|<>()`]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")*""")
_EXPANDS = re.compile(rb"[$`]")
_GOES_ON = re.compile(rb"(?<!\\)\\(?:\\\\)*\n\Z")
_HINT = "set the variable by hand"


@dataclass(frozen=True)
class _Assignment:
    name: str
    start: int
    end: int | None  # None for a value that only a shell could read


def set_variables(data: bytes, values: Mapping[str, str], path: str) -> bytes:
    """Give each variable its value where it is set last, or at the end; other bytes stay.

    Only assignments at the start of a line count: one inside a block may not be run, so the new
    one goes to the end, where it wins.  Raises EditError for quotes that never end, for a wanted
    variable whose old value is a command's output, and for here-documents.
    """
    last = {one.name: one for one in _assignments(data, path)}
    edits: list[tuple[int, int, bytes]] = []
    fresh: list[bytes] = []
    for name, value in values.items():
        if not _NAME.fullmatch(name):
            raise EditError(f"{name!r} is no name of a shell variable", where=path)
        word = shlex.quote(value).encode("utf-8")
        one = last.get(name)
        if one is None:
            fresh.append(name.encode("ascii") + b"=" + word)
        elif one.end is None:
            raise _refusal("this assignment cannot be read", data, one.start, path)
        elif not _says(data[one.start : one.end], value):
            edits.append((one.start, one.end, word))
    for start, end, word in sorted(edits, reverse=True):
        data = data[:start] + word + data[end:]
    return _append(data, fresh)


def _assignments(data: bytes, path: str) -> list[_Assignment]:
    """Go through the file line by line, stepping over words that span lines."""
    found = []
    position = 0
    while position < len(data):
        line = data[position:].split(b"\n", 1)[0]
        assigned = _ASSIGNMENT.match(data, position)
        if assigned:
            word = _WORD.match(data, assigned.end())
            end = word.end() if word else assigned.end()
            whole = data[end : end + 1] in (b"", b" ", b"\t", b"\r", b"\n", b";", b"&")
            name = assigned[1].decode("ascii")
            found.append(_Assignment(name, assigned.end(), end if whole else None))
            position = _step_over(data, end, path)
        elif line.lstrip().startswith(b"#"):
            position += len(line) + 1
        elif b"<<" in line:
            raise _refusal("the file holds a here-document", data, position, path)
        else:
            position = _step_over(data, position, path)
    return found


def _step_over(data: bytes, position: int, path: str) -> int:
    """Give the start of the next line that is outside quotes."""
    start = position
    while position < len(data) and data[position : position + 1] != b"\n":
        comment = data[position : position + 1] == b"#" and data[position - 1 : position].isspace()
        if comment:
            return _next_line(data, position)
        word = _WORD.match(data, position)
        end = word.end() if word else position
        if end == position and data[end : end + 1] in (b"'", b'"'):
            raise _refusal("a quotation mark is never closed", data, start, path)
        position = max(end, position + 1)
    return position + 1


def _next_line(data: bytes, position: int) -> int:
    end = data.find(b"\n", position)
    return len(data) if end < 0 else end + 1


def _says(word: bytes, value: str) -> bool:
    """Tell whether a word as written comes out as `value`, without running a shell."""
    if _EXPANDS.search(word) and not word.startswith(b"'"):
        return False
    try:
        return "".join(shlex.split(word.decode("utf-8"))) == value
    except (ValueError, UnicodeDecodeError):
        return False


def _append(data: bytes, fresh: list[bytes]) -> bytes:
    if not fresh:
        return data
    if data and not data.endswith(b"\n"):
        data += b"\n"
    if _GOES_ON.search(data):
        data += b"\n"
    return data + b"".join(line + b"\n" for line in fresh)


def _refusal(text: str, data: bytes, position: int, path: str) -> EditError:
    line = data[:position].count(b"\n") + 1
    return EditError(text, hint=_HINT, where=f"{path}:{line}", line=line)
