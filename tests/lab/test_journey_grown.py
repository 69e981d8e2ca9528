"""Pinned brokers gain a spoke, who trusts whom is exact, and a rotation may stop half way."""

from __future__ import annotations

from pathlib import Path

from tests.lab import activemq, footprint, keytool
from tests.lab.hosts import Lab
from tests.lab.site import Site
from tests.lab.waves import every_wave_is_proven

PAIRS = (("spoke-a", "hub"), ("hub", "spoke-b"), ("spoke-b", "spoke-a"))


def test_pinned_brokers_grow_by_one_and_go_on_with_a_stopped_rotation(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    lab = fresh_lab
    activemq.start_all(lab.hosts.values())
    site = Site(tmp_path, lab, ("hub", "spoke-a"))
    site.init("--trust", "pinned", "--name", "lab")
    site.run("apply", "--yes", expect=0)
    _grow(site)
    _stop_amid_a_rotation_and_go_on(site)
    _end_is_seen(site)


def _grow(site: Site) -> None:
    """A new spoke touches the hub and itself; the other spoke neither writes nor restarts."""
    other = site.lab["spoke-a"]
    before = footprint.writes(other), footprint.life(other)
    site.add_spoke("spoke-b")
    site.run("apply", "--yes", expect=0)
    assert (footprint.writes(other), footprint.life(other)) == before
    trusted = {name: set(keytool.rows(site.lab[name], "trust")) for name in site.hosts}
    assert trusted == {
        "hub": {"hub", "spoke-a", "spoke-b"},
        "spoke-a": {"spoke-a", "hub"},
        "spoke-b": {"spoke-b", "hub"},
    }
    assert keytool.rows(site.lab["spoke-b"], "key") == {"spoke-b": "PrivateKeyEntry"}
    assert site.not_crossing(*PAIRS) == []


def _stop_amid_a_rotation_and_go_on(site: Site) -> None:
    """Stopped with one new certificate among old ones, links still stand, and apply finishes."""
    count, old = len(site.runs), _presented(site)
    with site.running("rotate", "--all", "--yes") as child:
        site.wait_for(lambda e: e.step == "2.1" and e.state == "starting", count, "wave 2")
        site.run("stop", expect=0)
    assert child.returncode == 13
    assert sum(old[name] != new for name, new in _presented(site).items()) == 1
    assert site.not_crossing(*PAIRS) == []
    site.run("apply", "--yes", expect=0)
    every_wave_is_proven(site.events(), 2)
    assert set(keytool.rows(site.lab["hub"], "trust")) == {"hub", "spoke-a", "spoke-b"}


def _end_is_seen(site: Site) -> None:
    """Java accepts an expired pinned certificate, so we are the ones who must say so."""
    late = site.run("status", "--at", "2099-01-01", expect=9)
    assert "expired" in late.stdout
    site.run("status", expect=0)


def _presented(site: Site) -> dict[str, str]:
    return {name: footprint.presented(site.lab[name]) for name in site.hosts}
