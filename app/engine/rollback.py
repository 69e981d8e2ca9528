"""Take a run back under the same transaction: newest step first, each host checked as ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.engine.barriers import Group, opened
from app.engine.failing import tell
from app.engine.proving import Prover
from app.engine.run import Result, Runner
from app.engine.takeable import later_changes, refuse_changed, refuse_forgotten, still_to_undo
from app.engine.taking_back import Rollback
from app.engine.undo import REVERSED, HeldPart, undo_member, undo_steps
from app.errors import Exit, StalePlanError
from app.kinds.base import Kind
from app.model import Node, Site
from app.pki.expiry import health
from app.plan.deployed import Deployed
from app.plan.phases import guard_of
from app.plan.words import count, still_held, taken_up


def take_back(
    runner: Runner,
    prover: Prover,
    asked: Rollback,
    site: Site,
    kinds: Mapping[str, Kind],
) -> Result:
    """Restore what every held step of a run, and of those that finished it, found.

    Raises StalePlanError where somebody edited a file since, where what would come back has
    expired, or is no longer kept by its host.
    """
    parts, before = asked.parts, asked.before
    nodes = {n.name: n for t in site.topologies for n in kinds[t.kind].nodes(site, t)}
    refuse_changed(
        parts, lambda host, path: _state(runner, host, path),
        lambda: later_changes(asked.pasts, asked.back.run),
    )  # fmt: skip
    whole, parts = parts, still_to_undo(parts, lambda host, path: _state(runner, host, path))
    _refuse_expired(runner, parts, before)
    refuse_forgotten(parts, runner.gathered.remotes)
    steps = undo_steps(parts)
    left = {part.host for step in steps for part in step}
    back = tuple(part for part in whole if part.host not in left)
    _record(runner, back, before, last=frozenset(part.host for part in back))
    taken = [asked.back.run, *asked.back.along]
    runner.journal.emit("planned", data={**_planned(steps), "taken": taken})
    if asked.back.along:
        runner.journal.emit("log", f"taken back: {asked.back.words}")
    if asked.back.apart:
        runner.journal.emit("log", asked.back.apart)
    runner.journal.emit("wave", "Put the old files back", data={"index": 1, "count": 1})
    for number, step in enumerate(steps, 1):
        if runner.stop.asked:
            return Result("stopped: what is put back stays", Exit.MIXED, ("tlswright runs",))
        failed = _step(runner, prover, step, number, site, kinds, nodes)
        if failed:
            return failed
        _record(runner, step, before, last=_last_of(steps, number))
    what = f"run {asked.back.words}" if asked.back.along else "run"
    text = f"taken back: every host has the files it had before the {what}"
    more = (text, still_held(_held_again(whole)), asked.back.apart)
    return Result("; ".join(one for one in more if one), Exit.OK)


def _held_again(parts: tuple[HeldPart, ...]) -> str:
    """Say what a run held on its way back: it had only let go what an earlier one held."""
    changed = [part for part in parts if part.files]
    if any(part.phase == "guard" for part in changed):
        return ""
    return next((part.holds for part in changed if part.phase == "free"), "")


def _step(
    runner: Runner,
    prover: Prover,
    step: tuple[HeldPart, ...],
    number: int,
    site: Site,
    kinds: Mapping[str, Kind],
    nodes: Mapping[str, Node],
) -> Result | None:
    members, taken = {}, {}
    for part in step:
        node = nodes[part.host]
        kind = kinds[node.kind]
        layout = kind.layout(site, node, runner.gathered.observed[part.host])
        back = REVERSED.get(part.phase, "")
        activation = kind.activation(
            site, node, layout, changed=tuple(part.files), alone=len(step) == 1, restored=True,
            guard=guard_of(back) if back else "",
        )  # fmt: skip
        members[part.host] = undo_member(
            part, runner.run, runner.owner, number, activation, together=len(step) > 1
        )
        taken[part.host] = taken_up(activation)
    transactions = opened(runner.gathered.remotes, members, runner.journal, step[0].step)
    group = Group(step[0].step, members, transactions, runner.journal, runner.stop)
    try:
        outcome = group.carry(dict, lambda: _decide(runner, step, members))
    finally:
        group.close()
    if outcome.cancelled:
        return Result("stopped: what is put back stays", Exit.MIXED, ("tlswright runs",))
    if not outcome.held or outcome.late:
        down = tell(runner.journal, prover, step[0].step, outcome)
        names = ", ".join(outcome.failed)
        text = f"the rollback stopped at {names}"
        if outcome.late:
            down = tuple(outcome.failed)
        if down:
            text = f"{text}: look at {', '.join(down)}"
        return Result(text, Exit.MIXED if down else Exit.FAILED, ("tlswright runs",))
    for part in step:
        text = f"{count(len(part.files), 'file')} as before, {taken[part.host]}"
        runner.journal.emit("step", text, host=part.host, step=part.step, state="done")
    return None


def _decide(runner: Runner, step: tuple[HeldPart, ...], members: Mapping[str, object]) -> None:
    for part in step:
        member = members[part.host]
        data = {
            "transaction": getattr(member, "id", ""),
            "files": {
                path: [after, old] for path, (old, after) in reversed(list(part.files.items()))
            },
            "node": part.node,
            "phase": REVERSED.get(part.phase, part.phase),
            "holds": part.holds,
        }
        runner.journal.emit(
            "intent",
            "healthy: decided to keep these files",
            host=part.host,
            step=part.step,
            data=data,
        )


def _state(runner: Runner, host: str, path: str) -> str:
    return runner.gathered.observed[host].file(path).state


def _refuse_expired(runner: Runner, parts: tuple[HeldPart, ...], before: Deployed) -> None:
    for part in parts:
        old = before.nodes.get(part.node)
        if old is None or old.facts is None:
            continue
        if health(old.facts.not_after, runner.clock()) == "expired":
            end = f"{old.facts.not_after:%Y-%m-%d}"
            raise StalePlanError(
                f"{part.host} would present a certificate that expired {end}",
                hint="Rotate instead: `tlswright rotate --due`.",
            )


def _last_of(steps: tuple[tuple[HeldPart, ...], ...], number: int) -> frozenset[str]:
    """Give the hosts that no later step of the rollback touches."""
    later = {part.host for step in steps[number:] for part in step}
    return frozenset(part.host for part in steps[number - 1]) - later


def _record(
    runner: Runner, step: tuple[HeldPart, ...], before: Deployed, last: frozenset[str]
) -> None:
    """Let the record say again what it said before the run, once a host is back there."""
    deployed = runner.deployed
    for part in step:
        if part.host not in last:
            continue
        old = before.nodes.get(part.node)
        deployed = deployed.with_nodes(old) if old else deployed.without(part.node)
    if not deployed.nodes:
        deployed = replace(deployed, pending={})
    runner.deployed = deployed
    runner.save(deployed)


def _planned(steps: tuple[tuple[HeldPart, ...], ...]) -> dict[str, object]:
    return {
        "plan": "",
        "steps": [
            {
                "id": step[0].step,
                "hosts": [part.host for part in step],
                "changes": {part.host: len(part.files) for part in step},
            }
            for step in steps
        ],
    }
