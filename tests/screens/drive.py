"""Drive the app in a test: start it, press keys, read what it shows."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from app.kinds import load, names
from app.model import Site
from app.site.convert import from_site
from app.site.draft import Draft
from screens.app import TlswrightApp
from screens.state import Edges, State
from tests.screens.recorded import NOW, FakeFront

SHOTS = Path(__file__).parent / "shots"


class Registry:
    """Give the installed products."""

    names = staticmethod(names)
    load = staticmethod(load)


def state_for(
    front: FakeFront,
    *,
    site: Site | None = None,
    draft: Draft | None = None,
    ascii_only: bool = False,
) -> State:
    """Give a state over a recorded front; saved drafts and sites are remembered on it."""
    saved: list[Site] = []
    edges = Edges(
        front=front,
        kinds=Registry,
        now=lambda: NOW,
        save_site=saved.append,
        save_draft=lambda draft: None,
        ssh_hosts=lambda: ("spk-05.example.net", "spk-06.example.net"),
    )
    start = draft or (from_site(site) if site else Draft())
    return State(edges, start, site, ascii_only=ascii_only)


def text_of(app: TlswrightApp) -> str:
    """Give the screen as text, without trailing blanks."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(s.text for s in strip).rstrip() for strip in strips)


async def until(pilot: Pilot[int], holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something holds; a failure shows the screen."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"it never held; the screen:\n{text_of(pilot.app)}")  # type: ignore[arg-type]
        await pilot.pause(0.02)


async def steady(pilot: Pilot[int]) -> str:
    """Wait until nothing on the screen moves any more; give it as text.

    Where a list scrolls to depends on what had its size when the focus came.
    """
    app: TlswrightApp = pilot.app  # type: ignore[assignment]
    before, same = "", 0
    end = time.monotonic() + 30.0
    while same < 3:
        if time.monotonic() > end:
            raise AssertionError(f"it moves without an end; the screen:\n{before}")
        await pilot.wait_for_scheduled_animations()
        now = text_of(app)
        before, same = now, same + 1 if now == before else 0
    return before


async def looks(pilot: Pilot[int], name: str) -> None:
    """Compare the screen, once nothing moves, with the one that was looked at."""
    same_as_stored(name, await steady(pilot))


def drive(
    app: TlswrightApp,
    story: Callable[[Pilot[int]], Awaitable[None]],
    size: tuple[int, int] = (80, 24),
) -> None:
    """Run a story against the app in a window of a size."""

    async def go() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await story(pilot)

    asyncio.run(go())


def same_as_stored(name: str, text: str) -> None:
    """Compare a screen with the one that was looked at; TLSWRIGHT_SHOTS=1 stores it anew.

    A plan's name changes with whatever a plan holds, so it is not compared.
    """
    text = re.sub(r"\b([Pp]lan) [0-9a-f]{8}\b", r"\1 7f3a91cc", text)
    path = SHOTS / f"{name}.txt"
    if os.environ.get("TLSWRIGHT_SHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text + "\n"
