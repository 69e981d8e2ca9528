"""Name the places that one can go to, and open them."""

from __future__ import annotations

from screens.base import FrameScreen
from screens.dashboard import DashboardScreen
from screens.done import DoneScreen
from screens.failure import FailureScreen
from screens.findings import FindingsScreen
from screens.requests import RequestsScreen
from screens.runs import RunsScreen
from screens.state import State
from screens.steps.bar import STEPS
from screens.steps.hosts import HostsScreen
from screens.steps.names import NamesScreen
from screens.steps.options import OptionsScreen
from screens.steps.review import ReviewScreen
from screens.steps.topology import TopologyScreen
from screens.steps.trust import TrustScreen

PLACES: dict[str, type[FrameScreen]] = {
    "topology": TopologyScreen,
    "hosts": HostsScreen,
    "names": NamesScreen,
    "trust": TrustScreen,
    "options": OptionsScreen,
    "review": ReviewScreen,
    "dashboard": DashboardScreen,
    "findings": FindingsScreen,
    "verify": FindingsScreen,
    "runs": RunsScreen,
    "requests": RequestsScreen,
    "done": DoneScreen,
    "failure": FailureScreen,
}


def open_place(place: str, state: State) -> FrameScreen:
    """Make the screen of a place."""
    if place == "verify":
        return FindingsScreen(state, live=True)
    return PLACES[place](state)


__all__ = ["PLACES", "STEPS", "open_place"]
