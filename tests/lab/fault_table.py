"""One entry for each fault of the matrix, and what is true of every one of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from tests.faults import Faults
from tests.lab.fault_runs import At
from tests.lab.ground import Ground, Seen

STATES = {"old": "old state back", "new": "new state proven"}
Inject = Callable[[Ground], AbstractContextManager[object]]


@dataclass(frozen=True)
class Fault:
    """Hurt the victim with `inject`, at an event of the run or before it, and expect what it says.

    `before` prepares for that before the run, and is mended after it.  Not `tidy` is a host that
    could not even tidy up: the next run does.
    `says` are words that the user must have read; `left` is the state that must stand afterwards,
    before anybody mends anything by hand but the fault itself.
    """

    inject: Inject
    exit: int
    says: tuple[str, ...] = ()
    left: str = "old"
    at: At | None = None
    start: str = "tls"
    before: Inject = lambda ground: nullcontext()
    tidy: bool = True


def try_out(ground: Ground, faults: Faults, name: str, fault: Fault) -> Seen:
    """Carry a fault through: see where it ends, that it is said, and that the next run finishes."""
    ground.reset(fault.start)
    with fault.before(ground):
        seen = _run(ground, fault)
    ground.rests()
    state = ground.state()
    faults.saw(name, f"{STATES[state]}, exit {seen.exit}")
    assert (state, seen.exit) == (fault.left, fault.exit), seen.said
    for words in fault.says:
        assert words in seen.said, seen.said
    # What our own probes leave in a service's log is no cause of anything.
    assert "sent no certificate" not in seen.said
    assert state == "new" or not fault.tidy or ground.litter() == []
    ground.finishes()
    faults.saw(name, f"{STATES[state]}, exit {seen.exit}; next apply finished")
    return seen


def _run(ground: Ground, fault: Fault) -> Seen:
    if fault.at is None:
        with fault.inject(ground):
            return ground.apply()
    run = ground.start(fault.at, "wait")
    run.waits()
    with fault.inject(ground):
        run.go_on()
        return ground.end(run)
