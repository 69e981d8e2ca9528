"""Lines of MMM's files: cut, change and join them, every untouched byte as it was.

MMM reads bytes and takes none for a letter or a blank that is not ASCII, and `\\n` alone for a
line end.  Bytes that are no UTF-8 live through an edit as surrogates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from app.errors import EditError
from app.quoting import calm

MAX_BYTES = 1_048_576
MARK = "\ufeff"
_TAB = 4
_COMMENT = re.compile(r"(?:^|\s)#", re.ASCII)


def split_lines(data: bytes, where: str) -> list[tuple[str, str]]:
    """Cut a file into lines, each with its end; raise EditError for one that is too large."""
    if len(data) > MAX_BYTES:
        raise refusal(f"the file is larger than {MAX_BYTES} bytes", where, 1)
    pieces = data.decode("utf-8", "surrogateescape").split("\n")
    lines = [(piece, "\n") for piece in pieces[:-1]]
    return [*lines, (pieces[-1], "")] if pieces[-1] else lines


def refusal(text: str, where: str, number: int, *, hint: str = "") -> EditError:
    """Make the error that names a line."""
    at = f"{where}:{number}" if number else where
    return EditError(calm(text), hint=hint, where=calm(at), line=number)


def check_value(name: str, value: str) -> None:
    """Refuse a value that MMM would read otherwise than it is written."""
    why = ""
    if not value:
        why = "it is empty"
    elif not value.isprintable():
        why = "it holds a line end or another character that cannot be printed"
    elif value != value.strip():
        why = "it begins or ends with a blank"
    elif _COMMENT.search(value):
        why = "it holds a # that reads like a comment, and is none to MMM"
    if why:
        raise EditError(
            calm(f"{name}: MMM's configuration cannot hold the value {value!r}: {why}"),
            hint="use a path or a word of plain letters",
        )


def check_path(name: str, path: str) -> None:
    """Refuse a path that MMM would not find: it must be absolute, and a value."""
    check_value(name, path)
    if not path.startswith("/"):
        raise EditError(
            calm(f"{name}: {path!r} is no absolute path"),
            hint="MMM's daemons run in /: give the whole path",
        )


def comment_in(value: str) -> bool:
    """Tell whether a value holds what looks like a comment; MMM knows none behind a value."""
    return _COMMENT.search(value) is not None


def gap_like(lead: str, name: str, neighbours: Sequence[tuple[str, str, str]]) -> str:
    """Give the blanks between a name and its value as the neighbours (lead, name, gap) have them.

    Values that stand in one column keep to it.
    """
    columns = Counter(
        len("".join(one).expandtabs(_TAB)) for one in neighbours if not one[2].endswith("\r")
    )
    tabs = any("\t" in gap for _, _, gap in neighbours)
    blank = "\t" if tabs else " "
    width = len((lead + name).expandtabs(_TAB))
    if not columns:
        return blank
    column, count = columns.most_common(1)[0]
    if count == 1 and len(neighbours) > 1:
        return blank
    if count == 1 and len(neighbours[0][2]) == 1 and not tabs:
        return blank
    if not tabs:
        return " " * max(column - width, 1)
    steps = (column - 1) // _TAB - width // _TAB + 1
    return "\t" * max(steps, 1)


def usual(leads: Iterable[str], fallback: str) -> str:
    """Give the indentation that most lines have."""
    found = Counter(lead for lead in leads if lead and not lead.strip(" \t"))
    return found.most_common(1)[0][0] if found else fallback


class Draft:
    """Collect changes to the lines of a file, then write it once.

    Lines are named by their number from 1; 0 is the place before the first.  `cr` is what the
    file's lines have before their end.
    """

    def __init__(self, lines: Sequence[tuple[str, str]], where: str) -> None:
        self.where = where
        self.notes: list[str] = []
        self._lines = lines
        self._texts: dict[int, list[str]] = {}
        self._fresh: dict[int, list[str]] = {}
        self.cr = "\r" if lines and lines[0][0].endswith("\r") else ""

    def put(self, number: int, *texts: str) -> None:
        """Put other lines in the place of one; the last of them takes over its line end."""
        end = self._lines[number - 1][1]
        self._texts[number] = [one + "\n" for one in texts[:-1]] + [one + end for one in texts[-1:]]

    def drop(self, number: int) -> None:
        """Take a line out."""
        self._texts[number] = []

    def gone(self, number: int) -> bool:
        """Tell whether a line has been taken out."""
        return self._texts.get(number) == []

    def add(self, number: int, *texts: str) -> None:
        """Add lines, without their ends, after a line."""
        self._fresh.setdefault(number, []).extend(one + "\n" for one in texts)

    def note(self, number: int, text: str) -> None:
        """Say something about a line."""
        said = calm(f"{self.where}:{number}: {text}")
        if said not in self.notes:
            self.notes.append(said)

    def write(self) -> bytes:
        """Give the new file, without a last line end where it had none."""
        body = list(self._fresh.get(0, []))
        for number, (text, end) in enumerate(self._lines, 1):
            body += self._texts.get(number, [text + end])
            body += self._fresh.get(number, [])
        whole = [one if one.endswith("\n") else one + "\n" for one in body]
        if whole and self._lines and not self._lines[-1][1]:
            whole[-1] = whole[-1].removesuffix("\n")
        return "".join(whole).encode("utf-8", "surrogateescape")
