"""Tell whether a run is active on a site, so that nobody takes its hosts away."""

from __future__ import annotations

from pathlib import Path

from app.engine.journal import alive


def run_is_active(site: Path) -> bool:
    """Tell whether an engine or another writer lives; both hold a lock as long as they do."""
    state = site / ".tlswright"
    return any(alive(path) for path in (state / "lock", *state.glob("runs/*/journal.jsonl")))
