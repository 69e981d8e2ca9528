"""The whole way under pinned trust: a rotation goes in three waves and never breaks a link.

A hub and one spoke do: who of more trusts whom, while they rotate too, is test_journey_grown.py's.
"""

from __future__ import annotations

from pathlib import Path

from tests.lab import keytool
from tests.lab.hosts import Lab
from tests.lab.journey import travel
from tests.lab.site import Site
from tests.lab.waves import every_wave_is_proven

HOSTS = ("hub", "spoke-a")
BRIDGES = 1


def test_pinned_brokers_go_the_whole_way_and_rotate_in_three_waves(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    rotation = travel(
        fresh_lab, tmp_path, "--trust", "pinned", hosts=HOSTS, look=_each_trusts_its_peers
    )
    assert [e.data["count"] for e in rotation if e.kind == "wave"] == [3, 3, 3]
    every_wave_is_proven(rotation, BRIDGES)


def _each_trusts_its_peers(site: Site) -> None:
    for name in site.hosts:
        assert keytool.rows(site.lab[name], "key") == {name: "PrivateKeyEntry"}
        assert set(keytool.rows(site.lab[name], "trust")) == set(site.hosts)
