"""What the screens show of a cluster, at both sizes: every step, the review, the drawing."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.events import fold
from screens.app import TlswrightApp
from screens.done import DoneScreen
from screens.run import RunScreen
from screens.steps.names import NamesScreen
from screens.steps.options import OptionsScreen
from screens.steps.review import ReviewScreen
from screens.steps.trust import TrustScreen
from tests.screens.cluster import ALIEN, to_hosts
from tests.screens.drive import drive, looks, same_as_stored, state_for, steady, text_of, until
from tests.screens.kinds import choose
from tests.screens.recorded_cluster import (
    ClusterFront,
    cluster_events,
    cluster_site,
    one_by_one,
    refused,
    together,
)
from tests.screens.test_wizard import SIZES, to_step, type_passphrase


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterFront:
    monkeypatch.chdir(tmp_path)
    return ClusterFront(Path())


@pytest.mark.parametrize("size", SIZES)
def test_every_step_of_a_cluster_looks_as_it_was_looked_at(
    front: ClusterFront, size: tuple[int, int]
) -> None:
    app = TlswrightApp(state_for(front))
    tag, seen = f"cluster-{size[0]}x{size[1]}", list[str]()

    async def look(pilot: Pilot[int], name: str) -> None:
        seen.append(await steady(pilot))
        same_as_stored(f"{name}-{tag}", seen[-1])

    async def story(pilot: Pilot[int]) -> None:
        await choose(pilot, "RabbitMQ")
        await looks(pilot, f"topology-{tag}")
        await to_hosts(pilot)
        await look(pilot, "hosts")
        await to_step(pilot, NamesScreen)
        await until(pilot, lambda: app.state.draft.host("r3").names == ("r3", "10.4.7.13"))
        await look(pilot, "names")
        await to_step(pilot, TrustScreen)
        await look(pilot, "trust")
        await type_passphrase(pilot)
        await to_step(pilot, OptionsScreen)
        await look(pilot, "options")
        await to_step(pilot, ReviewScreen)
        await until(pilot, lambda: app.state.plan is not None)
        await pilot.press("down", "down")
        await look(pilot, "review")
        await pilot.press("a")
        await until(pilot, lambda: "Apply now" in text_of(app))
        await look(pilot, "apply")

    drive(app, story, size)
    assert not [word for text in seen for word in ALIEN if word in text]


@pytest.mark.parametrize("size", SIZES)
def test_a_run_over_a_cluster_and_its_end_look_as_they_were_looked_at(
    front: ClusterFront, size: tuple[int, int]
) -> None:
    front.events = cluster_events()
    app = TlswrightApp(state_for(front, site=cluster_site()), run="20261122-043100-a1b2")
    tag = f"cluster-{size[0]}x{size[1]}"

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "Enter: what next" in text_of(app))
        assert isinstance(app.screen, RunScreen)
        await looks(pilot, f"run-{tag}")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DoneScreen))
        await until(pilot, lambda: "Where things are" in text_of(app))
        await looks(pilot, f"done-{tag}")
        await pilot.press("f1")
        await until(pilot, lambda: "rabbitmqctl" in text_of(app))
        assert not [word for word in ALIEN if word in text_of(app)]

    drive(app, story, size)
    assert fold(front.events).exit == 0


def test_new_certificates_are_reviewed_as_files_that_are_read_again(front: ClusterFront) -> None:
    front.plan = one_by_one(cluster_site(), 0)
    app = TlswrightApp(state_for(front, site=cluster_site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: "no restart" in text_of(app))
        assert "reads its files again" in text_of(app)
        await pilot.press("down")
        await until(pilot, lambda: "No outage" in text_of(app))
        await pilot.press("a")
        await until(pilot, lambda: "Apply now" in text_of(app))
        assert "3 hosts  6 files  no restart: one host after the other." in text_of(app)

    drive(app, story, (120, 40))


def test_a_refused_plan_of_a_cluster_opens_with_its_check(front: ClusterFront) -> None:
    front.plan = refused(cluster_site())
    app = TlswrightApp(state_for(front, site=cluster_site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: "short and long node names" in text_of(app))
        assert "its checks refuse it; nothing has been changed" in text_of(app)
        assert "nothing to do" not in text_of(app).lower()

    drive(app, story, (120, 40))


def test_a_step_over_a_cluster_tells_its_outage_once(front: ClusterFront) -> None:
    front.plan = together(cluster_site())
    app = TlswrightApp(state_for(front, site=cluster_site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: "all away for about 30 s" in text_of(app))
        assert text_of(app).count("30 s") == 2
        await pilot.press("down", "down")
        await until(pilot, lambda: "without any of these 3" in text_of(app))

    drive(app, story, (120, 40))


@pytest.mark.usefixtures("plain_widgets")
def test_a_cluster_is_drawn_without_utf_8_too(front: ClusterFront) -> None:
    app = TlswrightApp(state_for(front, ascii_only=True))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot)
        assert "+--+ r3 +--+" in text_of(app)
        assert text_of(app).isascii()

    drive(app, story)


@pytest.mark.parametrize(("size", "more"), [((80, 24), "+25 more"), ((120, 40), "+18 more")])
def test_many_nodes_are_drawn_along_a_rail_and_counted(
    front: ClusterFront, size: tuple[int, int], more: str
) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "r[101-130]")
        await until(pilot, lambda: "each with each: 435 links" in text_of(app))
        assert more in text_of(app), text_of(app)
        assert "r101     ──┐" in text_of(app)
        assert "Which hosts?   30 hosts" in text_of(app)

    drive(app, story, size)


def test_a_window_that_is_made_smaller_draws_the_example_anew(front: ClusterFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await choose(pilot, "RabbitMQ")
        assert "│ node-a ├─────┤ node-b │" in text_of(app)
        await pilot.resize_terminal(60, 18)
        await until(pilot, lambda: "node-a ──┐" in text_of(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "│ node-a ├─────┤ node-b │" in text_of(app))

    drive(app, story)
