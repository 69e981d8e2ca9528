"""Cut a file of MMM 2.x into lines, as MMM does (lib/Common/Config.pm of 2.2.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from app.edits.mmm.text import split_lines

LineKind = Literal["comment", "blank", "end", "include", "open", "empty", "variable", "invalid"]
SOCKET = "socket"
MONITOR = "monitor"
OPTIONS = ("type", "cert_file", "key_file", "ca_file")
UNIQUE = (MONITOR, SOCKET)
NAMED = ("role", "host", "check", "copy_method")
VARIABLES = (
    "this", "debug", "active_master_role", "max_kill_retries", "default_copy_method", "clone_dirs",
)  # fmt: skip
HELD = "# tlswright puts this line back after the change:"
"""What stands above a mode that is held for a change, with the former line behind it."""

_COMMENT = re.compile(r"\s*#", re.ASCII)
_END = re.compile(r"\s*</\s*(\w+)\s*>\s*", re.ASCII)
_INCLUDE = re.compile(r"\s*include\s+(\S+)\s*", re.ASCII)
_TAG = re.compile(r"\s*<\s*(\w+)(?:\s+([\w-]+))?\s*(/?)>\s*", re.ASCII)
# A fork has sections whose names hold dots, such as <ip 10.0.0.1>.
_ODD_TAG = re.compile(r"\s*<\s*(\w+)\s+([\w.:-]+)\s*(/?)>\s*", re.ASCII)
_VARIABLE = re.compile(r"(\s*)(\S+)(\s+)(.*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one line, without its line end.

    `word` is the variable, the section's type or the included file; `name` the section's name.
    A variable's value ends before the blanks at the end of its line.
    """

    number: int
    text: str = field(repr=False)
    kind: LineKind
    word: str = ""
    name: str = ""
    lead: str = ""
    gap: str = ""
    value: str = field(default="", repr=False)

    def with_value(self, value: str) -> str:
        """Give the line of a variable with another value, and no blanks behind it.

        MMM before 2.0.11 takes such blanks for a part of the value.
        """
        end = "\r" if self.text.endswith("\r") else ""
        return self.lead + self.word + self.gap + value + end


def parse_lines(data: bytes, where: str) -> tuple[list[tuple[str, str]], tuple[Line, ...]]:
    """Give the raw lines, each with its end, and what MMM takes each for."""
    raw = split_lines(data, where)
    return raw, tuple(_line(number, text) for number, (text, _) in enumerate(raw, 1))


def _line(number: int, text: str) -> Line:
    if _COMMENT.match(text):
        return Line(number, text, "comment")
    if not text.strip(" \t\r\f\v"):
        return Line(number, text, "blank")
    end = _END.fullmatch(text)
    if end:
        return Line(number, text, "end", end[1])
    include = _INCLUDE.fullmatch(text)
    if include:
        return Line(number, text, "include", include[1])
    tag = _TAG.fullmatch(text) or _odd_tag(text)
    if tag:
        lead = text[: len(text) - len(text.lstrip(" \t"))]
        return Line(number, text, "empty" if tag[3] else "open", tag[1], tag[2] or "", lead)
    found = _VARIABLE.fullmatch(text)
    if found is None:
        return Line(number, text, "invalid")
    value = found[4].rstrip(" \t\r\f\v")
    return Line(number, text, "variable", found[2], "", found[1], found[3], value)


def _odd_tag(text: str) -> re.Match[str] | None:
    tag = _ODD_TAG.fullmatch(text)
    return tag if tag and tag[1] not in UNIQUE + NAMED else None
