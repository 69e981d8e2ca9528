"""The wizard, driven by keys alone over recorded answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from app.site.draft import Draft
from screens.app import TlswrightApp
from screens.form import Form
from screens.run import RunScreen
from screens.steps.hosts import HostsScreen
from screens.steps.names import NamesScreen
from screens.steps.options import OptionsScreen
from screens.steps.review import ReviewScreen
from screens.steps.topology import TopologyScreen
from screens.steps.trust import TrustScreen
from tests.screens.drive import drive, looks, state_for, text_of, until
from tests.screens.recorded import FakeFront, events, plan, site

PASS = "correct horse battery"
SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFront:
    monkeypatch.chdir(tmp_path)
    return FakeFront(Path())


async def to_hosts(pilot: Pilot[int], hosts: str = "") -> None:
    await pilot.press("tab", *"prod-mq", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, HostsScreen))
    if hosts:
        pilot.app.screen.query_one(Input).value = hosts
        await pilot.press("enter", "enter")
        app = pilot.app
        assert isinstance(app, TlswrightApp)
        await until(pilot, lambda: len(app.state.checks) == len(app.state.draft.hosts))
        await pilot.pause()


async def to_step(pilot: Pilot[int], step: type) -> None:
    """Go on through the steps that need no answer, until one is reached."""
    while not isinstance(pilot.app.screen, step):
        before = pilot.app.screen
        await pilot.press("ctrl+n")
        await until(pilot, lambda before=before: pilot.app.screen is not before)  # type: ignore[misc]
    await pilot.pause()


async def type_passphrase(pilot: Pilot[int]) -> None:
    pilot.app.screen.query_one(Form).focus_on("first")
    await pilot.press(*PASS, "enter", *PASS)


def test_no_picture_of_the_screen_holds_the_passphrase_that_is_typed(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub-a1 spk-01")
        await to_step(pilot, TrustScreen)
        await type_passphrase(pilot)
        await pilot.pause()
        picture = app.export_screenshot().replace("&#160;", " ")
        assert "Passphrase" in picture
        assert PASS not in picture
        assert PASS[:7] not in text_of(app)
        assert "*" * len(PASS) in picture

    drive(app, story)


@pytest.mark.parametrize("size", SIZES)
def test_every_step_fits_and_looks_as_it_was_looked_at(
    front: FakeFront, size: tuple[int, int]
) -> None:
    app = TlswrightApp(state_for(front))
    tag = f"{size[0]}x{size[1]}"

    async def story(pilot: Pilot[int]) -> None:
        await looks(pilot, f"topology-{tag}")
        await to_hosts(pilot, "hub-a1=root@10.4.7.10 ops@spk-[01-03].example.net")
        await looks(pilot, f"hosts-{tag}")
        await to_step(pilot, NamesScreen)
        await looks(pilot, f"names-{tag}")
        await to_step(pilot, TrustScreen)
        await looks(pilot, f"trust-{tag}")
        await type_passphrase(pilot)
        await to_step(pilot, OptionsScreen)
        await looks(pilot, f"options-{tag}")
        await to_step(pilot, ReviewScreen)
        await until(pilot, lambda: app.state.plan is not None)
        await pilot.press("down", "down", "down", "down")
        await looks(pilot, f"review-{tag}")

    drive(app, story, size)


def test_the_whole_way_from_nothing_to_a_run_is_keys_alone(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))
    front.events, front.live = events(upto=16), True

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub-a1 spk-01 spk-05")
        await to_step(pilot, TrustScreen)
        await type_passphrase(pilot)
        await to_step(pilot, ReviewScreen)
        await until(pilot, lambda: app.state.plan is not None)
        await pilot.press("a")
        await until(pilot, lambda: "Apply now" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: "1 of 3 hosts" in text_of(app))
        front.more.set()

    drive(app, story)
    assert [a for a in front.asked if not a.startswith("check")] == ["vault", "plan", "start apply"]


def test_going_back_keeps_every_answer(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub-a1 spk-01 spk-05")
        await to_step(pilot, TrustScreen)
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, TopologyScreen))
        assert app.screen.query_one(Input).value == "prod-mq"
        await to_step(pilot, HostsScreen)
        assert app.screen.query_one(DataTable).row_count == 3

    drive(app, story)


def test_a_draft_that_was_left_is_resumed_at_its_step_with_the_way_back_below(
    front: FakeFront,
) -> None:
    left = Draft(site="prod-mq", step="names", kind="activemq", shape="hub-spoke")
    app = TlswrightApp(state_for(front, draft=left))

    async def story(pilot: Pilot[int]) -> None:
        assert isinstance(app.screen, NamesScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HostsScreen))

    drive(app, story)


def test_a_missing_answer_stops_the_step_and_is_said_with_an_example(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "give the site a name" in text_of(app))
        assert "prod-mq" in text_of(app)
        await pilot.press(*"x", "ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, HostsScreen))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "add the hosts" in text_of(app))

    drive(app, story)


def test_a_pasted_list_of_hosts_is_taken_whole(front: FakeFront) -> None:
    from textual import events as textual_events

    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot)
        field = app.screen.query_one(Input)
        field.post_message(textual_events.Paste("hub-a1\nops@spk-01:2222\n"))
        await until(pilot, lambda: field.value == "hub-a1 ops@spk-01:2222")
        await pilot.press("enter")
        await until(pilot, lambda: len(app.state.draft.hosts) == 2)
        assert app.state.draft.hosts[1].port == 2222

    drive(app, story)


def test_a_new_host_key_is_shown_and_pinned_only_when_it_is_trusted(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub-a1 spk-02")
        await until(pilot, lambda: "SHA256:2mQ0c" in text_of(app))
        await pilot.press("t")
        await until(pilot, lambda: "Trust this host key?" in text_of(app))
        await pilot.press("escape")
        await pilot.pause()
        assert app.state.draft.host("spk-02").host_key == ""
        await pilot.press("t")
        await until(pilot, lambda: "Trust this host key?" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.state.draft.host("spk-02").host_key.startswith("ssh-"))
        await until(pilot, lambda: app.state.checks.get("spk-02") is not None)
        assert app.state.checks["spk-02"].state == "ok"

    drive(app, story)


def test_a_sudo_password_is_asked_for_and_the_host_is_looked_at_again(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub-a1 spk-04")
        await pilot.press("p")
        await until(pilot, lambda: "sudo password for spk-04" in text_of(app))
        await pilot.press(*"hunter2")
        await pilot.pause()
        assert "hunter2" not in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: getattr(app.state.checks.get("spk-04"), "state", "") == "ok")

    drive(app, story)


def test_links_between_spokes_are_drawn_and_taken_away(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub-a1 spk-05 spk-06")
        await pilot.press("l", "up", "l")
        assert app.state.draft.drawn == (("spk-06", "spk-05"),)
        await until(pilot, lambda: "spk-05 <─┐" in text_of(app))
        await pilot.press("z")
        assert not app.state.draft.drawn

    drive(app, story)


def test_hosts_are_picked_from_the_ssh_configuration(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub-a1")
        await pilot.press("i")
        await until(pilot, lambda: "[ ] spk-05.example.net" in text_of(app))
        await pilot.press("space", "space", "enter")
        await until(pilot, lambda: len(app.state.draft.hosts) == 3)

    drive(app, story)


def test_passphrases_that_differ_are_refused_and_never_shown(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub-a1 spk-05")
        await to_step(pilot, TrustScreen)
        app.screen.query_one(Form).focus_on("first")
        await pilot.press(*PASS, "enter", *"something else", "ctrl+n")
        await until(pilot, lambda: "it is not the same" in text_of(app))
        assert PASS not in text_of(app)
        assert "something" not in text_of(app)
        assert PASS not in app.export_screenshot()
        assert app.state.answers.passphrase is None

    drive(app, story)


def test_failed_checks_forbid_the_run_and_are_all_shown(front: FakeFront) -> None:
    front.plan = plan(site(), failed=True)
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: "no ActiveMQ instance" in text_of(app).replace("\n", " "))
        await pilot.press("a")
        await until(pilot, lambda: "forbid the run" in text_of(app))

    drive(app, story, (120, 40))
    assert "start apply" not in front.asked


def test_a_wrong_passphrase_and_a_missing_password_are_asked_for_before_the_plan(
    front: FakeFront,
) -> None:
    (front.directory / "vault").write_bytes(b"sealed")
    front.wrong_passphrases, front.refuse_login = 1, True
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: "Passphrase of the vault" in text_of(app))
        await pilot.press(*"wrong", "enter")
        await until(pilot, lambda: "does not open the vault" in text_of(app))
        await pilot.press(*"right", "enter")
        await until(pilot, lambda: "sudo password for spk-01" in text_of(app))
        await pilot.press(*"hunter2", "enter")
        await until(pilot, lambda: app.state.plan is not None)

    drive(app, story)


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (200, 60)])
def test_options_can_be_changed_and_only_differences_are_kept(
    front: FakeFront, size: tuple[int, int]
) -> None:
    left = Draft(site="x", step="options", kind="activemq", shape="hub-spoke")
    app = TlswrightApp(state_for(front, draft=left))

    async def story(pilot: Pilot[int]) -> None:
        assert isinstance(app.screen, OptionsScreen)
        await pilot.press(*"6170", "0", "down", "space")
        await until(pilot, lambda: app.state.draft.options.get("port") == 61700)
        await until(pilot, lambda: app.state.draft.options.get("duplex") is False)
        await pilot.press("space")
        await until(pilot, lambda: "duplex" not in app.state.draft.options)

    drive(app, story, size)


def test_a_connector_password_goes_into_the_vault_and_nowhere_else(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))
    drafts: list[Draft] = []
    app.state.edges = replace(app.state.edges, save_draft=drafts.append)

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub-a1 spk-01")
        await to_step(pilot, TrustScreen)
        await type_passphrase(pilot)
        await to_step(pilot, OptionsScreen)
        app.screen.query_one(Form).focus_on("connector_password")
        await pilot.press(*"hunter2")
        await until(pilot, lambda: "typed" in text_of(app))
        assert "hunter2" not in text_of(app)
        front.wrong_passphrases = 1
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "does not open the vault" in text_of(app))
        await pilot.press(*PASS, "enter")
        await until(pilot, lambda: app.state.plan is not None)

    drive(app, story)
    assert "keep connector_password=hunter2" in front.asked
    assert not app.state.secrets
    assert "hunter2" not in repr((drafts, app.state))


def test_options_say_why_a_message_may_cross_two_bridges(front: FakeFront) -> None:
    left = Draft(site="x", step="options", kind="activemq", shape="hub-spoke")
    app = TlswrightApp(state_for(front, draft=left))

    async def story(pilot: Pilot[int]) -> None:
        app.screen.query_one(Form).focus_on("network_ttl")
        await until(pilot, lambda: "2 with one hub, 3 with two" in text_of(app))

    drive(app, story)


def test_the_names_that_a_host_has_for_itself_are_taken_by_one_key(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub=10.4.7.10 spk-01")
        await to_step(pilot, NamesScreen)
        await until(pilot, lambda: "It calls itself hub, hub.example.net." in text_of(app))
        await pilot.press("s")
        names = ("10.4.7.10", "hub", "hub.example.net")
        await until(pilot, lambda: app.state.draft.host("hub").names == names)

    drive(app, story)
