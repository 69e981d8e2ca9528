"""A run as it is watched: recorded events, live and replayed."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.errors import Exit, PartedError
from screens.app import TlswrightApp
from screens.dashboard import DashboardScreen
from screens.done import DoneScreen
from screens.failure import FailureScreen
from screens.findings import FindingsScreen
from screens.run import RunScreen
from tests.screens.drive import drive, looks, state_for, text_of, until
from tests.screens.recorded import RUN, FakeFront, events, findings, past_runs, site, status_rows

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFront:
    monkeypatch.chdir(tmp_path)
    return FakeFront(Path())


@pytest.mark.parametrize("size", SIZES)
def test_a_live_run_shows_each_host_and_goes_on_while_it_is_watched(
    front: FakeFront, size: tuple[int, int]
) -> None:
    front.live, front.events = True, events(upto=16)
    app = TlswrightApp(state_for(front, site=site()), run=RUN)

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "renamed into place" in text_of(app))
        await looks(pilot, f"run-{size[0]}x{size[1]}")
        front.more.set()

    drive(app, story, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_run_that_went_well_leads_to_its_findings_and_what_next(
    front: FakeFront, size: tuple[int, int]
) -> None:
    front.rows = status_rows(site())[:2]
    app = TlswrightApp(state_for(front, site=site()), run=RUN)
    tag = f"{size[0]}x{size[1]}"

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "Enter: what next" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DoneScreen))
        await until(pilot, lambda: "SHA-256 AB:12" in text_of(app))
        await looks(pilot, f"done-{tag}")
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FindingsScreen))
        await until(pilot, lambda: "not checked in demo" in text_of(app))
        await looks(pilot, f"findings-{tag}")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DoneScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))

    drive(app, story, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_run_that_stopped_says_why_what_stands_and_what_can_be_done(
    front: FakeFront, size: tuple[int, int]
) -> None:
    front.events = events(fail=True)
    app = TlswrightApp(state_for(front, site=site()), run=RUN)

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "Enter: what next" in text_of(app))
        assert "The key store's password" in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FailureScreen))
        await looks(pilot, f"failure-{size[0]}x{size[1]}")
        await pilot.press("down", "enter")
        await until(pilot, lambda: f"start rollback {RUN}" in front.asked)

    drive(app, story, size)


@pytest.mark.parametrize(("key", "how"), [("p", "stop after"), ("x", "stop now")])
def test_stopping_is_asked_twice_and_then_requested(front: FakeFront, key: str, how: str) -> None:
    front.live, front.events = True, events(upto=16)
    app = TlswrightApp(state_for(front, site=site()), run=RUN)

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "renamed into place" in text_of(app))
        await pilot.press(key)
        await until(pilot, lambda: "Stop the run?" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "Stop the run?" not in text_of(app))
        assert how not in front.asked
        await pilot.press(key)
        await until(pilot, lambda: "Stop the run?" in text_of(app))
        await pilot.press("right", "enter")
        await until(pilot, lambda: how in front.asked)
        front.more.set()

    drive(app, story)


def test_leaving_during_a_run_says_that_it_goes_on(front: FakeFront) -> None:
    front.live, front.events = True, events(upto=16)
    app = TlswrightApp(state_for(front, site=site()), run=RUN)

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "renamed into place" in text_of(app))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: "tlswright attach" in text_of(app))
        await pilot.press("enter")
        front.more.set()

    drive(app, story)
    assert app.return_code == Exit.OK
    assert not any(a.startswith("stop") for a in front.asked)


def test_enter_leads_nowhere_while_the_run_is_going_on(front: FakeFront) -> None:
    front.live, front.events = True, events(upto=16)
    app = TlswrightApp(state_for(front, site=site()), run=RUN)

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "renamed into place" in text_of(app))
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, RunScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        front.more.set()

    drive(app, story)


@pytest.mark.parametrize("size", SIZES)
def test_the_dashboard_puts_what_is_urgent_first(front: FakeFront, size: tuple[int, int]) -> None:
    front.rows, front.past = status_rows(site()), past_runs()
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "EXPIRED" in text_of(app))
        await looks(pilot, f"dashboard-{size[0]}x{size[1]}")
        await pilot.press("h")
        await until(pilot, lambda: "20261120-0400" in text_of(app))
        await looks(pilot, f"runs-{size[0]}x{size[1]}")

    drive(app, story, size)


def test_rotating_asks_which_and_leads_to_the_plan(front: FakeFront) -> None:
    front.rows = status_rows(site())
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "EXPIRED" in text_of(app))
        await pilot.press("r")
        await until(pilot, lambda: "Due (2)" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "plan spk-01 spk-02" in front.asked)
        await until(pilot, lambda: "rotate --host spk-01" in text_of(app))

    drive(app, story)


def test_rolling_back_has_to_be_meant(front: FakeFront) -> None:
    front.rows, front.past = status_rows(site()), past_runs()
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "EXPIRED" in text_of(app))
        await pilot.press("b")
        await until(pilot, lambda: "Take back run" in text_of(app))
        await pilot.press("enter")
        await pilot.pause()
        assert not any(a.startswith("start") for a in front.asked)
        await pilot.press("b")
        await until(pilot, lambda: "Take back run" in text_of(app))
        await pilot.press("right", "enter")
        await until(pilot, lambda: any(a.startswith("start rollback") for a in front.asked))

    drive(app, story)


def test_a_run_that_finished_another_is_taken_back_with_it(front: FakeFront) -> None:
    front.rows, front.past = status_rows(site()), past_runs()
    front.parted = PartedError(
        "the run brought spk-02 to where RUN had brought hub-a1", instead=RUN
    )
    front.apart = "spk-02 goes back to before it had TLS, spk-01 keeps it"
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "EXPIRED" in text_of(app))
        await pilot.press("b")
        await until(pilot, lambda: "had brought hub-a1" in text_of(app))
        assert f"{RUN}, with {front.last_change()}" in " ".join(text_of(app).split())
        assert "spk-01 keeps it" in text_of(app)
        await pilot.press("right", "enter")
        await until(pilot, lambda: f"start rollback {RUN}" in front.asked)

    drive(app, story)


def test_verifying_shows_failures_first_with_cause_and_remedy(front: FakeFront) -> None:
    front.rows, front.found = status_rows(site()), findings(bad=True)
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "EXPIRED" in text_of(app))
        await pilot.press("v")
        await until(pilot, lambda: "does not trust the CA" in text_of(app))
        rows = [line for line in text_of(app).splitlines() if "spk-0" in line]
        assert "XX FAILED" in rows[0]
        await pilot.press("enter")
        await until(pilot, lambda: "alert unknown_ca" in text_of(app))

    drive(app, story)


def test_a_client_is_exported_by_name(front: FakeFront) -> None:
    front.rows = status_rows(site())
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "EXPIRED" in text_of(app))
        await pilot.press("e")
        await until(pilot, lambda: "Export a client" in text_of(app))
        await pilot.press(*"app-1", "enter")
        await until(pilot, lambda: "client.p12" in text_of(app))

    drive(app, story)
    assert "export app-1" in front.asked
