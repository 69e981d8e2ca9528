"""Read from a run's journal what it proved behind each wave."""

from __future__ import annotations

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
