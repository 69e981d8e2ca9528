"""The wizard for a product of equal nodes, by keys alone: no hubs, no links, no pinned trust."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from app.site.convert import to_site
from app.site.draft import Draft, set_authority
from screens.app import TlswrightApp
from screens.form import Form
from screens.run import RunScreen
from screens.steps.hosts import HostsScreen
from screens.steps.options import OptionsScreen
from screens.steps.review import ReviewScreen
from screens.steps.trust import TrustScreen
from tests.screens.cluster import ALIEN, TYPED, to_hosts
from tests.screens.drive import Registry, drive, state_for, text_of, until
from tests.screens.kinds import choose
from tests.screens.recorded_cluster import (
    NODES,
    ClusterFront,
    cluster_events,
    cluster_site,
)
from tests.screens.test_wizard import to_step, type_passphrase


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterFront:
    monkeypatch.chdir(tmp_path)
    return ClusterFront(Path())


def begun(step: str = "hosts", hosts: tuple[str, ...] = NODES) -> Draft:
    """Give a draft that was left at a step, its hosts without names."""
    from app.site.convert import from_site

    draft = from_site(cluster_site(hosts))
    bare = tuple(replace(host, names=()) for host in draft.hosts)
    return replace(draft, hosts=bare, step=step)  # type: ignore[arg-type]


def test_the_whole_way_to_a_run_is_keys_alone(front: ClusterFront) -> None:
    app = TlswrightApp(state_for(front))
    front.events, front.live = cluster_events()[:16], True

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot)
        await to_step(pilot, TrustScreen)
        await type_passphrase(pilot)
        await to_step(pilot, ReviewScreen)
        await until(pilot, lambda: app.state.plan is not None)
        await pilot.press("a")
        await until(pilot, lambda: "Apply now" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        front.more.set()

    drive(app, story)
    assert [a for a in front.asked if not a.startswith("check")] == ["vault", "plan", "start apply"]
    assert to_site(app.state.draft, Registry) == cluster_site()
    assert front.of.topologies[0].roles == {"node": NODES}


def test_roles_and_links_are_not_offered_where_there_are_none(front: ClusterFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot)
        before = app.state.draft
        await pilot.press("space", "l", "up", "l")
        await pilot.pause()
        assert app.state.draft == before
        assert not {"Space Role", "l Link"} & set(text_of(app).splitlines()[-1].split("  "))
        await pilot.press("f1")
        await until(pilot, lambda: "node-[01-12]" in text_of(app))
        assert not [word for word in (*ALIEN, "Space", "link") if word in text_of(app)]

    drive(app, story, (120, 40))


def test_the_live_check_shows_node_and_transport(front: ClusterFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot)
        for words in ("RabbitMQ 3.10.8", "node: rabbit@r3", "transport: plain"):
            assert words in text_of(app), text_of(app)

    drive(app, story)


def test_a_node_that_is_not_ready_is_looked_at_again_with_other_options(
    front: ClusterFront,
) -> None:
    app = TlswrightApp(state_for(front, draft=begun(hosts=("r1", "r9"))))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: len(app.state.checks) == 2)
        await pilot.press("down")
        await until(pilot, lambda: "XX not ready" in text_of(app))
        assert "set option dist_port" in text_of(app).replace("\n", " ")
        await pilot.press("o")
        await until(pilot, lambda: "Own options of r9" in text_of(app))
        await pilot.press(*["backspace"] * 5, *"25999", "ctrl+n")
        await until(pilot, lambda: getattr(app.state.checks.get("r9"), "state", "") == "ok")
        assert app.state.draft.node_options == {"r9": {"dist_port": 25999}}

    drive(app, story)
    assert front.asked.count("check r1 rabbitmq") == 1


def test_names_that_are_not_what_erlang_dials_are_refused_and_mended_by_one_key(
    front: ClusterFront,
) -> None:
    app = TlswrightApp(state_for(front, draft=begun("names")))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: len(app.state.named) == 3)
        await until(pilot, lambda: "named as they are dialled" in text_of(app))
        assert app.state.draft.host("r1").names == ("r1", "10.4.7.11")
        while any(host.names for host in app.state.draft.hosts):
            before = app.state.draft
            await pilot.press("z")
            await until(pilot, lambda before=before: app.state.draft != before)  # type: ignore[misc]
        await pilot.press("down", "ctrl+n")
        await until(pilot, lambda: "peers dial r1 as r1" in text_of(app))
        assert app.screen.query_one(DataTable).cursor_row == 0
        for at in range(3):
            await until(pilot, lambda: "must come first" in text_of(app))
            await pilot.press("s")
            await until(pilot, lambda at=at: app.state.draft.hosts[at].names[:1] == (NODES[at],))  # type: ignore[misc]
            await pilot.press("down")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, TrustScreen))

    drive(app, story)


def test_what_is_being_typed_is_not_lost_when_a_host_answers(front: ClusterFront) -> None:
    app = TlswrightApp(state_for(front, draft=begun("names")))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "named as they" in text_of(app))
        await pilot.press("e", *", other")
        app.screen.on_host_watch_looked()  # type: ignore[attr-defined]
        await pilot.pause()
        assert app.screen.query_one(Input).value.endswith(", other")

    drive(app, story)


def test_trust_is_not_asked_where_there_is_no_choice(front: ClusterFront) -> None:
    app = TlswrightApp(state_for(front, draft=begun("trust")))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.pause()
        assert [row.key for row in app.screen.query_one(Form).rows][:1] == ["source"]
        await pilot.press("f1")
        await pilot.pause()
        assert "innings" not in text_of(app)
        assert "inned" not in text_of(app)

    drive(app, story, (120, 40))


def test_another_product_takes_its_own_answers_and_looks_anew(front: ClusterFront) -> None:
    left = set_authority(Draft(site="x", kind="activemq", shape="hub-spoke"), trust="pinned")
    app = TlswrightApp(state_for(front, draft=left))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "> ActiveMQ" in text_of(app))
        await choose(pilot, "RabbitMQ")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, HostsScreen))
        assert app.state.draft.authority.trust == "ca"
        app.screen.query_one(Input).value = TYPED
        await pilot.press("enter", "enter")
        await until(pilot, lambda: len(app.state.checks) == 3)
        await pilot.press("escape", "shift+tab")
        await choose(pilot, "ActiveMQ")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "no ActiveMQ found" in text_of(app))
        assert str(app.state.draft.authority.trust) == "pinned"
        assert "Role" in text_of(app)
        await pilot.press("escape")
        await choose(pilot, "RabbitMQ")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "RabbitMQ 3.10.8" in text_of(app))
        assert "Role" not in text_of(app)

    drive(app, story)


def test_every_sort_of_option_is_answered_and_only_differences_are_kept(
    front: ClusterFront,
) -> None:
    app = TlswrightApp(state_for(front, draft=begun("options")))

    async def story(pilot: Pilot[int]) -> None:
        form = app.screen.query_one(Form)
        form.focus_on("versions")
        await pilot.press("space")
        form.focus_on("depth")
        await pilot.press("backspace", *"3")
        form.focus_on("check_names")
        await pilot.press("space")
        form.focus_on("folder")
        await pilot.press(*"/x")
        await until(pilot, lambda: "folder" in app.state.draft.options)
        await pilot.press(*["backspace"] * 20, *"srv", "ctrl+n")
        await until(pilot, lambda: "must be an absolute path" in text_of(app))
        await pilot.press("home", *"/")
        await until(pilot, lambda: app.state.draft.options.get("folder") == "/srv")
        await pilot.press(*["delete"] * 3, "backspace")
        await until(pilot, lambda: "folder" not in app.state.draft.options)

    drive(app, story)
    options = app.state.draft.options
    assert options == {"versions": "1.3", "depth": 3, "check_names": False}


def test_an_option_of_one_node_is_set_from_the_options_too(front: ClusterFront) -> None:
    app = TlswrightApp(state_for(front, draft=begun("options")))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "For one host alone (F6)" in text_of(app))
        await pilot.press("f6")
        await until(pilot, lambda: "Options of which host?" in text_of(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "Own options of r2" in text_of(app))
        await pilot.press("down", "down", *["backspace"] * 15, *"rabbitmq-b", "ctrl+n")
        await until(pilot, lambda: "r2: service rabbitmq-b" in text_of(app))
        assert app.state.draft.node_options == {"r2": {"service": "rabbitmq-b"}}
        await pilot.press("f6", "down", "enter")
        await until(pilot, lambda: "Own options of r2" in text_of(app))
        await pilot.press("down", "down", *["backspace"] * 15, "ctrl+n")
        await until(pilot, lambda: not app.state.draft.node_options)

    drive(app, story)


def test_options_that_do_not_go_together_are_told_at_the_options(front: ClusterFront) -> None:
    app = TlswrightApp(state_for(front, draft=replace(begun("options"), options={"depth": 1})))

    async def story(pilot: Pilot[int]) -> None:
        app.screen.query_one(Form).focus_on("verify_peer")
        await pilot.press("space", "ctrl+n")
        await until(pilot, lambda: "fail_if_no_peer_cert needs verify_peer" in text_of(app))
        assert isinstance(app.screen, OptionsScreen)
        current = app.screen.query_one(Form).current
        assert current is not None
        assert current.key == "fail_if_no_peer_cert"

    drive(app, story)


def test_the_cursor_stays_at_its_host_when_a_window_closes_or_changes(front: ClusterFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot)
        await pilot.press("up")
        await until(pilot, lambda: "─ r2 ─" in text_of(app))
        await pilot.press("f1")
        await until(pilot, lambda: "─ Help ─" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: "─ Help ─" not in text_of(app))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "Commands" in text_of(app).splitlines()[-1])
        assert app.screen.query_one(DataTable).cursor_row == 1
        assert "─ r2 ─" in text_of(app)

    drive(app, story)
