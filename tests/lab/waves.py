"""Read from a run's journal what it proved behind each wave."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from app.events import Event
from app.plan.phases import CA_TITLES
from tests.lab.site import Site


def proven_links(site: Site, tried: str = "TLS handshake and read") -> dict[str, int]:
    """Give how many links the newest run, a change of the CA, proved behind each of its waves."""
    phases = {title: phase for phase, title in CA_TITLES.items()}
    found: dict[str, set[str]] = {}
    wave = ""
    for event in site.events():
        if event.kind == "wave":
            wave = phases.get(event.text, "")
        elif event.kind == "finding":
            assert event.data["verdict"] != "fail", event.data
            if wave and (event.data["tried"], event.data["verdict"]) == (tried, "ok"):
                found.setdefault(wave, set()).add(event.data["subject"])
    return {phase: len(links) for phase, links in found.items()}


def every_wave_is_proven(events: Sequence[Event], bridges: int) -> None:
    """Behind each wave of a run every bridge was found up, by the product's own word."""
    marks = [n for n, event in enumerate(events) if event.kind == "wave"] + [len(events)]
    assert len(marks) > 1
    for start, end in itertools.pairwise(marks):
        found = [event.data for event in events[start:end] if event.kind == "finding"]
        assert all(finding["verdict"] != "fail" for finding in found)
        up = {f["subject"] for f in found if "bridge" in f["tried"] and f["verdict"] == "ok"}
        assert len(up) == bridges
