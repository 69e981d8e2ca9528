"""A run is taken back whole, or refused in words before anything is touched."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engine.takeable import KEPT, refuse_forgotten, still_to_undo
from app.engine.undo import HeldPart
from app.errors import StalePlanError, UsageError
from app.model import Host
from app.observed import Output
from app.remote.shipping import script
from tests.cli.embedded import embedded
from tests.unit.engine_site import Site

STATE = "var/lib/tlswright"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with embedded(tmp_path_factory.mktemp("back") / "demo") as found:
        yield Site(found)


def started(site: Site) -> dict[str, str]:
    """Give the process of each broker."""
    roots = {host.name: site.place.root(host.name) for host in site.place.hosts()}
    return {name: (root / "run/activemq/main.pid").read_text() for name, root in roots.items()}


def memory(site: Site, host: str, run: str) -> Path:
    """Give what a host keeps of its one transaction of a run."""
    return next((site.place.root(host) / STATE / "runs").glob(f"{run}-*"))


def test_what_cannot_be_taken_back_whole_is_refused_untouched(site: Site) -> None:
    stock = site.files()
    with pytest.raises(UsageError, match="there is no run"):
        site.start("rollback", "20200101-000000-abcd")
    first = site.apply()
    assert first.exit == 0, first.result
    newer = site.end(site.start("rotate", "", "hub"))
    assert newer.exit == 0, newer.result
    before = site.files()

    back = site.end(site.start("rollback", first.run))
    assert back.exit == 10, back.result
    assert newer.run in back.result
    assert site.end(site.start("rollback", newer.run)).exit == 0

    path = site.place.site / "site.yaml"
    text = path.read_text()
    own = text[text.index("      spoke-b:\n        port") :]
    smaller = text.replace(own, "").replace(', "spoke-b"', "")
    path.write_text(re.sub(r"  spoke-b:\n(    .*\n)+", "", smaller))
    kept = site.files()
    back = site.end(site.start("rollback", first.run))
    assert back.exit == 2, back.result
    assert "spoke-b" in back.result
    assert "site.yaml" in back.result
    path.write_text(text)

    away = memory(site, "hub", first.run)
    away.rename(away.with_name("away"))
    back = site.end(site.start("rollback", first.run))
    assert back.exit == 10, back.result
    assert "hub no longer keeps" in back.result
    away.with_name("away").rename(away)
    assert site.files() == kept
    assert kept.keys() == before.keys()

    # A host that undid its part by itself keeps no old bytes of it, and is left alone.
    run = site.start("rollback", first.run)
    for event in site.follow(run):
        if event.kind == "step" and event.state == "staging":
            site.front.ask_stop(run, now=False)
            break
    assert site.end(run).exit == 13
    old = memory(site, "spoke-b", first.run) / "old"
    old.rename(old.with_name("gone"))
    pids = started(site)
    back = site.end(site.start("rollback", first.run))
    assert back.exit == 0, back.result
    assert site.files() == stock
    assert started(site)["spoke-b"] == pids["spoke-b"]
    assert started(site)["hub"] != pids["hub"]


def test_a_host_that_was_not_touched_is_not_explained_by_its_log(site: Site) -> None:
    assert site.apply().exit == 0
    log = site.place.root("hub") / "var/lib/activemq/main/data/activemq.log"
    with log.open("a") as file:
        file.write("2026-01-01 00:00:00,000 | ERROR | Received fatal alert: unknown_ca | x | y\n")
    store = site.place.root("hub") / "etc/activemq/instances-available/main/tls"
    shutil.rmtree(store)
    store.touch()
    view = site.apply()
    assert view.exit == 4, view.result
    assert "cannot make the directory" in view.hosts["hub"].error
    assert view.hosts["hub"].explanation == ""
    store.unlink()
    (store / "hub.p12").mkdir(parents=True)
    view = site.apply()
    assert view.exit == 4, view.result
    assert "a directory stands there" in view.hosts["hub"].error
    (store / "hub.p12").rmdir()
    assert site.apply().exit == 0


def part(step: str, host: str, **files: tuple[str, str]) -> HeldPart:
    return HeldPart(step, host, f"x/{host}", f"r-{step}", files)


def test_only_what_does_not_stand_as_before_is_undone() -> None:
    one = part("1", "h", a=("0", "1"), b=("absent", "1"))
    two = part("2", "h", a=("1", "2"))
    mode = part("3", "h", c=("7", "7"))
    parts = (one, two, mode)
    states = {"a": "1", "b": "1", "c": "7"}
    assert still_to_undo(parts, lambda _, path: states[path]) == (one, mode)
    states["a"] = "2"
    assert still_to_undo(parts, lambda _, path: states[path]) == parts
    states |= {"a": "0", "b": "absent"}
    assert still_to_undo((one,), lambda _, path: states[path]) == ()


class Memory:
    """Answer as a host whose newest change has a number, and one kept transaction another."""

    host = Host("h", "h")

    def __init__(self, newest: int, age: int) -> None:
        self.out = f"{newest}\nr-1 {age}\n"

    def run(self, command: str, *, stdin: bytes = b"", seconds: float = 30.0) -> Output:
        assert "r-1" in command
        return Output(0, self.out)


@pytest.mark.parametrize(
    ("newest", "steps", "refused"),
    [(KEPT - 1, 1, False), (KEPT, 1, True), (KEPT - 2, 2, False), (KEPT - 1, 2, True)],
)
def test_what_a_host_would_drop_on_the_way_back_is_refused(
    newest: int, steps: int, refused: bool
) -> None:
    assert f"KEPT={KEPT}\n" in script("transaction")
    one, two = part("1", "h", a=("0", "1")), part("2", "h", b=("absent", "1"))
    remotes = {"h": Memory(newest, 0)}
    parts = (one, two)[:steps]
    if refused:
        with pytest.raises(StalePlanError, match="no longer keeps"):
            refuse_forgotten(parts, remotes)  # type: ignore[arg-type]
    else:
        refuse_forgotten(parts, remotes)  # type: ignore[arg-type]
