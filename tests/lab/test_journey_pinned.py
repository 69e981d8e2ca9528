"""The whole way under pinned trust: a rotation goes in three waves and never breaks a link."""

from __future__ import annotations

import itertools
from pathlib import Path

from app.events import Event
from tests.lab import keytool
from tests.lab.hosts import Lab
from tests.lab.journey import travel
from tests.lab.site import Site

BRIDGES = 3


def test_pinned_brokers_go_the_whole_way_and_rotate_in_three_waves(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    rotation = travel(fresh_lab, tmp_path, "--trust", "pinned", look=_each_trusts_its_peers)
    assert [e.data["count"] for e in rotation if e.kind == "wave"] == [3, 3, 3]
    _every_wave_is_proven(rotation)


def _each_trusts_its_peers(site: Site) -> None:
    for name in site.hosts:
        assert keytool.rows(site.lab[name], "key") == {name: "PrivateKeyEntry"}
        assert set(keytool.rows(site.lab[name], "trust")) == set(site.hosts)


def _every_wave_is_proven(events: tuple[Event, ...]) -> None:
    """Behind each wave every bridge was found up, by the product's own word."""
    marks = [n for n, event in enumerate(events) if event.kind == "wave"] + [len(events)]
    for start, end in itertools.pairwise(marks):
        found = [event.data for event in events[start:end] if event.kind == "finding"]
        assert all(finding["verdict"] != "fail" for finding in found)
        up = {f["subject"] for f in found if "bridge" in f["tried"] and f["verdict"] == "ok"}
        assert len(up) == BRIDGES
