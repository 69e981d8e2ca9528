"""A change of a whole group that a second run had to finish is taken back whole, or not at all.

The brokers of the embedded hosts change in one step here, as a cluster's nodes do; the process that
holds one of them is killed when the decision to keep the files is told.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.engine.conduct import conduct
from app.engine.control import StopFlag
from app.engine.journal import Journal
from app.engine.request import Request
from app.engine.run import Result
from app.errors import Exit, PartedError, UsageError
from app.events import EventKind
from app.kinds.activemq import KIND
from app.site.load import load_site
from app.site.places import Places
from tests.cli.embedded import embedded
from tests.unit.engine_site import Site

LOST = "spoke-b"


class Losing(Journal):
    """Kill what holds a transaction on a host when it is about to be told to keep its files."""

    lock: Path | None = None

    def emit(self, kind: EventKind, text: str = "", **more: Any) -> None:
        super().emit(kind, text, **more)
        if self.lock and more.get("state") == "holding" and more.get("host") == LOST:
            os.kill(int(self.lock.read_text().split("\t")[0]), signal.SIGKILL)
            self.lock = None


class Cluster(Site):
    """Brokers that change all in one step."""

    def __init__(self, place: Any) -> None:
        super().__init__(place)
        self.places = Places(place.site)
        self.count = 0

    def run(
        self, verb: str = "apply", target: str = "", *, lose: bool = False
    ) -> tuple[str, Result]:
        self.count += 1
        name = f"20260101-00000{self.count}-aaaa"
        folder = self.places.run(name)
        folder.mkdir(parents=True)
        request = Request(verb, target=target)
        journal = Losing(folder / "journal.jsonl", name)
        if lose:
            journal.lock = self.place.root(LOST) / "var/lib/tlswright/lock"
        try:
            result = conduct(
                self.places, name, request, self.answers, journal, StopFlag(), owner="me"
            )
            journal.emit("run-ended", result.text, data={"exit": int(result.exit)})
        finally:
            journal.close()
        return name, result


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(type(KIND), "groups", lambda self, topology, nodes, layouts: (nodes,))
    with embedded(tmp_path / "demo") as place:
        yield Cluster(place)


def test_a_member_that_a_second_run_brought_along_does_not_go_back_alone(cluster: Cluster) -> None:
    stock = cluster.files()
    first, lost = cluster.run(lose=True)
    assert lost.exit == Exit.MIXED, lost
    assert LOST in lost.text
    half = cluster.files()
    same = {name.partition(":")[0] for name in stock if stock[name] == half.get(name)}
    assert LOST in same
    second, done = cluster.run()
    assert done.exit == Exit.OK, done
    whole = cluster.files()

    assert cluster.front.last_change() == second
    with pytest.raises(PartedError) as refused:
        cluster.run("rollback", second)
    said = f"{refused.value} {refused.value.hint}"
    assert all(word in said for word in (LOST, "hub", "spoke-a", f"tlswright rollback {first}"))
    assert cluster.files() == whole

    site = load_site(cluster.places.site)
    assert cluster.front.taking_back(site, refused.value.instead).along == (second,)
    _, back = cluster.run("rollback", first)
    assert back.exit == Exit.OK, back
    assert second in back.text
    assert cluster.files() == stock
    with pytest.raises(UsageError, match="no run to take back"):
        cluster.front.last_change()
