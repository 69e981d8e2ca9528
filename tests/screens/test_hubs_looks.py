"""What the screens show of several hubs and of connectors for clients."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable

from screens.app import TlswrightApp
from screens.asks.edit import Edit
from screens.form import Form
from screens.steps.hosts import HostsScreen
from screens.steps.options import OptionsScreen
from screens.steps.trust import TrustScreen
from tests.screens.drive import drive, looks, state_for, steady, until
from tests.screens.recorded import FakeFront
from tests.screens.test_wizard import SIZES, to_hosts, to_step, type_passphrase

TYPED = "h1=root@10.4.7.10 h2=root@10.4.7.11 ops@spk-[01-04].example.net"


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFront:
    monkeypatch.chdir(tmp_path)
    return FakeFront(Path())


def go_to(app: TlswrightApp, row: int) -> None:
    app.screen.query_one(DataTable).move_cursor(row=row)


async def homed(pilot: Pilot[int], app: TlswrightApp, row: int, hubs: str) -> None:
    """Give the spoke of a row other hubs, among its own options."""
    go_to(app, row)
    await pilot.press("o")
    await until(pilot, lambda: isinstance(app.screen, Edit))
    app.screen.query_one(Form).focus_on("hubs")
    await pilot.press(*hubs, "ctrl+n")
    await until(pilot, lambda: isinstance(app.screen, HostsScreen))


@pytest.mark.parametrize("size", SIZES)
def test_spokes_of_two_hubs_look_as_they_were_looked_at(
    front: FakeFront, size: tuple[int, int]
) -> None:
    app = TlswrightApp(state_for(front))
    tag = f"hubs-{size[0]}x{size[1]}"

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, TYPED)
        go_to(app, 1)
        await pilot.press("space")
        await until(pilot, lambda: app.state.draft.host("h2").role == "hub")
        await homed(pilot, app, 4, "h2")
        await homed(pilot, app, 5, "all")
        await looks(pilot, f"hosts-{tag}")
        go_to(app, 1)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Edit))
        await steady(pilot)
        app.screen.query_one(Form).focus_on("stomp_port")
        await looks(pilot, f"own-{tag}")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HostsScreen))
        await to_step(pilot, TrustScreen)
        await type_passphrase(pilot)
        await to_step(pilot, OptionsScreen)
        await steady(pilot)
        app.screen.query_one(Form).focus_on("stomp_verify")
        await looks(pilot, f"options-{tag}")

    drive(app, story, size)
