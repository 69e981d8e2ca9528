"""Take a run back: the reverse of each held step, newest first, from the hosts' own backups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import UsageError
from app.events import Event
from app.kinds.resources import Activation
from app.observed import ABSENT
from app.plan.phases import PhaseName
from app.remote.base import FileEntry, Member


@dataclass(frozen=True, slots=True)
class HeldPart:
    """Hold what one host kept in one step: its transaction, and each file's states.

    `phase` is that of the step in the plan, `holds` what a framed change holds (Activation.holds);
    both are empty in journals of runs before they were written.
    """

    step: str
    host: str
    node: str
    transaction: str
    files: Mapping[str, tuple[str, str]]
    phase: str = ""
    holds: str = ""


REVERSED: Mapping[str, PhaseName] = {"guard": "free", "free": "guard"}
"""What the first and the last phase of a framed change are when they are taken back."""


def held_parts(events: tuple[Event, ...]) -> tuple[HeldPart, ...]:
    """Read from a run's journal what was held, in order.

    An intent without a `done` behind it counts as well: the host may have kept it, and a target
    that is in neither state refuses by itself.
    """
    parts = [
        HeldPart(
            event.step, event.host, str(event.data.get("node", "")),
            str(event.data.get("transaction", "")),
            {str(p): (str(s[0]), str(s[1])) for p, s in event.data.get("files", {}).items()},
            str(event.data.get("phase", "")), str(event.data.get("holds", "")),
        )
        for event in events
        if event.kind == "intent" and "transaction" in event.data
    ]  # fmt: skip
    return tuple(parts)


def undo_steps(parts: tuple[HeldPart, ...]) -> tuple[tuple[HeldPart, ...], ...]:
    """Group what was held by step, the newest step first; restarts without files are left out."""
    steps: dict[str, list[HeldPart]] = {}
    for part in parts:
        if part.files:
            steps.setdefault(part.step, []).append(part)
    return tuple(tuple(found) for found in reversed(list(steps.values())))


def undo_member(
    part: HeldPart,
    run: str,
    owner: str,
    number: int,
    activation: Activation,
    *,
    together: bool = False,
) -> Member:
    """Give the member that puts back what one host had before a step, `together` with others.

    A file that stands as the step left it is restored; one that stands as it was before the step
    is accepted too, so that a rollback which was cut off can be run again.
    """
    transaction = f"{run}-{number}"
    entries = tuple(
        FileEntry(
            path=path,
            action="delete" if before == ABSENT else "restore",
            expect=(after, before),
            restore="" if before == ABSENT else part.transaction,
        )
        # The file that refers to others was switched last, so it is the first to go back.
        for path, (before, after) in reversed(list(part.files.items()))
    )
    return Member(
        id=transaction, run=run, group=transaction, owner=owner, entries=entries,
        stop=activation.stop, start=activation.start, check=activation.check,
        logs=activation.logs, stop_seconds=activation.stop_seconds,
        start_seconds=activation.start_seconds, check_seconds=activation.check_seconds,
        settle_seconds=activation.settle_seconds, together=together,
    )  # fmt: skip


def require(parts: tuple[HeldPart, ...], run: str) -> None:
    """Refuse to take back a run that changed nothing."""
    if not any(part.files for part in parts):
        raise UsageError(
            f"the run {run} changed no file, so there is nothing to take back",
            hint="`tlswright runs` lists the runs.",
        )
