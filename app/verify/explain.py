"""Turn lines of a log or of an error into a cause and a remedy.

Tables are data: a product's in `app.kinds.<kind>.explanations`, TLS, openssl and SSH in `common`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
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
# Products quote their own settings when they complain: {password,"…"}, keyStorePassword="…".
_SECRET = re.compile(
    r"(?i)(\w{0,40}(?:password|passwd|passphrase|secret)\w{0,40}[\"']?"
    r"\s{0,9}(?:,|=>|=)\s{0,9})(?:\"[^\"]{0,500}\"?|'[^']{0,500}'?|[^\s,;}\"']{1,500})"
)
# What stands before a syntax error may be one.
_TOKEN = re.compile(r"(syntax error before: [\"'], ?)(?!\[\])[\"'].{0,500}")


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


def explain(lines: Iterable[str], *kinds: str) -> tuple[Explanation, ...]:
    """Explain what is known among the lines of one or several kinds, the most specific first.

    Of hostile or huge input the last 5000 lines are read, each to its 4000th character; no
    pattern backtracks more than its bounded gaps.  What is not known gives nothing.
    """
    newest: dict[Row, str] = {}
    rows = table(*kinds)
    for line in _whole([line[:MAX_LINE] for line in deque(lines, MAX_LINES)], kinds):
        for row in rows:
            if row.needle in line and row.pattern.search(line):
                newest[row] = line
                break
    return tuple(_told(row, newest[row]) for row in rows if row in newest)


def advice(kind: str, tried: str) -> str:
    """Give a product's own remedy for a wrong dial that was accepted; empty for none."""
    texts: dict[str, str] = getattr(_module(kind), "ADVICE", {})
    return texts.get(tried, "")


def names_peers(kind: str) -> bool:
    """Tell whether a product's log says whose connection it complains of."""
    return bool(getattr(_module(kind), "NAMES_PEERS", True))


@cache
def table(*kinds: str) -> tuple[Row, ...]:
    """Give the rows for kinds, their own before the common ones; unknown kinds have no own."""
    own: tuple[Row, ...] = sum((getattr(_module(kind), "ROWS", ()) for kind in kinds), ())
    return own + ROWS


def _whole(lines: Sequence[str], kinds: Iterable[str]) -> Sequence[str]:
    """Join messages of several lines, by the rules of those products that write such."""
    for kind in kinds:
        join: Callable[[Sequence[str]], Sequence[str]] | None
        join = getattr(_module(kind), "joined", None)
        if join is not None:
            lines = join(lines)
    return lines


def _module(kind: str) -> ModuleType | None:
    name = f"app.kinds.{kind}.explanations"
    if not _KIND.fullmatch(kind) or kind not in names() or find_spec(name) is None:
        return None
    return import_module(name)


def _told(row: Row, line: str) -> Explanation:
    masked = _TOKEN.sub(r"\1***", _SECRET.sub(r"\1***", " ".join(line.split())))
    return Explanation(row.id, row.cause, row.remedy, row.where, calm(masked, 500), row.file)
