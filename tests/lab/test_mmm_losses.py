"""A step over a whole cluster loses one member: before hold, at it, and between two commits."""

from __future__ import annotations

from pathlib import Path

from app.engine.front import Front
from app.engine.request import Answers
from app.pki.secret import Secret
from app.plan.make import Intent
from tests.faults import Faults
from tests.lab.farm import MmmSite
from tests.lab.fault_runs import At, Runs
from tests.lab.hosts import Lab
from tests.lab.injections import hang_up
from tests.lab.site import PASSPHRASE

LOST = "spoke-b"
BEFORE = At(host=LOST, state="checking", text="looking")
HOLD = At(host=LOST, state="holding", text="telling")
COMMIT = At(host=LOST, state="holding", text="tidying")


def test_a_cluster_that_loses_a_member_is_finished_by_the_next_apply(
    fresh_lab: Lab, tmp_path: Path, faults: Faults
) -> None:
    mmm = MmmSite(tmp_path, fresh_lab, two=True, controls=False)
    _apply_and_lose(mmm, tmp_path, BEFORE)
    assert mmm.served() == ["", "", ""]
    mmm.nothing_moved()
    faults.saw("cluster loses a member before hold", "all back to plain, exit 13")
    run = _apply_and_lose(mmm, tmp_path, COMMIT)
    assert all(mmm.served())
    _finishes(mmm)
    told = "all new, exit 13; next apply finished"
    faults.saw("cluster loses a member between two commits", told)
    mmm.site.run("rollback", run, "--yes", expect=0)
    assert mmm.served() == ["", "", ""]
    _apply_and_lose(mmm, tmp_path, HOLD)
    assert [bool(leaf) for leaf in mmm.served()] == [True, True, False]
    _finishes(mmm)
    faults.saw("cluster loses a member at hold", "it alone is old, exit 13; next apply finished")


def _apply_and_lose(mmm: MmmSite, folder: Path, at: At) -> str:
    """Cut the connection to one member where a run waits; gives the run."""
    runs = Runs(folder / "home", at, "wait")
    front = Front(mmm.site.directory, runs.spawn)
    front.start("apply", Answers(Secret(PASSPHRASE)), plan=None, intent=Intent())
    [run] = runs.started
    run.waits(300)
    hang_up(mmm.site.lab[LOST])
    run.go_on()
    assert run.end(600) == 13
    # Its peers may miss it too.
    said = [e.text for e in mmm.site.events() if (e.kind, e.host) == ("failed", LOST)]
    assert "the connection was lost" in said[0]
    return front.runs()[0].run


def _finishes(mmm: MmmSite) -> None:
    mmm.site.run("apply", "--yes", expect=0)
    assert all(mmm.served())
    mmm.nothing_moved()
    mmm.site.run("plan", expect=0)
