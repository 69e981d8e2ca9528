"""The connection to a host is cut at a step, with a word or silently: the host goes back by itself,
or keeps what was proven."""

from __future__ import annotations

import os

import pytest

from tests.faults import Faults
from tests.lab.fault_runs import At
from tests.lab.ground import Ground
from tests.lab.injections import hang_up
from tests.lab.test_faults_killed import EVERY, POINTS

STEPS = {name: point for name, point in POINTS.items() if name != "the end of a step"}
EARLY = {
    "observing": At(host="spoke-a", state="observing"), "planning": At(kind="planned"),
    "the first wave": At(kind="wave"),
}  # fmt: skip
SILENT = [
    name for name in STEPS
    if name in ("renaming", "sending commit") or os.environ.get(EVERY) == "1"
]  # fmt: skip
"""At the others, with TLSWRIGHT_EVERY_EVENT=1: a minute each is spent on waiting for an answer."""


@pytest.mark.parametrize("step", STEPS)
def test_a_connection_that_breaks_is_told_and_the_next_apply_finishes(
    ground: Ground, faults: Faults, step: str
) -> None:
    at, left = STEPS[step]
    ground.reset("tls")
    run = ground.start(at, "wait")
    run.waits()
    hang_up(ground.victim)
    run.go_on()
    seen = ground.end(run)
    assert seen.exit == 13, seen.said
    assert "spoke-a: the connection was lost" in seen.said
    ground.rests()
    state = ground.state()
    assert state == left
    assert state == "new" or ground.litter() == []
    words = {"old": "old state back by itself", "new": "new state kept"}[state]
    faults.saw(f"connection cut at {step}", f"{words}, exit 13")
    ground.finishes()
    faults.saw(f"connection cut at {step}", f"{words}, exit 13; next apply finished")


def test_a_connection_that_breaks_before_a_host_was_touched_leaves_nothing_to_mend(
    ground: Ground, faults: Faults
) -> None:
    ground.reset("tls")
    for name, at in EARLY.items():
        run = ground.start(at, "wait")
        run.waits()
        hang_up(ground.victim)
        run.go_on()
        seen = ground.end(run)
        assert "spoke-a: the connection was lost" in seen.said
        assert seen.exit == 5, seen.said
        assert ground.state() == "old"
        faults.saw(f"connection cut at {name}", f"old state, nothing was touched, exit {seen.exit}")
    ground.finishes()


@pytest.mark.parametrize("step", SILENT)
def test_packets_that_are_dropped_are_noticed(ground: Ground, faults: Faults, step: str) -> None:
    """The host hears nothing either, and the next apply takes over from what still runs there."""
    at, left = STEPS[step]
    ground.reset("tls")
    run = ground.start(at, "wait")
    run.waits()
    ground.victim.cut()
    run.go_on()
    seen = ground.end(run)
    ground.victim.mend()
    assert seen.exit == 13, seen.said
    assert "spoke-a: the connection was lost" in seen.said
    words = {"old": "told, and put back by the next apply", "new": "new state kept"}[left]
    faults.saw(f"packets dropped at {step}", f"{words}, exit 13")
    ground.finishes()
    faults.saw(f"packets dropped at {step}", f"{words}, exit 13; next apply finished")
