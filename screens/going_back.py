"""What the dashboard asks before it takes a run back."""

from __future__ import annotations

from app.engine.front import Front, RunSummary
from app.errors import PartedError
from app.model import Site
from screens.words import count

KEPT = (
    "Every host gets its files from before that, byte for byte, in the order that keeps the system "
    "up. A file that somebody edited since is refused."
)


def question(front: Front, site: Site, last: RunSummary) -> tuple[str, str]:
    """Give the run to take back, and the text of the question.

    A run that only finished what an earlier one began is taken back with that one.  Raises
    TlswrightError where it cannot be taken back.
    """
    parts: list[str] = []
    try:
        back = front.taking_back(site, last.run)
    except PartedError as parted:
        parts.append(f"{parted.text}.")
        back = front.taking_back(site, parted.instead)
    hosts = f"{count(len(last.hosts), 'host')}: {', '.join(last.hosts[:6])}"
    what = back.words if back.along else f"{last.run} ({last.verb}, {hosts})"
    parts += [f"Take back run {what}?", KEPT]
    if back.apart:
        parts.append(f"{back.apart}.")
    return back.run, "\n\n".join(parts)
