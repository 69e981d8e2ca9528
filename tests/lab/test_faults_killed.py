"""The control process is killed with SIGKILL at an event: the host undoes, or keeps what is proven.

The sample has each kind of event and each barrier once; with TLSWRIGHT_EVERY_EVENT=1 every event
of a run is tried.
"""

from __future__ import annotations

import os

import pytest

from tests.faults import Faults
from tests.lab.fault_runs import At
from tests.lab.ground import Ground

EVERY = "TLSWRIGHT_EVERY_EVENT"
EARLY = (
    At(kind="run-started"), At(state="connecting"), At(state="observing"), At(kind="planned"),
    At(state="waiting"), At(state="unchanged"), At(kind="wave"),
)  # fmt: skip
"""Before any of these a host has been touched, so one run after the other may die there."""
POINTS = {
    "staging": (At(state="staging"), "old"),
    "stopping": (At(state="stopping"), "old"),
    "renaming": (At(state="switching"), "old"),
    "starting": (At(state="starting"), "old"),
    "its own check": (At(state="checking", text="waiting"), "old"),
    "the look from outside": (At(state="checking", text="looking"), "old"),
    "the proof of a link": (At(kind="finding"), "old"),
    "the decision to hold": (At(kind="intent"), "old"),
    "sending hold": (At(state="holding", text="telling"), "old"),
    "sending commit": (At(state="holding", text="tidying"), "new"),
    "the end of a step": (At(state="done"), "new"),
}


def test_the_sample_has_every_kind_of_event_of_a_run(ground: Ground) -> None:
    ground.reset("tls")
    assert ground.apply().exit == 0
    sample = [*EARLY, *(at for at, _ in POINTS.values()), At(kind="run-ended")]
    for e in ground.site.events():
        assert any(at.meets(e.seq, e.kind, e.text, e.host, e.state) for at in sample), e


def test_a_run_killed_before_it_touched_a_host_leaves_nothing_to_mend(
    ground: Ground, faults: Faults
) -> None:
    ground.reset("tls")
    for at in EARLY:
        assert ground.end(ground.start(at)).exit == 13
        assert ground.state() == "old"
        what = at.kind or f"step {at.state}"
        faults.saw(f"SIGKILL at {what}", "old state, nothing was touched; next apply finished")
    ground.finishes()


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_at_a_barrier_is_finished_by_the_next(
    ground: Ground, faults: Faults, point: str
) -> None:
    at, left = POINTS[point]
    ground.reset("tls")
    _is_killed(ground, at, left)
    ground.finishes()
    words = {"old": "old state back by itself", "new": "new state kept, and proven"}[left]
    faults.saw(f"SIGKILL at {point}", f"{words}; next apply finished")


@pytest.mark.skipif(os.environ.get(EVERY) != "1", reason=f"minutes; {EVERY}=1 tries every event")
@pytest.mark.parametrize("start", ["plain", "tls"])
def test_a_run_killed_at_any_event_is_finished_by_the_next(
    ground: Ground, faults: Faults, start: str
) -> None:
    ground.reset(start)
    ground.apply()
    events = ground.site.events()
    touched = next(e.seq for e in events if e.state == "staging")
    ended: list[str] = []
    for seq in range(events[-1].seq):
        if seq in (0, touched) or seq > touched:
            ground.reset(start)
        ended.append(_is_killed(ground, At(seq=seq), ""))
        if seq >= touched - 1:
            ground.finishes()
    told = ", ".join(f"{state} state {ended.count(state)} times" for state in ("old", "new"))
    faults.saw(f"SIGKILL at each of {len(ended)} events, {start} before",
               f"{told}; each time the next apply finished")  # fmt: skip


def _is_killed(ground: Ground, at: At, left: str) -> str:
    seen = ground.end(ground.start(at))
    assert seen.exit == 13
    assert "cut off" in seen.said
    ground.rests()
    state = ground.state()
    assert left in ("", state)
    assert state == "new" or ground.litter() == []
    return state
