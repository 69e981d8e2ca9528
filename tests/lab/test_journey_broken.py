"""A broker whose own file does not load gets its old state back; that it does not run is said."""

from __future__ import annotations

from pathlib import Path

from tests.faults import Faults
from tests.lab import activemq, footprint
from tests.lab.hosts import Lab
from tests.lab.site import Site

# Read after the broker: it listens for a moment before this ends it.
BEAN = '<bean id="mine" class="org.example.Missing"/>\n'


def test_a_broker_that_would_not_have_started_anyway(
    fresh_lab: Lab, tmp_path: Path, faults: Faults
) -> None:
    lab = fresh_lab
    site = Site(tmp_path, lab, ("hub", "spoke-b"))
    activemq.start_all([lab["hub"], lab["spoke-b"]])
    site.init("--name", "lab")
    site.run("apply", "--yes", expect=0)
    site.edit_broker("spoke-b", "</beans>", f"{BEAN}</beans>")
    before = footprint.content(lab["spoke-b"])
    done = site.run("rotate", "--host", "spoke-b", "--yes", expect=13)
    assert "org.example.Missing" in done.stdout + done.stderr
    assert "did not come up again" in done.stdout + done.stderr
    assert footprint.content(lab["spoke-b"]) == before
    faults.saw("broker's own file does not load", "old files back, it is said to be down, exit 13")
    site.edit_broker("spoke-b", BEAN, "")
    site.run("apply", "--yes", expect=0)
    site.run("verify", expect=0)
