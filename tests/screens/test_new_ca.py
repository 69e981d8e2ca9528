"""A new CA from the dashboard: planned, begun, gone on with, and those that it waits for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.errors import UsageError
from app.model import Site
from app.pki.secret import Secret
from app.plan.stage import Stage
from screens.app import TlswrightApp
from screens.dashboard import DashboardScreen
from screens.rotating import with_next_ca
from tests.screens.drive import drive, looks, state_for, text_of, until
from tests.screens.recorded import FakeFront, past_runs, site, status_rows

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFront:
    monkeypatch.chdir(tmp_path)
    return FakeFront(Path())


@pytest.mark.parametrize("size", SIZES)
def test_a_new_ca_is_planned_first_and_asked_for_with_the_run(
    front: FakeFront, size: tuple[int, int]
) -> None:
    (front.directory / "vault").touch()
    front.rows = status_rows(site())
    app = TlswrightApp(state_for(front, site=site()))
    app.state.passphrase(Secret("not asked for"))
    saved: list[Site] = []
    app.state.edges = replace(app.state.edges, save_site=saved.append)
    tag = f"{size[0]}x{size[1]}"

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "EXPIRED" in text_of(app))
        await pilot.press("r")
        await until(pilot, lambda: "The CA too" in text_of(app))
        await looks(pilot, f"rotate-{tag}")
        await pilot.press("right", "right", "right", "enter")
        await until(pilot, lambda: "nothing has been changed yet" in text_of(app))
        assert "rotate ca" in text_of(app)
        assert (front.planned, app.state.site) == (2, site())
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("a")
        await until(pilot, lambda: front.asked.count("plan") == 2)
        assert front.planned == 1
        assert saved == []
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("r")
        await until(pilot, lambda: "The CA too" in text_of(app))
        await pilot.press("right", "right", "right", "enter")
        await until(pilot, lambda: "nothing has been changed yet" in text_of(app))
        await pilot.press("a")
        await until(pilot, lambda: "Apply now" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "start rotate" in front.asked)
        assert [one.authority.generation for one in saved] == [2]
        assert app.state.site is not None
        assert app.state.site.authority.generation == 2

    drive(app, story, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_change_of_the_ca_shows_its_wave_and_goes_on(
    front: FakeFront, size: tuple[int, int]
) -> None:
    front.rows = status_rows(site())
    front.staged = Stage(2, (1,), hosts=("win-1",), clients=("reporting",))
    app = TlswrightApp(state_for(front, site=site()))
    tag = f"{size[0]}x{size[1]}"

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "client reporting" in text_of(app))
        await looks(pilot, f"dashboard-ca-{tag}")
        await pilot.press("r")
        await until(pilot, lambda: "Go on with the CA" in text_of(app))
        await looks(pilot, f"rotate-ca-{tag}")
        await pilot.press("right", "right", "right", "enter")
        await until(pilot, lambda: "plan" in front.asked)
        assert front.planned == 1
        front.staged, front.past = Stage(3, (1,)), past_runs()
        await pilot.press("escape")
        await until(pilot, lambda: "goes on with wave 3 of 3" in text_of(app))
        await pilot.press("b")
        await until(pilot, lambda: "Take back run" in text_of(app))

    drive(app, story, size)


def test_a_run_that_does_not_begin_leaves_the_ca_as_it_was(front: FakeFront) -> None:
    (front.directory / "vault").touch()
    front.rows = status_rows(site())
    app = TlswrightApp(state_for(front, site=site()))
    app.state.passphrase(Secret("not asked for"))
    saved: list[Site] = []
    app.state.edges = replace(app.state.edges, save_site=saved.append)

    def refuse(*_: object, **__: object) -> str:
        raise UsageError("no process can be started")

    front.start = refuse  # type: ignore[method-assign]

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "EXPIRED" in text_of(app))
        await pilot.press("r")
        await until(pilot, lambda: "The CA too" in text_of(app))
        await pilot.press("right", "right", "right", "enter")
        await until(pilot, lambda: "nothing has been changed yet" in text_of(app))
        await pilot.press("a")
        await until(pilot, lambda: "Apply now" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "no process can be started" in text_of(app))

    drive(app, story)
    assert [one.authority.generation for one in saved] == [2, 1]
    assert app.state.site == site()


def test_the_dashboard_follows_a_site_that_a_rollback_wrote(front: FakeFront) -> None:
    front.rows = status_rows(site())
    app = TlswrightApp(state_for(front, site=with_next_ca(site())))
    app.state.edges = replace(app.state.edges, read_site=site)

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "EXPIRED" in text_of(app))
        assert app.state.site == site()
        await pilot.press("a")
        await until(pilot, lambda: front.planned == 1)

    drive(app, story)


@pytest.mark.parametrize(
    ("keys", "asked"), [((), "export app-1"), (("right",), "delivered app-1"),
                        (("right", "right"), "forget app-1")],
)  # fmt: skip
def test_a_client_that_a_change_of_the_ca_waits_for_is_written_noted_or_forgotten(
    front: FakeFront, keys: tuple[str, ...], asked: str
) -> None:
    front.rows, front.staged = status_rows(site()), Stage(2, (1,), clients=("app-1",))
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "client app-1" in text_of(app))
        await pilot.press("e")
        await until(pilot, lambda: "Export a client" in text_of(app))
        await pilot.press(*"app-1", "enter")
        await until(pilot, lambda: "It uses them" in text_of(app))
        if not keys:
            await looks(pilot, "client-of-old-ca-80x24")
        await pilot.press(*keys, "enter")
        await until(pilot, lambda: asked in front.asked)

    drive(app, story)
