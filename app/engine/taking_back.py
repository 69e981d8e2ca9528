"""Say what a rollback would do, or why it must not, from what lies on this machine alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.engine.record import load_deployed
from app.engine.takeable import refuse_left_alone, refuse_removed
from app.engine.together import Past, TakenBack, history, parts_of, taken_back
from app.engine.undo import HeldPart, require
from app.errors import Exit, UsageError
from app.kinds.base import Kind
from app.model import Site
from app.plan.apart import apart
from app.plan.deployed import Deployed
from app.site.places import Places

ENDED = (Exit.OK, Exit.FINDINGS)
"""How a rollback ends that took everything back, whatever the probes behind it found."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Hold what a rollback takes back, what was held, and the record from `before` all of it."""

    back: TakenBack
    parts: tuple[HeldPart, ...]
    before: Deployed
    pasts: tuple[Past, ...]


def judged(
    places: Places, site: Site, kinds: Mapping[str, Kind], run: str, now: Deployed
) -> Rollback:
    """Judge whether a run can be taken back as far as no host has to be asked.

    `now` is the record of what is deployed.  Raises StalePlanError and UsageError.
    """
    pasts = history(places.runs)
    back = taken_back(pasts, run)
    parts = parts_of(pasts, back)
    require(parts, run)
    reached = [h for t in site.topologies for h in t.hosts if not site.hosts[h].by_hand]
    refuse_removed(parts, reached)
    before = load_deployed(places.run(run) / "before.json")
    refuse_left_alone(parts, before, now, pasts, run)
    after = {part.node: before.nodes.get(part.node) for part in parts if part.files}
    nodes = {key: node for key, node in {**now.nodes, **after}.items() if node is not None}
    back = replace(back, apart=apart(site, kinds, now, replace(now, nodes=nodes)))
    return Rollback(back, parts, before, pasts)


def last_change(pasts: Iterable[Past]) -> str:
    """Give the newest run that changed a host, of all from the newest on.

    A run that was taken back, and the rollback that did it, are passed over.  Raises UsageError
    when there is none.
    """
    taken: set[str] = set()
    for past in pasts:
        if past.back:
            taken |= set(past.took) if past.exit in ENDED else set()
        elif any(part.files for part in past.parts) and past.run not in taken:
            return past.run
    raise UsageError("there is no run to take back", hint="`tlswright runs` lists what was done.")
