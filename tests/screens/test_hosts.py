"""The hosts step, driven by keys alone over recorded answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from app.remote.locked import locked_key
from screens.app import TlswrightApp
from screens.steps.hosts import HostsScreen
from screens.steps.topology import TopologyScreen
from tests.screens.drive import drive, state_for, text_of, until
from tests.screens.recorded import LOCKED, FakeFront


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


def test_the_passphrase_of_a_key_is_asked_for_once_for_all_hosts_that_want_it(
    front: FakeFront,
) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub spk-locked-1 spk-locked-2")
        await until(pilot, lambda: "passphrase of the key" in text_of(app))
        await pilot.press("p")
        await until(pilot, lambda: f"The key {LOCKED} is encrypted" in text_of(app))
        await pilot.press(*"sesame", "enter")
        await until(pilot, lambda: [c.state for c in app.state.checks.values()] == ["ok"] * 3)
        assert "sesame" not in text_of(app)

    drive(app, story)


def test_esc_at_the_passphrase_of_a_key_asks_for_a_password_instead(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub spk-locked-1")
        await pilot.press("p")
        await until(pilot, lambda: "Passphrase of an SSH key" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Password for spk-locked-1" in text_of(app))
        await pilot.press(*"sesame", "enter")
        await until(pilot, lambda: "spk-locked-1" in app.state.logins.passwords)

    drive(app, story)


def test_the_key_that_wants_its_passphrase_is_read_from_the_refusal() -> None:
    text = f"ops@hub was refused: agent key work: refused; key {LOCKED}: needs its passphrase"
    assert locked_key(text) == LOCKED
    assert locked_key(f"{text}; password: none given") == LOCKED
    wrong = f"a@b was refused: key {LOCKED}: wrong passphrase, or no private key"
    assert locked_key(wrong) == LOCKED
    assert locked_key("ops@hub was refused: key /a: refused; password: none given") == ""


def test_a_host_has_options_of_its_own_and_only_what_differs_is_kept(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub spk-01")
        await pilot.press("o")
        await until(pilot, lambda: "Own options of spk-01" in text_of(app))
        await pilot.press(*"61700", "enter", *"second", "ctrl+n")
        await until(pilot, lambda: "its own: port 61700, instance second" in text_of(app))
        assert app.state.draft.node_options == {"spk-01": {"port": 61700, "instance": "second"}}
        await pilot.press("o")
        await until(pilot, lambda: "its own" in text_of(app))
        await pilot.press(*"61617", "ctrl+n")
        own = {"spk-01": {"instance": "second"}}
        await until(pilot, lambda: app.state.draft.node_options == own)

    drive(app, story)


def unknown(app: TlswrightApp) -> int:
    """Count the hosts whose key is not pinned yet, of those that have a new one."""
    return sum(h.name.startswith("spk-02") and not h.host_key for h in app.state.draft.hosts)
