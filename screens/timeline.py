"""Draw how long certificates last, on one scale for all: now to twelve months.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from rich.text import Text

from app.engine.front import RequestRow, RunSummary, StatusRow
from app.plan.stage import Stage, stage_words
from app.quoting import calm
from screens.words import BAD, OK, WARN, count, local

SPAN = timedelta(days=365)


def ruler(width: int) -> Text:
    """Draw the scale: now, and every three months."""
    marks = [" "] * width
    for quarter, label in enumerate(("now", "+3m", "+6m", "+9m")):
        at = width * quarter // 4
        marks[at : at + len(label)] = label
    return Text("".join(marks[:width]))


def strip(row: StatusRow, now: datetime, width: int, *, ascii_only: bool) -> Text:
    """Draw one certificate: `=` valid, `:` time to renew, `X` expired, `>` beyond the scale."""
    if row.expires is None:
        return Text()
    if row.expires < now:
        return Text("X", style=BAD)
    end = min(width, max(1, int((row.expires - now) / SPAN * width)))
    begun = row.facts.not_before if row.facts else now
    due = begun + (row.expires - begun) * 2 / 3
    fresh = min(end, max(0, int((due - now) / SPAN * width)))
    good = "=" if ascii_only else "━"
    bar = Text.assemble((good * fresh, OK), (":" * (end - fresh), WARN))
    if row.expires - now > SPAN:
        bar.right_crop(1)
        bar.append(">", style=OK)
    return bar


def owed_act(owed: tuple[RequestRow, ...]) -> str:
    """Say what comes next about certificates of an outside CA; empty where none is owed."""
    states = [row.state for row in owed]
    back, waiting, missing = (states.count(s) for s in ("back", "waiting", "missing"))
    if back:
        return f"Next: certificates of {count(back, 'host')} came back: a deploys what can be."
    if missing:
        return f"Next: {count(missing, 'host')} without a request to the outside CA: c writes them."
    if waiting:
        return f"{count(waiting, 'host')} waited for at the outside CA: c takes certificates in."
    return ""


def ca_words(found: Stage | None) -> str:
    """Say what a new CA means, or how far the change to one got."""
    if found is None:
        return (
            "The CA too: a new CA and certificates of it, in three waves over all hosts: trust "
            "both, present the new, trust the new alone."
        )
    return f"The CA is being changed: {stage_words(found)}."


def _stage_act(found: Stage) -> str:
    """Say what comes next in a change of the CA."""
    if found.waits:
        return (
            f"The change of the CA waits, before wave {found.wave} of 3, for "
            f"{', '.join(found.waits)}: a says what each needs."
        )
    return f"Next: the change of the CA, wave {found.wave} of 3 ({found.title}): a goes on."


def next_act(
    rows: tuple[StatusRow, ...],
    runs: tuple[RunSummary, ...],
    owed: tuple[RequestRow, ...] = (),
    found: Stage | None = None,
) -> str:
    """Say the one thing to do next.

    `owed` is how it stands with an outside CA, `found` how far a change of the CA got.
    """
    asks = owed_act(owed)
    if not asks and (not rows or all(row.expires is None for row in rows)):
        return "Next: a shows what would be done on each host; nothing is deployed yet."
    if runs and runs[0].exit not in (0, None) and not runs[0].live:
        wave = f" with wave {found.wave} of 3 of the new CA" if found else ""
        return (
            f"Next: the last run ({runs[0].verb}) stopped: {runs[0].result}. a goes on{wave}, "
            "h shows it."
        )
    if asks:
        return asks
    if found:
        return _stage_act(found)
    due = [row for row in rows if row.due and row.role not in ("authority", "intermediate")]
    if due:
        first = due[0]
        more = f", with {len(due) - 1} more" if len(due) > 1 else ""
        over = first.health == "expired"
        what = "has expired, it ended" if over else "is due, it ends"
        return f"Next: {first.subject} {what} {local(first.expires)}. r rotates it{more}."
    return "Nothing is due.  v proves every link now, a compares every file."


def detail(row: StatusRow, runs: Iterable[RunSummary]) -> Text:
    """Show one certificate whole."""
    lines = []
    facts = row.facts
    if facts is not None:
        names = ", ".join(san.value for san in facts.sans)
        lines += [
            f"{facts.subject}" + (f"   names {names}" if names else ""),
            f"serial {facts.serial_hex[:24]}   {facts.key_type}   generation {row.generation}",
            f"issued {local(facts.not_before)} by {facts.issuer}",
        ]
    if row.text:
        lines.append(row.text)
    last = next((r for r in runs if row.subject in r.hosts), None)
    if last is not None:
        lines.append(f"last run {last.run} {last.verb}: {last.result or 'going on'}")
    return Text("\n".join(calm(line, 300) for line in lines) or "No certificate yet: a makes it.")
