"""Set keys of a Java properties file (log4j.properties and the like) in place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# java.util.Properties.load: a logical line goes on after an odd number of backslashes.
_LOGICAL = re.compile(r"(?:[^\\\r\n]|\\(?:\r\n|[\s\S]))*\\?(?:\r\n|\r|\n|\Z)")
_ENTRY = re.compile(
    r"(?P<lead>[ \t\f]*)(?P<key>(?:[^\\ \t\f=:\r\n]|\\(?:\r\n|[\s\S]))+)"
    r"(?P<gap>[ \t\f]*[=:]?[ \t\f]*)(?P<value>(?:[^\\\r\n]|\\(?:\r\n|[\s\S]))*)"
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|\r\n[ \t\f]*|[\r\n][ \t\f]*|[\s\S])")
# An odd number of backslashes before the last line end: the next line would belong to this one.
_GOES_ON = re.compile(r"(?<!\\)\\(?:\\\\)*(?:\r\n|\r|\n)\Z")
_LETTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


@dataclass(frozen=True)
class _Entry:
    key: str
    value: str
    start: int
    end: int
    parted: bool


def set_keys(data: bytes, values: Mapping[str, str]) -> bytes:
    """Give each key its value where it stands, or add it at the end; every other byte stays.

    Of a key that stands twice the last one counts in Java, and is the one that is set.  The file
    is Latin-1, as java.util.Properties reads it: other characters are written as `\\uXXXX`.
    """
    text = data.decode("latin-1")
    last = {entry.key: entry for entry in _entries(text)}
    edits: list[tuple[int, int, str]] = []
    fresh = []
    for key, value in values.items():
        entry = last.get(key)
        if entry is None:
            fresh.append(f"{_escape(key, key=True)}={_escape(value)}")
        elif entry.value != value:
            edits.append((entry.start, entry.end, ("" if entry.parted else "=") + _escape(value)))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return _append(text, fresh).encode("latin-1")


def get_keys(data: bytes) -> dict[str, str]:
    """Read all keys as Java would."""
    return {entry.key: entry.value for entry in _entries(data.decode("latin-1"))}


def _entries(text: str) -> list[_Entry]:
    entries = []
    position = 0
    while position < len(text):
        if text[position:].lstrip(" \t\f")[:1] in ("#", "!"):
            position = _natural_end(text, position)
            continue
        found = _ENTRY.match(text, position)
        if found and found["key"]:
            key, value = _plain(found["key"]), _plain(found["value"])
            entries.append(
                _Entry(key, value, found.start("value"), found.end("value"), bool(found["gap"]))
            )
        line = _LOGICAL.match(text, position)
        position = max(line.end() if line else 0, position + 1)
    return entries


def _natural_end(text: str, position: int) -> int:
    """Give the end of a comment line, which no backslash continues."""
    found = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)").match(text, position)
    return found.end() if found else len(text)


def _append(text: str, fresh: list[str]) -> str:
    if not fresh:
        return text
    found = re.search(r"\r\n|\r|\n", text)
    newline = found[0] if found else "\n"
    if text and not text.endswith(("\n", "\r")):
        text += newline
    if _GOES_ON.search(text):
        text += newline
    return text + "".join(line + newline for line in fresh)


def _plain(raw: str) -> str:
    def read(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] == "u" and len(code) == 5:
            return chr(int(code[1:], 16))
        return "" if code[0] in "\r\n" else _LETTERS.get(code, code)

    text = _ESCAPE.sub(read, raw)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escape(text: str, *, key: bool = False) -> str:
    escapes = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f"}
    if key:
        escapes |= {mark: "\\" + mark for mark in "=: #!"}
    written = "".join(escapes.get(letter, _letter(letter)) for letter in text)
    return "\\" + written if written.startswith(" ") else written


def _letter(letter: str) -> str:
    if ord(letter) < 256:
        return letter
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
