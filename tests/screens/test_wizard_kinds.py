"""A product that the screens have never heard of is asked for in its own words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from app.model import Trust
from app.site.draft import Draft
from app.site.options import Option
from screens.app import TlswrightApp
from screens.steps.hosts import HostsScreen
from screens.steps.names import NamesScreen
from screens.steps.options import OptionsScreen
from screens.steps.trust import TrustScreen
from tests.screens.drive import drive, state_for, text_of, until
from tests.screens.recorded import FakeFront
from tests.screens.test_wizard import to_step, type_passphrase
from tests.unit.site_samples import Courier

ALIEN = ("hub", "spoke", "broker", "rabbit", "ActiveMQ", "pinned", "link")


@dataclass(frozen=True)
class Watchers(Courier):
    """A monitor and its agents, without drawn links, without options of single hosts."""

    name: str = "watchers"
    title: str = "Watchers"
    summary: str = "A monitor and its agents."
    shapes: tuple[str, ...] = ("monitor-agent",)
    roles: tuple[tuple[str, str], ...] = (("monitor", "looks on"), ("agent", "is looked at"))
    options: tuple[Option, ...] = (Option("folder", "Folder", "Where.", "path", "/etc/watch"),)
    trusts: tuple[Trust, ...] = ("ca",)
    draws_links: bool = False
    naming: str = "The monitor's own name comes first."
    gets: tuple[str, ...] = ("eyes everywhere",)
    clients: str = ""
    allows: str = ""

    def problems(self, site: object, topology: object) -> tuple[str, ...]:
        return ()


class Only:
    """Know that product alone."""

    @staticmethod
    def names() -> tuple[str, ...]:
        return ("watchers",)

    @staticmethod
    def load(name: str, /) -> Watchers:
        return Watchers()


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TlswrightApp:
    monkeypatch.chdir(tmp_path)
    state = state_for(FakeFront(Path()))
    state.edges = replace(state.edges, kinds=Only)
    return TlswrightApp(state)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_a_monitor_and_its_agents_need_nothing_from_the_screens(
    app: TlswrightApp, size: tuple[int, int]
) -> None:
    seen: list[str] = []

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "agent-c" in text_of(app))
        assert "- eyes everywhere" in text_of(app)
        seen.append(text_of(app))
        await pilot.press("tab", *"w", "enter")
        await until(pilot, lambda: isinstance(app.screen, HostsScreen))
        assert "root@monitor, agent-[01-03].example.net" in text_of(app)
        app.screen.query_one(Input).value = "m1=10.0.0.1 a1=10.0.0.2 a2=10.0.0.3"
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "1 monitor   2 agents" in text_of(app))
        assert "  monitor " in text_of(app)
        await pilot.press("l", "up", "l")
        assert not app.state.draft.drawn
        await pilot.press("space")
        await until(pilot, lambda: "2 monitors   1 agent" in text_of(app))
        await pilot.press("space", "f1")
        await until(pilot, lambda: "becomes the monitor" in text_of(app))
        seen.append(text_of(app).split("Keys")[0])
        await pilot.press("escape")
        await to_step(pilot, NamesScreen)
        await pilot.press("f1")
        await until(pilot, lambda: "The monitor's own name comes first." in text_of(app))
        await pilot.press("escape")
        await to_step(pilot, TrustScreen)
        seen.append(text_of(app))
        await type_passphrase(pilot)
        await to_step(pilot, OptionsScreen)
        assert "/etc/watch" in text_of(app)
        assert "For one host alone" not in text_of(app)
        seen.append(text_of(app))

    drive(app, story, size)
    heads = ("Same as", "tlswright")
    lines = [x for text in seen for x in text.splitlines() if not x.strip().startswith(heads)]
    assert not [(word, line) for line in lines for word in ALIEN if word in line]


def test_a_product_without_options_of_one_host_has_no_key_for_them(app: TlswrightApp) -> None:
    app.state.draft = Draft("watchers", "monitor-agent", "w", step="options")

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: isinstance(app.screen, OptionsScreen))
        assert "F6" not in text_of(app)

    drive(app, story)
