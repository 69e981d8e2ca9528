"""Trust by pinned certificates: who trusts whom is exact, and a rotation never breaks a link."""

from __future__ import annotations

import itertools
import ssl
from pathlib import Path

from app.events import Event
from tests.lab import activemq, footprint, keytool
from tests.lab.clients import foreign_key, strangers_let_in
from tests.lab.hosts import Lab
from tests.lab.site import Site

ONE = (("hub", "spoke-a"), ("spoke-a", "hub"))
ALL = (("spoke-a", "hub"), ("hub", "spoke-b"), ("spoke-b", "spoke-a"))


def test_pinned_brokers_grow_by_one_and_rotate_in_three_waves(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    lab = fresh_lab
    activemq.start_all(lab.hosts.values())
    site = Site(tmp_path, lab, ("hub", "spoke-a"))
    site.init("--trust", "pinned", "--name", "lab")
    site.run("apply", "--yes", expect=0)
    _rotate_and_take_it_back(site, tmp_path)
    _grow(site)
    _stop_amid_a_rotation_and_go_on(site)
    _end_is_seen(site)


def _rotate_and_take_it_back(site: Site, folder: Path) -> None:
    old = _presented(site)
    site.run("rotate", "--all", "--yes", expect=0)
    events = site.events()
    assert [e.data["count"] for e in events if e.kind == "wave"] == [3, 3, 3]
    _every_wave_is_proven(events)
    new = _presented(site)
    assert all(new[name] != old[name] for name in site.hosts)
    assert site.not_crossing(*ONE) == []
    authority = folder / "hub.pem"
    authority.write_text(ssl.get_server_certificate((site.lab["hub"].address, 61617)))
    assert strangers_let_in(site.lab["hub"], authority, foreign_key(folder, "lab")) == []
    site.run("rollback", "--yes", expect=0)
    assert _presented(site) == old
    _every_bridge_is_up(site.events())


def _every_wave_is_proven(events: tuple[Event, ...]) -> None:
    """Behind each wave every bridge was found up, by the product's own word."""
    marks = [n for n, event in enumerate(events) if event.kind == "wave"] + [len(events)]
    for start, end in itertools.pairwise(marks):
        found = [event.data for event in events[start:end] if event.kind == "finding"]
        assert all(finding["verdict"] != "fail" for finding in found)
        _every_bridge_is_up(events[start:end])


def _every_bridge_is_up(events: tuple[Event, ...], count: int = 1) -> None:
    found = [event.data for event in events if event.kind == "finding"]
    up = {f["subject"] for f in found if "bridge" in f["tried"] and f["verdict"] == "ok"}
    assert len(up) == count


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
    assert site.not_crossing(*ALL) == []


def _stop_amid_a_rotation_and_go_on(site: Site) -> None:
    """Stopped with one new certificate among old ones, links still stand, and apply finishes."""
    count, old = len(site.runs), _presented(site)
    with site.running("rotate", "--all", "--yes") as child:
        site.wait_for(lambda e: e.step == "2.1" and e.state == "starting", count, "wave 2")
        site.run("stop", expect=0)
    assert child.returncode == 13
    assert sum(old[name] != new for name, new in _presented(site).items()) == 1
    assert site.not_crossing(*ALL) == []
    site.run("apply", "--yes", expect=0)
    _every_bridge_is_up(site.events(), 2)
    assert set(keytool.rows(site.lab["hub"], "trust")) == {"hub", "spoke-a", "spoke-b"}


def _end_is_seen(site: Site) -> None:
    """Java accepts an expired pinned certificate, so we are the ones who must say so."""
    late = site.run("status", "--at", "2099-01-01", expect=9)
    assert "expired" in late.stdout
    site.run("status", expect=0)


def _presented(site: Site) -> dict[str, str]:
    return {name: footprint.presented(site.lab[name]) for name in site.hosts}
