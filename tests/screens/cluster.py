"""The first steps of the wizard for a cluster, by keys."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Input

from screens.app import TlswrightApp
from screens.steps.hosts import HostsScreen
from tests.screens.drive import until
from tests.screens.kinds import choose

TYPED = "r1=root@10.4.7.11 r2=root@10.4.7.12 r3=root@10.4.7.13"
ALIEN = ("hub", "spoke", "broker", "bridge", "pinned", "activemq", "ActiveMQ")


async def to_hosts(pilot: Pilot[int], hosts: str = TYPED) -> None:
    """Choose the cluster, name the site, and type hosts."""
    await choose(pilot, "RabbitMQ")
    await pilot.press("tab", *"rmq", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, HostsScreen))
    app = pilot.app
    assert isinstance(app, TlswrightApp)
    if hosts:
        app.screen.query_one(Input).value = hosts
        await pilot.press("enter", "enter")
        await until(pilot, lambda: len(app.state.checks) == len(app.state.draft.hosts))
        await pilot.pause()
