"""Find which runs belong together: what one began, another had to finish.

A step over a whole group that loses a member behind the decision keeps its change on the others;
the next run brings that member along.  Each of the two taken back alone would leave the group in
states that do not fit: one member as before the change, its peers as after it.  Read from the
journals alone, so that it can be told before anybody is asked for a password.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.engine.journal import read_events
from app.engine.past import request_of
from app.engine.undo import HeldPart, held_parts
from app.errors import PartedError
from app.events import Event
from app.observed import ABSENT

UNKNOWN = "unknown"
"""What stands where the host was lost at the decision."""


@dataclass(frozen=True, slots=True)
class Past:
    """Hold what one run held, in order; `lost` are the (host, step) that did not say so.

    A rollback names the runs that it `took` back; `exit` is how it ended, None while it goes on.
    """

    run: str
    verb: str
    parts: tuple[HeldPart, ...]
    lost: frozenset[tuple[str, str]] = frozenset()
    took: tuple[str, ...] = ()
    exit: int | None = None

    @property
    def back(self) -> bool:
        """Tell whether it took another run back."""
        return self.verb == "rollback"

    @classmethod
    def of(cls, run: str, events: tuple[Event, ...]) -> Past:
        """Read it from the run's events."""
        parts = held_parts(events)
        held = {(part.host, part.step) for part in parts}
        failed = {(event.host, event.step) for event in events if event.kind == "failed"}
        verb, end, took = "", None, tuple[str, ...]()
        for event in events:
            if event.kind == "run-started":
                verb = event.text
            elif event.kind == "planned":
                took = tuple(map(str, event.data.get("taken", ())))
            elif event.kind == "run-ended":
                end = int(event.data.get("exit", 1))
        return cls(run, verb, parts, frozenset(held & failed), took, end)


@dataclass(frozen=True, slots=True)
class Finished:
    """Say that a run brought `members` along behind the step of an earlier `run` (the `others`).

    Without `members` it let go what the earlier run had held, and did nothing else.
    """

    run: str
    step: str = ""
    members: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Say what a rollback takes back: a run, and the later runs (`along`) that finished it.

    `apart` says which nodes would have TLS no more while their peers keep it.
    """

    run: str
    along: tuple[str, ...] = ()
    apart: str = ""

    @property
    def words(self) -> str:
        """Name the runs."""
        names = ", ".join(self.along)
        return f"{self.run}, with {names}, which finished what it had begun" if names else self.run


def newest(runs: Path) -> Iterator[Past]:
    """Read from the journals what was held, the newest run first, one after the other."""
    folders = [folder for folder in runs.iterdir() if folder.is_dir()] if runs.is_dir() else []
    for folder in sorted(folders, reverse=True):
        past = Past.of(folder.name, read_events(folder / "journal.jsonl"))
        if past.back and not past.took:
            # Before rollbacks wrote what they took, the request alone told.
            past = replace(past, took=(str(request_of(folder).get("target", "")),))
        if past.parts or past.back:
            yield past


def history(runs: Path) -> tuple[Past, ...]:
    """Read from every journal what was held, the oldest run first."""
    return tuple(reversed(list(newest(runs))))


def finished(pasts: Sequence[Past]) -> dict[str, Finished]:
    """Give for each run that finished what an earlier one had begun, which one that was."""
    found: dict[str, Finished] = {}
    groups: list[tuple[str, str, dict[str, HeldPart]]] = []
    stands: dict[tuple[str, str], str] = {}
    holding = ""
    for past in pasts:
        changed = [part for part in past.parts if part.files]
        missed = (_behind(past, group, stands) for group in reversed(groups))
        behind = next((one for one in missed if one), None)
        if behind is not None:
            found[past.run] = behind
        elif holding and changed and all(p.phase == "free" for p in changed) and not past.back:
            found[past.run] = Finished(holding)
        for part in changed:
            gone = (part.host, part.step) in past.lost
            stands.update(
                {(part.host, p): UNKNOWN if gone else s[1] for p, s in part.files.items()}
            )
            holding = {"guard": past.run, "free": ""}.get(part.phase, holding)
        groups += [(past.run, step, members) for step, members in _groups(changed)]
    return found


def taken_back(pasts: Sequence[Past], run: str) -> TakenBack:
    """Say what a rollback of a run takes back.

    Raises PartedError for a run that only finished what an earlier one began: it names the
    members that would go back alone, and the run to take back instead.
    """
    links = finished(pasts)
    found = links.get(run)
    if found is not None and found.members:
        first = found
        while (earlier := links.get(first.run)) is not None and earlier.members:
            first = earlier
        members, others = ", ".join(found.members), ", ".join(found.others)
        raise PartedError(
            f"the run {run} brought {members} to where {first.run} had brought {others}: taken "
            f"back alone, {members} would be as before that change and {others} as after it, and "
            "the two do not go together",
            instead=first.run,
        )
    along: list[str] = []
    for past in pasts:
        if past.run in links and links[past.run].run in (run, *along):
            along.append(past.run)
    return TakenBack(run, tuple(along))


def parts_of(pasts: Sequence[Past], back: TakenBack) -> tuple[HeldPart, ...]:
    """Give what the runs of a rollback held, in order, as one run's.

    A member that a later run brought along is in the step that it had missed.
    """
    links, known = finished(pasts), {past.run: past for past in pasts}
    slots: list[HeldPart] = []
    at: dict[tuple[str, str, str], int] = {}
    for run in (back.run, *back.along):
        link = links.get(run, Finished("")) if run in back.along else Finished("")
        for part in known[run].parts if run in known else ():
            missed = at.get((link.run, link.step, part.host)) if part.host in link.members else None
            if missed is not None and part.files and _same(slots[missed], part):
                at[run, part.step, part.host] = missed
                slots[missed] = replace(part, step=slots[missed].step)
                continue
            at[run, part.step, part.host] = len(slots)
            step = part.step if run == back.run else f"{part.step} of {run}"
            slots.append(replace(part, step=step))
    return tuple(slots)


def _groups(parts: Iterable[HeldPart]) -> list[tuple[str, dict[str, HeldPart]]]:
    steps: dict[str, dict[str, HeldPart]] = {}
    for part in parts:
        steps.setdefault(part.step, {})[part.host] = part
    return [(step, members) for step, members in steps.items() if len(members) > 1]


def _behind(
    past: Past,
    group: tuple[str, str, dict[str, HeldPart]],
    stands: Mapping[tuple[str, str], str],
) -> Finished | None:
    """Tell whether a run brought members of a group along that had missed its step."""
    run, step, members = group
    left = tuple(
        host for host, missed in members.items()
        if any(part.host == host and _same(missed, part) for part in past.parts)
    )  # fmt: skip
    others = tuple(
        host for host, part in members.items()
        if host not in left and any(
            stands[host, path] != before
            for path, (before, after) in part.files.items() if before != after
        )
    )  # fmt: skip
    return Finished(run, step, left, others) if left and others else None


def _same(missed: HeldPart, part: HeldPart) -> bool:
    """Tell whether a part began where a missed one had begun: with the user's files as they were.

    Where a step only made files, those count.
    """
    differs = {path: before for path, (before, after) in missed.files.items() if before != after}
    wanted = {path: before for path, before in differs.items() if before != ABSENT} or differs
    return bool(wanted) and all(
        part.files.get(path, ("", ""))[0] == before for path, before in wanted.items()
    )
