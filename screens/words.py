"""Say states in words first: a mark of two letters, a word, and only then a colour."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from rich.console import OverflowMethod
from rich.text import Text

from app.plan.words import count as count


class Word(NamedTuple):
    """Show a state: `mark` is ASCII and two columns wide, `style` is a colour that may be lost."""

    mark: str
    word: str
    style: str


OK, WARN, BAD, BUSY, IDLE = "#98c379", "#e5b567", "bold #e06c75", "#6bb3d6", "#8a919c"
_CUT: dict[bool, OverflowMethod] = {False: "ellipsis", True: "crop"}
_ascii = False


def use_ascii(on: bool) -> None:
    """Draw cut texts without an ellipsis, which is not ASCII."""
    global _ascii
    _ascii = on


def cell(text: str, style: str = "") -> Text:
    """Draw text on one line, cut where it does not fit."""
    return Text(text, style=style, no_wrap=True, overflow=_CUT[_ascii])


HOST_WORDS: dict[str, Word] = {
    "waiting": Word("..", "waiting", IDLE),
    "connecting": Word(">>", "connecting", BUSY),
    "observing": Word(">>", "reading", BUSY),
    "unchanged": Word("ok", "unchanged", OK),
    "staging": Word(">>", "staging", BUSY),
    "stopping": Word(">>", "stopping", BUSY),
    "switching": Word(">>", "switching", BUSY),
    "starting": Word(">>", "starting", BUSY),
    "checking": Word(">>", "checking", BUSY),
    "holding": Word(">>", "holding", BUSY),
    "done": Word("ok", "done", OK),
    "restored": Word("!!", "restored", WARN),
    "failed": Word("XX", "FAILED", BAD),
    "skipped": Word("--", "skipped", IDLE),
}
CHECK_WORDS: dict[str, Word] = {
    "": Word("..", "not checked", IDLE),
    "busy": Word(">>", "checking", BUSY),
    "ok": Word("ok", "ready", OK),
    "new-key": Word("!!", "new host key", WARN),
    "changed-key": Word("XX", "host key CHANGED", BAD),
    "login": Word("!!", "login refused", WARN),
    "sudo": Word("!!", "sudo password", WARN),
    "unreachable": Word("XX", "unreachable", BAD),
    "no-product": Word("XX", "product missing", BAD),
    "unfit": Word("XX", "not ready", BAD),
    "by-hand": Word("--", "by hand", IDLE),
    "failed": Word("XX", "failed", BAD),
}
VERDICT_WORDS: dict[str, Word] = {
    "ok": Word("ok", "ok", OK),
    "warn": Word("!!", "warning", WARN),
    "fail": Word("XX", "FAILED", BAD),
    "skip": Word("--", "not checked", IDLE),
}
HEALTH_WORDS: dict[str, Word] = {
    "ok": Word("ok", "valid", OK),
    "warn": Word("!!", "renew soon", WARN),
    "critical": Word("XX", "ENDS SOON", BAD),
    "expired": Word("XX", "EXPIRED", BAD),
    "none": Word("--", "none yet", IDLE),
}
WEIGHT: dict[str, float] = {
    "connecting": 0.05, "observing": 0.1, "staging": 0.2, "stopping": 0.3, "switching": 0.45,
    "starting": 0.6, "checking": 0.8, "holding": 0.95,
}  # fmt: skip
"""How far within its step a host is, by state."""


def word(words: dict[str, Word], state: str) -> Word:
    """Give the word of a state; a state that is not known is shown as it is."""
    return words.get(state, Word("??", state or "unknown", WARN))


def shown(found: Word, *, mark_only: bool = False) -> Text:
    """Draw a word: mark, then word, in its colour."""
    text = found.mark if mark_only or found.mark == found.word else f"{found.mark} {found.word}"
    return Text(text, style=found.style, no_wrap=True)


def bar(part: float, width: int, *, ascii_only: bool, style: str = "cyan") -> Text:
    """Draw progress from 0 to 1; never full before it is."""
    full = width if part >= 1 else min(width - 1, int(max(part, 0.0) * width))
    done, left = ("#", "-") if ascii_only else ("━", "─")
    return Text.assemble((done * full, style), (left * (width - full), IDLE), no_wrap=True)


def clock(seconds: float) -> str:
    """Give a duration as m:ss, or h:mm:ss."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def moment(text: str) -> datetime | None:
    """Read an event's time; None when there is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def between(start: str, end: datetime | None) -> float:
    """Give the seconds from an event's time to another time."""
    begun = moment(start)
    return (end - begun).total_seconds() if begun and end else 0.0


def left(days: int | None) -> str:
    """Give the days to an expiry in the unit that says most."""
    if days is None:
        return ""
    if days < 0:
        return f"{-days} d ago"
    if days < 365:
        return f"{days} d"
    years, months = divmod(days, 365)
    return f"{years} y {months // 31} m"


def local(when: datetime | None) -> str:
    """Give a day in local time."""
    return when.astimezone().strftime("%Y-%m-%d") if when else ""
