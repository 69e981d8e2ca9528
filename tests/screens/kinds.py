"""Choose a product in the wizard's first step, whatever its place among the others."""

from __future__ import annotations

from textual.pilot import Pilot

from screens.app import TlswrightApp
from tests.screens.drive import text_of, until


async def choose(pilot: Pilot[int], title: str) -> None:
    """Go to a product by keys, with the cursor on the list of them."""
    app = pilot.app
    assert isinstance(app, TlswrightApp)
    await pilot.press("home")
    for _ in app.state.edges.kinds.names():
        await pilot.pause()
        if f"> {title}" in text_of(app):
            return
        await pilot.press("down")
    await until(pilot, lambda: f"> {title}" in text_of(app))
