"""Split lines of ssh_config(5) and match its patterns, as OpenSSH does.  Pure.

After `argv_split` and `strdelim` in misc.c, `match_pattern_list` in match.c, `convtime` and
`a2port` in misc.c.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_LINE: Final = re.compile(r"[ \t\r]*([^ \t\r=]+)(?:[ \t\r]*=[ \t\r]*|[ \t\r]+|$)(.*)", re.DOTALL)
_HOP: Final = re.compile(
    r"(?:ssh://)?(?:([^@,/\s]+)@)?(?:\[([^]\s]+)\]|([^]\[:,@/\s]+))(?::(\d+))?/?", re.ASCII
)
_TIMES: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_MOST: Final = 2**31 - 1


def keyword(line: str) -> tuple[str, str] | None:
    """Give a line's keyword in lower case and what follows it; None for an empty line."""
    found = _LINE.fullmatch(line.rstrip(" \t\r\n\f"))
    if found is None or found[1].startswith("#"):
        return None
    return found[1].strip('"').lower(), found[2].lstrip(" \t\r")


def words(text: str) -> tuple[str, ...]:
    """Split arguments: quotes of both kinds, some escapes, a comment at the start of a word.

    Raises ValueError for a quote that is not closed.
    """
    found: list[str] = []
    place = 0
    while place < len(text):
        if text[place] in " \t":
            place += 1
        elif text[place] == "#":
            break
        else:
            word, place = _word(text, place)
            found.append(word)
    return tuple(found)


def _word(text: str, place: int) -> tuple[str, int]:
    word, quote = "", ""
    while place < len(text):
        letter, after = text[place], text[place + 1 : place + 2]
        if letter == "\\" and after and (after in "'\"\\" or (not quote and after == " ")):
            word += after
            place += 1
        elif not quote and letter in " \t":
            break
        elif not quote and letter in "'\"":
            quote = letter
        elif letter == quote:
            quote = ""
        else:
            word += letter
        place += 1
    if quote:
        raise ValueError("a quote is not closed")
    return word, place


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"([*?])", pattern)
    text = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
    return re.compile(re.sub(r"(\.\*)+", ".*", text), re.DOTALL)


def matches(name: str, pattern: str) -> bool:
    """Tell whether a name matches a pattern with `*` and `?`."""
    return _compiled(pattern).fullmatch(name) is not None


def listed(name: str, patterns: str) -> bool:
    """Tell whether a name matches a list with commas; a negated pattern that matches forbids."""
    hit = False
    for pattern in patterns.split(","):
        if matches(name, pattern.removeprefix("!")):
            if pattern.startswith("!"):
                return False
            hit = True
    return hit


def seconds(text: str) -> int | None:
    """Read a time such as `90`, `2m` or `1h30m`; None where it is none."""
    if not re.fullmatch(r"(?:\d+[smhdwSMHDW]?)+", text, re.ASCII):
        return None
    parts = re.findall(r"(\d+)([a-z]?)", text.lower())
    total = sum(int(number) * _TIMES[unit] for number, unit in parts)
    return total if total <= _MOST else None


def port(text: str) -> int | None:
    """Read a port; None where it is none."""
    found = int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else 0
    return found if 0 < found < 65536 else None


@dataclass(frozen=True, slots=True)
class Hop:
    """Hold one jump host as it is written; port 0 and an empty user are for its own settings."""

    host: str
    port: int = 0
    user: str = ""


def hops(text: str) -> tuple[Hop, ...]:
    """Read jump hosts with commas between, the nearest first; raises ValueError for the wrong one.

    Each is `[user@]host[:port]` or `ssh://[user@]host[:port]`, an IPv6 address in brackets.
    """
    found = []
    for part in text.split(","):
        match = _HOP.fullmatch(part.strip())
        number = port(match[4]) if match and match[4] else 0
        if match is None:
            raise ValueError(f"{part.strip()!r} is no jump host")
        if number is None:
            raise ValueError(f"there is no port {match[4]} ({part.strip()})")
        found.append(Hop(match[2] or match[3], number, match[1] or ""))
    return tuple(found)
