"""Make the pictures of the documentation anew from recorded answers.

Usage: `python -m tests.screens.pictures [FOLDER]`, by default `docs`.  The pictures name no web
font and hold no address, so that opening one asks nothing of any server.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from app.plan.plan import Check
from app.site.draft import Draft
from screens.app import TlswrightApp
from screens.steps.hosts import HostsScreen
from tests.screens.drive import drive, state_for, text_of, until
from tests.screens.recorded import NOW, RUN, FakeFront, events, past_runs, plan, site, status_rows

SIZE = (100, 30)
DOCS = Path(__file__).parents[2] / "docs"
Pictures = dict[str, str]
_ALIEN = re.compile(r"@font-face\s*\{[^}]*\}\s*|<!--.*?-->\s*", re.DOTALL)
_FAMILY = re.compile(r"font-family:[^;]*;")


def plain(svg: str) -> str:
    """Give a picture that is drawn with any font of fixed width, and fetches none."""
    return _FAMILY.sub("font-family: monospace;", _ALIEN.sub("", svg))


def review(folder: Path) -> tuple[TlswrightApp, Callable[[Pilot[int]], Awaitable[None]]]:
    """Show the diff of the hub's configuration."""
    front, of = FakeFront(folder), site(("hub-a1", "spk-01", "spk-02"))
    words = "it writes no log: a log4j.properties is added"
    found = plan(of)
    front.plan = replace(found, checks=(*found.checks, Check("spk-01", "product", "warn", words)))
    app = TlswrightApp(state_for(front, site=of))
    app.state.visited |= {"topology", "hosts", "names", "trust", "options"}

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: app.state.plan is not None)
        await pilot.press("down", "down", "down", "down", "down")
        await until(pilot, lambda: "needClientAuth" in text_of(app))

    return app, story


def hosts(folder: Path) -> tuple[TlswrightApp, Callable[[Pilot[int]], Awaitable[None]]]:
    """Show hosts in every state, one with a new key, and the topology with a drawn link."""
    left = Draft(site="prod-mq", step="hosts", kind="activemq", shape="hub-spoke")
    app = TlswrightApp(state_for(FakeFront(folder), draft=left))
    app.state.visited |= {"topology"}

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: isinstance(app.screen, HostsScreen))
        typed = "hub-a1=root@10.4.7.10 spk-01=ops@10.4.7.21 spk-02=ops@10.4.7.22 spk-05=10.4.7.25"
        app.screen.query_one(Input).value = typed
        await pilot.press("enter", "enter")
        await until(pilot, lambda: len(app.state.checks) == 4)
        await pilot.press("l", "up", "up", "l", "down")
        await until(pilot, lambda: "SHA256:" in text_of(app))
        assert isinstance(app.focused, DataTable)

    return app, story


def run(folder: Path) -> tuple[TlswrightApp, Callable[[Pilot[int]], Awaitable[None]]]:
    """Show a run in its middle."""
    front = FakeFront(folder)
    front.events, front.live = events(upto=16), True
    app = TlswrightApp(state_for(front, site=site()), run=RUN)
    app.state.edges = replace(app.state.edges, now=lambda: NOW + timedelta(seconds=31))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "renamed into place" in text_of(app))
        front.more.set()

    return app, story


def dashboard(folder: Path) -> tuple[TlswrightApp, Callable[[Pilot[int]], Awaitable[None]]]:
    """Show a certificate that has expired, one that is due, and the act to do next."""
    front = FakeFront(folder)
    front.rows, front.past = status_rows(site()), past_runs()[1:]
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "serial" in text_of(app))

    return app, story


SHOWN = {"review": review, "hosts": hosts, "run": run, "dashboard": dashboard}


def picture(name: str, folder: Path) -> str:
    """Give one picture as SVG."""
    app, story = SHOWN[name](folder)
    taken: list[str] = []

    async def take(pilot: Pilot[int]) -> None:
        await story(pilot)
        await pilot.pause()
        taken.append(plain(app.export_screenshot(title="tlswright")))

    drive(app, take, SIZE)
    return taken[0]


def main(target: Path) -> None:
    """Write every picture."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in SHOWN:
            path = target / f"{name}.svg"
            path.write_text(picture(name, Path()), encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute() if sys.argv[1:] else DOCS)
