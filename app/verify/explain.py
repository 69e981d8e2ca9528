"""Turn lines of a log or of an error into a cause and a remedy.

Tables are data: a product's in `app.kinds.<kind>.explanations`, TLS, openssl and SSH in `common`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from app.kinds import names
from app.kinds.explaining import Row
from app.quoting import calm
from app.verify.common import ROWS

MAX_LINES = 5000
MAX_LINE = 4000
_KIND = re.compile(r"[a-z][a-z0-9_]{0,30}")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Say what a line means.

    `where` names whose log or tool speaks so, `line` is the newest line that said it, `file` what
    to look at.
    """

    id: str
    cause: str
    remedy: str
    where: str
    line: str
    file: str = ""


def explain(lines: Iterable[str], kind: str = "") -> tuple[Explanation, ...]:
    """Explain what is known among the lines, the most specific first.

    Of hostile or huge input the last 5000 lines are read, each to its 4000th character; no
    pattern backtracks more than its bounded gaps.  What is not known gives nothing.
    """
    newest: dict[str, str] = {}
    rows = table(kind)
    for line in deque(lines, MAX_LINES):
        cut = line[:MAX_LINE]
        for row in rows:
            if row.needle in cut and row.pattern.search(cut):
                newest[row.id] = cut
                break
    return tuple(_told(row, newest[row.id]) for row in rows if row.id in newest)


def advice(kind: str, tried: str) -> str:
    """Give a product's own remedy for a wrong dial that was accepted; empty for none."""
    texts: dict[str, str] = getattr(_module(kind), "ADVICE", {})
    return texts.get(tried, "")


@cache
def table(kind: str) -> tuple[Row, ...]:
    """Give the rows for a kind, its own before the common ones; unknown kinds have no own."""
    own: tuple[Row, ...] = getattr(_module(kind), "ROWS", ())
    return own + ROWS


def _module(kind: str) -> ModuleType | None:
    name = f"app.kinds.{kind}.explanations"
    if not _KIND.fullmatch(kind) or kind not in names() or find_spec(name) is None:
        return None
    return import_module(name)


def _told(row: Row, line: str) -> Explanation:
    return Explanation(
        row.id, row.cause, row.remedy, row.where, calm(" ".join(line.split()), 500), row.file
    )
