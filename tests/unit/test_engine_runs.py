"""A run can be stopped, killed and taken back at any point, and the next one finishes the rest."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.place import Place
from app.engine.front import Front
from app.engine.journal import alive
from app.engine.request import Answers
from app.errors import LockedError, UsageError
from app.events import Event, RunView, fold
from app.pki.secret import Secret
from app.plan.make import Intent
from app.site.load import load_site
from app.site.lock import site_lock
from tests.cli.embedded import embedded
from tests.until import until

CONFIG = "etc/activemq/instances-available/main/activemq.xml"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with embedded(tmp_path / "demo") as found:
        yield found


class Site:
    """Do what the command line does, on the site of embedded hosts."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.front = Front(place.site)
        self.answers = Answers(Secret(place.passphrase.read_text().strip()))

    def start(self, verb: str = "apply", run: str = "", *rotate: str) -> str:
        intent = Intent(frozenset(rotate))
        return self.front.start(verb, self.answers, plan=None, intent=intent, run=run)

    def follow(self, run: str) -> Iterator[Event]:
        for event in self.front.follow(run, seconds=0.02):
            if event is not None:
                yield event

    def end(self, run: str) -> RunView:
        return fold(self.follow(run))

    def apply(self) -> RunView:
        return self.end(self.start())

    def journal(self, run: str) -> Path:
        return self.place.site / ".tlswright/runs" / run / "journal.jsonl"

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Give the content and mode of every configuration file on every host."""
        return {
            f"{host.name}:{path.relative_to(self.place.root(host.name))}": (
                path.read_bytes(),
                path.stat().st_mode,
            )
            for host in self.place.hosts()
            for path in self.place.root(host.name).glob("etc/activemq/**/*")
            if path.is_file()
        }

    def kill_at(self, run: str, kind: str, number: int) -> None:
        """Kill the process of a run at the nth event of a kind."""
        seen = 0
        for event in self.follow(run):
            if event.kind == "run-started":
                pid = int(event.data["pid"])
            if event.kind == kind:
                seen += 1
            if seen == number:
                os.kill(pid, signal.SIGKILL)
                until(lambda: not alive(self.journal(run)), 20, "the run to be dead")
                return
        raise AssertionError(f"the run ended before its {kind} number {number}")


@pytest.fixture
def site(place: Place) -> Site:
    return Site(place)


@pytest.mark.parametrize(
    ("kind", "number"),
    [("run-started", 1), ("planned", 1), ("intent", 1), ("step", 16), ("intent", 2), ("step", 30),
     ("finding", 1)],
)  # fmt: skip
def test_a_run_killed_anywhere_is_finished_by_the_next(site: Site, kind: str, number: int) -> None:
    run = site.start()
    site.kill_at(run, kind, number)
    assert site.end(run).exit == 13
    again = site.apply()
    assert again.exit == 0, again.result
    assert all(f["verdict"] != "fail" for f in again.findings)
    assert site.apply().result.startswith("nothing to do")


@pytest.mark.parametrize("barrier", ["staging", "switching", "starting", "checking"])
def test_stopping_now_undoes_the_step_at_any_barrier(site: Site, barrier: str) -> None:
    before = site.files()
    run = site.start()
    for event in site.follow(run):
        if event.kind == "step" and event.state == barrier and event.step == "1.1":
            site.front.ask_stop(run, now=True)
            break
    view = site.end(run)
    assert view.stop == "stop-now"
    assert view.exit == 12, view.result
    assert site.files() == before
    assert site.apply().exit == 0


def test_stopping_keeps_what_is_done_and_the_next_run_does_the_rest(site: Site) -> None:
    run = site.start()
    for event in site.follow(run):
        if event.kind == "step" and event.step == "1.1":
            site.front.ask_stop(run, now=False)
            break
    view = site.end(run)
    assert view.exit == 13, view.result
    assert view.hosts["hub"].done == 1
    assert view.hosts["spoke-b"].done == 0
    again = site.apply()
    assert again.exit == 0
    assert again.hosts["hub"].state == "unchanged"
    with pytest.raises(UsageError, match="not running"):
        site.front.ask_stop(run, now=True)


def test_a_rollback_brings_back_every_byte_and_can_be_taken_forward_again(site: Site) -> None:
    stock = site.files()
    first = site.apply()
    assert first.exit == 0
    deployed = site.files()
    assert deployed.keys() > stock.keys()
    back = site.end(site.start("rollback"))
    assert back.exit == 0, back.result
    assert site.files() == stock
    forth = site.end(site.start("rollback", back.run))
    assert forth.exit == 0, forth.result
    assert {k: v for k, v in site.files().items() if k in stock} == {
        k: v for k, v in deployed.items() if k in stock
    }
    assert site.apply().exit == 0


def test_a_rollback_refuses_a_file_that_somebody_edited(site: Site) -> None:
    assert site.apply().exit == 0
    path = site.place.root("spoke-a") / CONFIG
    path.write_bytes(path.read_bytes() + b"<!-- mine -->\n")
    before = site.files()
    back = site.end(site.start("rollback"))
    assert back.exit == 10, back.result
    assert "spoke-a" in back.result
    assert "was changed since" in back.result
    assert site.files() == before


def test_a_stale_process_is_restarted_though_every_file_is_right(site: Site) -> None:
    assert site.apply().exit == 0
    deployed = site.place.site / ".tlswright/deployed.json"
    old = site.files()
    record = deployed.read_text()
    assert site.end(site.start("rotate", "", "hub")).exit == 0
    new, recorded = site.files(), deployed.read_text()
    folder = site.place.root("hub") / "etc/activemq/instances-available/main/tls"
    key = next(path for path in folder.iterdir() if path.name.startswith("hub."))
    name = f"hub:{key.relative_to(site.place.root('hub'))}"
    # The process has the new leaf; the files and the record are those from before.
    key.write_bytes(old[name][0])
    deployed.write_text(record)
    view = site.apply()
    assert view.exit == 0, view.result
    assert view.hosts["hub"].done == 1
    assert view.hosts["hub"].changed == 0
    assert site.files() == old
    assert new != old
    assert recorded != record


def test_a_site_in_use_names_who_uses_it(site: Site) -> None:
    with site_lock(site.front.places, "testing", run="r"):
        view = site.apply()
        assert view.exit == 11, view.result
        assert "testing r" in view.result
        assert str(os.getpid()) in view.result
        with pytest.raises(LockedError):
            site_lock(site.front.places, "again")
    assert site.apply().exit == 0


def test_an_unreachable_host_stops_before_anything_is_changed(site: Site) -> None:
    before = site.files()
    text = (site.place.site / "site.yaml").read_text()
    port = next(host.ssh for host in site.place.hosts() if host.name == "spoke-b")
    (site.place.site / "site.yaml").write_text(text.replace(f"port: {port}", "port: 9"))
    view = site.apply()
    assert view.exit == 5, view.result
    assert "spoke-b" in view.result
    assert site.files() == before


def test_a_damaged_record_is_named_and_a_missing_vault_too(site: Site) -> None:
    assert site.apply().exit == 0
    deployed = site.place.site / ".tlswright/deployed.json"
    whole = deployed.read_text()
    for damage in (whole[: len(whole) // 2], "[]", '{"version": 1, "nodes": {"x": 3}}', "\0"):
        deployed.write_text(damage)
        view = site.apply()
        assert view.exit == 4, view.result
        assert "deployed.json" in view.result
    newer = json.dumps({**json.loads(whole), "version": 99})
    deployed.write_text(newer)
    assert "newer" in site.apply().result
    deployed.write_text(whole)
    vault = site.place.site / "vault"
    vault.rename(site.place.site / "vault.away")
    view = site.apply()
    assert view.exit == 2, view.result
    assert "vault is missing" in view.result
    assert not vault.exists()


def test_a_run_in_a_very_deep_directory_can_be_stopped(tmp_path: Path) -> None:
    with embedded(tmp_path / ("deep" * 20) / ("er" * 30) / "demo") as place:
        site = Site(place)
        run = site.start()
        for event in site.follow(run):
            if event.kind == "planned":
                site.front.ask_stop(run, now=False)
                break
        assert site.end(run).stop == "stop"


def test_the_record_and_the_journal_hold_no_secret(site: Site) -> None:
    view = site.apply()
    assert view.exit == 0
    config = (site.place.root("hub") / CONFIG).read_text()
    words = {part.split('"')[0] for part in config.split('StorePassword="')[1:]}
    assert words
    state = site.place.site / ".tlswright"
    for path in [p for p in state.rglob("*") if p.is_file()]:
        text = path.read_text(errors="replace")
        assert not any(word in text for word in words), path
        assert "PRIVATE KEY" not in text, path
        assert path.stat().st_mode & 0o077 == 0, path
    assert load_site(site.place.site / "site.yaml").name == "demo"
