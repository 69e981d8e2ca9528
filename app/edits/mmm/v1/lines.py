"""Cut a file of MMM 1.x into lines, and read them as MMM does (lib/config.pm, SSL branch)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from app.edits.mmm.text import split_lines

LineKind = Literal["head", "option", "comment", "blank", "invalid"]
# What IO::Socket::SSL makes of the options of socket_type ssl, as far as MMM's users need it.
TLS_OPTIONS = (
    "cert_file", "key_file", "ca_file", "ca_path", "verify_mode", "verifycn_scheme",
    "check_crl", "crl_file", "version",
)  # fmt: skip
SOCKET = "socket_type"

_HEAD = re.compile(r"(\S+)(\s+)(\S+)\s*", re.ASCII)
_WORD = re.compile(r"(\S+)\s*", re.ASCII)
_OPTION = re.compile(r"(\s+)(\S+)(\s+)(.*)", re.ASCII)
_COMMENT = re.compile(r"\s*#", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one line, without its line end.

    A head `T N` has name T and value N; an option has name and value, and blanks behind the
    value belong to it.
    """

    number: int
    text: str = field(repr=False)
    kind: LineKind
    lead: str = ""
    name: str = ""
    gap: str = ""
    value: str = field(default="", repr=False)

    def with_value(self, value: str, lead: str | None = None) -> str:
        """Give the line with another value, and nothing behind it."""
        return (self.lead if lead is None else lead) + self.name + self.gap + value


@dataclass(slots=True)
class Entry:
    """An object of a class: `host db1` and the options under it, the last of each name."""

    head: Line
    options: dict[str, Line] = field(default_factory=dict)


Table = dict[str, Line | dict[str, Entry]]


def parse_lines(data: bytes, where: str) -> tuple[list[tuple[str, str]], tuple[Line, ...]]:
    """Give the raw lines, each with its end, and what MMM takes each for."""
    raw = split_lines(data, where)
    return raw, tuple(_line(number, text) for number, (text, _) in enumerate(raw, 1))


def _line(number: int, text: str) -> Line:
    if _COMMENT.match(text):
        return Line(number, text, "comment")
    if not text.strip(" \t\r\f\v"):
        return Line(number, text, "blank")
    head = _HEAD.fullmatch(text)
    if head:
        return Line(number, text, "head", "", head[1], head[2], head[3])
    word = _WORD.fullmatch(text)
    if word:
        return _split(number, text, word[1])
    option = _OPTION.fullmatch(text)
    if option:
        return Line(number, text, "option", option[1], option[2], option[3], option[4])
    return Line(number, text, "invalid")


def _split(number: int, text: str, word: str) -> Line:
    """Take one word for a head, as MMM does: its last byte is the value, the rest the name."""
    data = word.encode("utf-8", "surrogateescape")
    name, value = (part.decode("utf-8", "surrogateescape") for part in (data[:-1], data[-1:]))
    return Line(number, text, "head" if name else "invalid", "", name, "", value)


def evaluate(lines: tuple[Line, ...]) -> Table:
    """Read the lines as MMM does: a class is a setting until options make objects of it.

    Once it has objects, a further head adds one, and empties one that was there.
    """
    table: Table = {}
    head = Line(0, "", "head")
    for line in lines:
        slot = table.get(line.name if line.kind == "head" else head.name)
        if line.kind == "head":
            head = line
            if isinstance(slot, dict):
                slot[line.value] = Entry(line)
            else:
                table[line.name] = line
        elif line.kind == "option":
            if not isinstance(slot, dict):
                slot = {head.value: Entry(head)}
                table[head.name] = slot
            slot[head.value].options[line.name] = line
    return table
