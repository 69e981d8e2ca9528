"""The shape of a row: what a line looks like, what it means, what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Where = Literal[
    "initiator's log",
    "acceptor's log",
    "start-up log",
    "CLI tool",
    "openssl",
    "ssh",
    "the host",
    "the connection",
]

AT_THE_OTHER_END = "log of the host that is dialled"
"""The `file` of a row that knows no more than this: the other end's log says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """Explain one kind of line.

    `needle` is a plain text that every such line holds (looked for first, and cheap), `pattern`
    decides.  Gaps in patterns are bounded (`.{0,300}`) and never nested, so that no line makes
    them slow.  Of the rows that match one line the first in the table counts: the most specific
    ones stand first.
    """

    id: str
    needle: str
    pattern: re.Pattern[str]
    where: Where
    cause: str
    remedy: str
    file: str = ""


def row(
    id: str, where: Where, needle: str, pattern: str, cause: str, remedy: str, file: str = ""
) -> Row:
    """Write a row; `pattern` is a regular expression."""
    return Row(id, needle, re.compile(pattern), where, cause, remedy, file)
