"""Apply a list of algorithms of ssh_config(5).  Pure."""

from __future__ import annotations

import fnmatch


def choose(text: str, usual: tuple[str, ...], spoken: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Give what a list leaves of the usual algorithms, in order; empty where it leaves none.

    The list is taken as it is, or with `+` added to, `-` taken from or `^` put before the usual
    ones.  `spoken` are those that can be asked for besides.
    """
    if not text:
        return usual
    sign, names = (text[0], text[1:]) if text[0] in "+-^" else ("", text)
    able = dict.fromkeys([*usual, *spoken])
    hit = [one for name in names.split(",") for one in able if _is(one, name)]
    rest = [one for one in usual if one not in hit]
    found = {"+": [*usual, *hit], "-": rest, "^": [*hit, *rest], "": hit}[sign]
    return tuple(dict.fromkeys(found))


def _is(algorithm: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(algorithm, pattern) or algorithm == f"{pattern}@libssh.org"
