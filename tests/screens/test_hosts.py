"""The hosts step, driven by keys alone over recorded answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from screens.app import TlswrightApp
from screens.steps.hosts import HostsScreen
from screens.steps.topology import TopologyScreen
from tests.screens.drive import drive, state_for, text_of, until
from tests.screens.recorded import FakeFront


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFront:
    monkeypatch.chdir(tmp_path)
    return FakeFront(Path())


async def to_hosts(pilot: Pilot[int], hosts: str) -> None:
    """Name the site, add the hosts, and wait until each was looked at."""
    await pilot.press("tab", *"lab", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, HostsScreen))
    pilot.app.screen.query_one(Input).value = hosts
    await pilot.press("enter", "enter")
    app = pilot.app
    assert isinstance(app, TlswrightApp)
    await until(pilot, lambda: len(app.state.checks) == len(app.state.draft.hosts) > 0)
    await pilot.pause()


def test_enter_on_the_kind_asks_for_a_missing_name_without_a_complaint(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: "> Site name" in text_of(app))
        assert "!!" not in text_of(app)
        await pilot.press(*"lab", "enter")
        await until(pilot, lambda: isinstance(app.screen, HostsScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TopologyScreen))
        app.screen.query_one("#list").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, HostsScreen))

    drive(app, story)


def test_up_leads_from_the_line_that_adds_to_the_hosts(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub spk-01")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("up")
        await until(pilot, lambda: isinstance(app.focused, DataTable))

    drive(app, story)


def test_what_was_taken_out_is_told_until_the_next_change(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub spk-01 spk-05")
        await pilot.press("d")
        await until(pilot, lambda: "spk-05 is taken out; z brings it back." in text_of(app))
        assert "!!" not in text_of(app)
        await pilot.press("up", "down")
        assert "is taken out" in text_of(app)
        await pilot.press("z")
        await until(pilot, lambda: "is taken out" not in text_of(app))
        assert len(app.state.draft.hosts) == 3

    drive(app, story)


def test_unknown_keys_are_trusted_one_after_the_other_wherever_the_cursor_is(
    front: FakeFront,
) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "spk-02a hub spk-02b spk-02c")
        for left in (3, 2, 1):
            await until(pilot, lambda: "Trust key" in text_of(app))
            await pilot.press("t")
            await until(pilot, lambda: "Trust this host key?" in text_of(app))
            await pilot.press("enter")
            here = left - 1
            await until(pilot, lambda here=here: unknown(app) == here)  # type: ignore[misc]
        await until(pilot, lambda: "Trust key" not in text_of(app))

    drive(app, story)


def unknown(app: TlswrightApp) -> int:
    """Count the hosts whose key is not pinned yet, of those that have a new one."""
    return sum(h.name.startswith("spk-02") and not h.host_key for h in app.state.draft.hosts)
