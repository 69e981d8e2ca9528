"""What the screens show of MySQL-MMM: roles, names, what is held, and what is held still."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from app.site.convert import from_site
from app.site.draft import Draft
from screens.app import TlswrightApp
from screens.failure import FailureScreen
from screens.form import Form
from screens.steps.hosts import HostsScreen
from screens.steps.names import NamesScreen
from screens.steps.options import OptionsScreen
from screens.steps.review import ReviewScreen
from screens.steps.trust import TrustScreen
from tests.screens.drive import drive, looks, state_for, text_of, until
from tests.screens.kinds import choose
from tests.screens.recorded import RUN
from tests.screens.recorded_farm import (
    FarmFront,
    farm_site,
    stopped_events,
)
from tests.screens.test_wizard import SIZES, to_step, type_passphrase

TYPED = "mon=root@10.4.7.10 db-1=root@10.4.7.11 db-2=root@10.4.7.12"


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FarmFront:
    monkeypatch.chdir(tmp_path)
    return FarmFront(Path())


def begun(step: str = "hosts", site: str = "mmm") -> Draft:
    """Give a draft with the three hosts that was left at a step."""
    return replace(from_site(farm_site()), step=step, site=site)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
def test_every_step_of_mmm_looks_as_it_was_looked_at(
    front: FarmFront, size: tuple[int, int]
) -> None:
    app = TlswrightApp(state_for(front))
    tag = f"farm-{size[0]}x{size[1]}"

    async def story(pilot: Pilot[int]) -> None:
        await choose(pilot, "MySQL-MMM")
        await looks(pilot, f"topology-{tag}")
        await pilot.press("tab", *"mmm", "enter")
        await until(pilot, lambda: isinstance(app.screen, HostsScreen))
        app.screen.query_one(Input).value = TYPED
        await pilot.press("enter", "enter", "up", "up")
        await until(pilot, lambda: len(app.state.checks) == 3)
        await looks(pilot, f"hosts-{tag}")
        await to_step(pilot, NamesScreen)
        await to_step(pilot, TrustScreen)
        await looks(pilot, f"trust-{tag}")
        await type_passphrase(pilot)
        await to_step(pilot, OptionsScreen)
        await looks(pilot, f"options-{tag}")
        await to_step(pilot, ReviewScreen)
        await until(pilot, lambda: app.state.plan is not None)
        await looks(pilot, f"review-{tag}")
        await pilot.press("a")
        await until(pilot, lambda: "Apply now" in text_of(app))
        await looks(pilot, f"apply-{tag}")

    drive(app, story, size)


def test_a_monitor_that_is_told_is_not_said_to_read_its_files_again(front: FarmFront) -> None:
    app = TlswrightApp(state_for(front, site=farm_site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: "told to hold the roles (set_manual)" in text_of(app))
        assert text_of(app).count("then every link is proven") == 2
        assert "again, nothing restarts" not in text_of(app)
        await pilot.press("down")
        await until(pilot, lambda: "no role moves" in text_of(app))
        assert "No outage: the monitor is told to hold" in text_of(app)
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: "MySQL, roles and addresses stay" in text_of(app))
        assert "Expected outage: about 25 s without any of these 3" in text_of(app)

    drive(app, story, (120, 40))


@pytest.mark.parametrize("size", SIZES)
def test_a_run_that_stopped_says_that_roles_are_held_still(
    front: FarmFront, size: tuple[int, int]
) -> None:
    front.events = stopped_events()
    app = TlswrightApp(state_for(front, site=farm_site()), run=RUN)

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "Enter: what next" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FailureScreen))
        await looks(pilot, f"failure-farm-{size[0]}x{size[1]}")
        await pilot.press("down", "enter")
        await until(pilot, lambda: f"start rollback {RUN}" in front.asked)

    drive(app, story, size)


def test_a_host_is_looked_at_anew_in_its_new_role(front: FarmFront) -> None:
    app = TlswrightApp(state_for(front, draft=begun()))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: len(app.state.checks) == 3)
        await pilot.press("space")
        await until(pilot, lambda: "mmm_agent.conf in /etc" in text_of(app))
        await pilot.press("space")
        await until(pilot, lambda: "mon (control)" in text_of(app))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "no host has the role monitor" in text_of(app))
        assert isinstance(app.screen, HostsScreen)

    drive(app, story)


def test_two_monitors_and_a_host_that_is_there_are_refused_with_what_to_do(
    front: FarmFront,
) -> None:
    app = TlswrightApp(state_for(front, draft=begun()))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: len(app.state.checks) == 3)
        await pilot.press("down", "space", "space", "ctrl+n")
        await until(pilot, lambda: "mon and db-1 each have the role monitor" in text_of(app))
        await pilot.press("a", *"mon=10.9.9.9", "enter")
        await until(pilot, lambda: "there is a host 'mon' already" in text_of(app))
        assert "Write NAME=10.9.9.9 with another name" in text_of(app)

    drive(app, story)


def test_a_cluster_with_blanks_in_its_name_is_refused_at_its_field(front: FarmFront) -> None:
    app = TlswrightApp(state_for(front, draft=begun("options")))

    async def story(pilot: Pilot[int]) -> None:
        app.screen.query_one(Form).focus_on("cluster")
        await pilot.press(*"my", "space", *"farm", "ctrl+n")
        await until(pilot, lambda: "'my farm' is no name of a cluster" in text_of(app))
        assert isinstance(app.screen, OptionsScreen)
        current = app.screen.query_one(Form).current
        assert current is not None
        assert current.key == "cluster"

    drive(app, story)
