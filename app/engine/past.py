"""Sum up the runs of the past from what each left behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.engine.journal import alive, read_events
from app.engine.record import read_json
from app.events import fold


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Show one run of the past or the present."""

    run: str
    verb: str
    started: str
    ended: str
    result: str
    exit: int | None
    live: bool
    hosts: tuple[str, ...]


def summary(folder: Path) -> RunSummary:
    """Sum up one run from its journal."""
    journal = folder / "journal.jsonl"
    view = fold(read_events(journal))
    live = alive(journal)
    verb = view.verb or str(request_of(folder).get("verb", ""))
    result = view.result or ("running" if live else "cut off")
    return RunSummary(
        folder.name, verb, view.started, view.ended, result, view.exit, live, tuple(view.hosts)
    )


def request_of(folder: Path) -> dict[str, object]:
    """Give what a run was asked to do; empty where that cannot be told."""
    found = read_json(folder / "request.json")
    return found if isinstance(found, dict) else {}
