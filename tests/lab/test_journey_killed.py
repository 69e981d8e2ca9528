"""A run that is killed, left alone or stopped leaves nothing that the next apply cannot finish."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.faults import Faults
from tests.lab import activemq, footprint
from tests.lab.hosts import Lab
from tests.lab.site import Site

PAIRS = (("hub", "spoke-a"), ("spoke-a", "hub"))


def test_what_a_dead_or_stopped_run_left_is_finished_by_the_next(
    fresh_lab: Lab, tmp_path: Path, faults: Faults
) -> None:
    lab = fresh_lab
    site = Site(tmp_path, lab, ("hub", "spoke-a"))
    activemq.start_all([lab["hub"], lab["spoke-a"]])
    site.init("--name", "lab")
    stock = footprint.content(lab["hub"])
    _kill(site, "1.1", "switching", "apply")
    _goes_on(site)
    assert footprint.content(lab["hub"]) != stock
    _terminal_closes(site)
    _kill(site, "1.1", "starting", "rotate", "--all")
    _goes_on(site)
    _kill(site, "1.2", "holding", "rotate", "--all")
    _goes_on(site)
    faults.saw("run killed at switch, start and hold", "next apply finished, links proven")
    _stop_now(site)
    faults.saw("user stops a run at the start", "old state works, exit 12; next apply finished")
    _power_is_lost(site)
    faults.saw("power lost while a broker starts", "exit 13; next apply finished, links proven")
    assert site.not_crossing(*PAIRS) == []


def _kill(site: Site, step: str, state: str, *verb: str) -> None:
    """Kill the run's own process at a moment; whoever follows it is told that it was cut off."""
    count = len(site.runs)
    with site.running(*verb, "--yes") as child:
        pid = site.wait_for(lambda e: e.kind == "run-started", count, "the run").data["pid"]
        site.wait_for(lambda e: (e.step, e.state) == (step, state), count, f"{step} {state}")
        os.kill(pid, signal.SIGKILL)
    assert child.returncode == 13, site.said[-1]
    assert "cut off" in site.said[-1]


def _goes_on(site: Site) -> None:
    """The next apply, at once, asks nothing and leaves a site that is proven and at rest."""
    site.run("apply", "--yes", expect=0)
    site.run("verify", expect=0)
    site.run("plan", expect=0)
    for name in site.hosts:
        left = [p for p in footprint.content(site.lab[name]) if ".tlswright" in p]
        assert left == []


def _terminal_closes(site: Site) -> None:
    """The run does not notice, and another terminal finds it."""
    count, old = len(site.runs), footprint.presented(site.lab["hub"])
    with site.running("rotate", "--all", "--yes") as child:
        site.wait_for(lambda e: e.state == "switching", count, "the first switch")
        os.killpg(child.pid, signal.SIGHUP)
    assert child.returncode == -signal.SIGHUP
    site.run("attach", expect=0)
    assert footprint.presented(site.lab["hub"]) != old
    site.run("verify", expect=0)


def _stop_now(site: Site) -> None:
    """The step that is under way is undone, and nothing else was begun."""
    count = len(site.runs)
    before = {name: footprint.content(site.lab[name]) for name in site.hosts}
    with site.running("rotate", "--all", "--yes") as child:
        site.wait_for(lambda e: e.state == "starting", count, "the first start")
        site.run("stop", "--now", expect=0)
    assert child.returncode == 12, site.said[-1]
    assert {name: footprint.content(site.lab[name]) for name in site.hosts} == before
    site.run("apply", "--yes", expect=0)
    assert "nothing to do" in site.said[-2]
    site.run("verify", expect=0)


def _power_is_lost(site: Site) -> None:
    """A host that went dark in the midst of a step is put in order by the next apply."""
    host, count = site.lab["spoke-a"], len(site.runs)
    with site.running("rotate", "--all", "--yes") as child:
        site.wait_for(lambda e: (e.step, e.state) == ("1.2", "starting"), count, "the start")
        host.power_off()
    assert child.returncode == 13, site.said[-1]
    host.power_on()
    host.ready()
    left = site.run("plan", expect=3)
    assert "was cut off; apply resolves it first" in left.stdout
    _goes_on(site)
