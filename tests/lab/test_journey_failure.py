"""What stands in the way of one spoke stops there: it gets its old state back, with the cause."""

from __future__ import annotations

from pathlib import Path

from tests.faults import Faults
from tests.lab import activemq, footprint
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.injections import SQUATTER
from tests.lab.keytool import TLS
from tests.lab.site import CONFIG, Site
from tests.until import until

PAIRS = (("hub", "spoke-a"), ("spoke-b", "hub"))
# Read after the broker: it listens for a moment before this ends it.
BEAN = '<bean id="mine" class="org.example.Missing"/>\n'


def test_a_fault_on_one_spoke_stops_there_with_its_cause(
    fresh_lab: Lab, tmp_path: Path, faults: Faults
) -> None:
    lab = fresh_lab
    activemq.start_all(lab.hosts.values())
    site = Site(tmp_path, lab)
    site.init("--name", "lab")
    spoke = lab["spoke-b"]
    stock = footprint.content(spoke)
    _a_host_that_is_off_or_another_is_refused_by_name(site)
    _an_edit_after_the_plan_makes_it_stale(site)
    _xml_that_no_one_can_read_is_refused(site)
    assert footprint.content(spoke) == stock
    spoke.run(f"mkdir -m 700 {TLS} && mount -t tmpfs -o size=4k none {TLS}")
    _stopped(site, "disk full")
    faults.saw("disk full on one spoke", "its old state works, exit 4")
    spoke.run(["umount", TLS])
    done = _unchanged(lab, "hub", "spoke-a")
    shut = footprint.content(spoke)
    said = _stopped(site, "Permission denied")
    assert "chmod" in said or "may not" in said or "permission" in said.lower()
    assert footprint.content(spoke) == shut
    faults.saw("broker cannot read its store", "its old state works, exit 4")
    spoke.run(["rmdir", TLS])
    squatter = _squat(spoke)
    refused = site.run("apply", "--yes", expect=6)
    assert "port 61617 is held by python" in refused.stderr
    assert footprint.content(spoke) == stock
    activemq.send(spoke, "old", "works")
    assert activemq.receive(spoke, "old") == "works"
    assert _unchanged(lab, "hub", "spoke-a") == done
    faults.saw("port taken on one spoke", "refused before anything stopped, exit 6")
    spoke.run(["kill", str(squatter)])
    site.run("apply", "--yes", expect=0)
    assert _unchanged(lab, "hub", "spoke-a") == done
    _a_broker_that_would_not_have_started_anyway(site, faults)
    assert site.not_crossing(*PAIRS) == []


def _a_host_that_is_off_or_another_is_refused_by_name(site: Site) -> None:
    lab, known = site.lab, site.known_hosts.read_text()
    before = [footprint.content(lab[name]) for name in site.hosts]
    lab["spoke-b"].stop()
    off = site.run("apply", "--yes", expect=5)
    assert "spoke-b" in off.stderr
    assert "hub" not in [e.host for e in site.events() if e.kind == "failed"]
    lab["spoke-b"].power_on()
    lab["spoke-b"].ready()
    lines = [line for line in known.splitlines() if line.split()[0] != lab["spoke-a"].address]
    other = lab["hub"].host_keys["ssh-ed25519"]
    lines.append(f"{lab['spoke-a'].address} ssh-ed25519 {other}")
    site.known_hosts.write_text("\n".join([*lines, ""]))
    changed = site.run("apply", "--yes", expect=6)
    assert "spoke-a" in changed.stderr
    assert "changed" in changed.stderr
    assert [footprint.content(lab[name]) for name in site.hosts] == before
    site.known_hosts.write_text(known)
    activemq.wait_for_port(lab["spoke-b"], activemq.PORT)
    activemq.wait_for_unit(lab["spoke-b"])


def _a_broker_that_would_not_have_started_anyway(site: Site, faults: Faults) -> None:
    """A broker whose own file does not load gets its old state back; that it is down is said."""
    spoke = site.lab["spoke-b"]
    site.edit_broker("spoke-b", "</beans>", f"{BEAN}</beans>")
    before = footprint.content(spoke)
    done = site.run("rotate", "--host", "spoke-b", "--yes", expect=13)
    assert "org.example.Missing" in done.stdout + done.stderr
    assert "did not come up again" in done.stdout + done.stderr
    assert footprint.content(spoke) == before
    faults.saw("broker's own file does not load", "old files back, it is said to be down, exit 13")
    site.edit_broker("spoke-b", BEAN, "")
    site.run("apply", "--yes", expect=0)
    site.run("verify", expect=0)


def _an_edit_after_the_plan_makes_it_stale(site: Site) -> None:
    site.run("plan", "-o", "plan.json", expect=3)
    site.edit_broker("spoke-a", "</beans>", "<!-- mine -->\n</beans>")
    before = _unchanged(site.lab, *site.hosts)
    refused = site.run("apply", "plan.json", "--yes", expect=10)
    assert "spoke-a" in refused.stderr
    assert CONFIG in refused.stderr
    assert _unchanged(site.lab, *site.hosts) == before
    site.edit_broker("spoke-a", "<!-- mine -->\n", "")


def _xml_that_no_one_can_read_is_refused(site: Site) -> None:
    host = site.lab["spoke-b"]
    site.edit_broker("spoke-b", "</broker>", "</brokr>")
    before = _unchanged(site.lab, *site.hosts)
    line = host.path(CONFIG).read_text().partition("</brokr>")[0].count("\n") + 1
    refused = site.run("apply", "--yes", expect=6)
    assert f"{CONFIG}:{line}" in refused.stderr
    assert "spoke-b" in refused.stderr
    assert _unchanged(site.lab, *site.hosts) == before
    site.edit_broker("spoke-b", "</brokr>", "</broker>")


def _stopped(site: Site, cause: str) -> str:
    """Apply, see it stop at spoke-b for this cause, and give what it said."""
    done = site.run("apply", "--yes", expect=4)
    said = done.stdout + done.stderr
    assert cause.lower() in said.lower(), said
    failed = [e for e in site.events() if e.kind == "failed"]
    assert [event.host for event in failed] == ["spoke-b"], failed
    assert activemq.listens(site.lab["spoke-b"], 61616)
    return said


def _unchanged(lab: Lab, *names: str) -> list[object]:
    return [(footprint.writes(lab[name]), footprint.life(lab[name])) for name in names]


def _squat(host: LabHost) -> int:
    """Let another program take the port; gives its number on the host."""
    started = host.run(f'python3 -c "{SQUATTER}" >/dev/null 2>&1 & echo $!')
    until(lambda: activemq.listens(host, 61617), 20, "the squatter")
    return int(started.stdout)
