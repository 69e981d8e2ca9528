"""Look at hosts in the background, each once, while the user goes on."""

from __future__ import annotations

from dataclasses import replace

from textual.message import Message
from textual.screen import Screen

from app.engine.front import HostCheck
from app.errors import TlswrightError
from app.model import Site
from app.quoting import calm
from app.site.convert import alone, as_site
from screens.state import State
from screens.threads import beside


class HostWatch:
    """Keep at most one look at a host going; what was found is kept in the state.

    What was found of a host that is another one since, or is to have other options, is forgotten.
    """

    class Looked(Message):
        """Say that something was found out, or is being looked at."""

        namespace = "host_watch"

    def __init__(self, screen: Screen[None], state: State) -> None:
        self.screen = screen
        self.state = state

    def look(self) -> None:
        """Look at every host that was not looked at yet, as it is now."""
        state = self.state
        for host in state.draft.hosts:
            if state.draft.kind and state.looked.get(host.name) != self._now(host.name):
                state.checks.pop(host.name, None)
            if host.name not in state.looking and host.name not in state.checks:
                state.looking.add(host.name)
                self.screen.run_worker(self._look(host.name), group="looks")
        self._say()

    def again(self, *names: str) -> None:
        """Look at some hosts again."""
        for name in names:
            self.state.checks.pop(name, None)
        self.look()

    def _now(self, name: str) -> Site:
        """Give the host as the product sees it; the names by which it is dialled are not seen."""
        site = alone(self.state.draft, name)
        return replace(site, hosts={name: replace(site.hosts[name], names=())})

    async def _look(self, name: str) -> None:
        state, known = self.state, name in self.state.draft.host_names
        if not known or not state.draft.kind:
            state.looking.discard(name)
            return
        asked, site, logins = self._now(name), alone(state.draft, name), state.logins
        others = as_site(state.draft).hosts
        try:
            found = await beside(lambda: state.edges.front.check_host(site, logins, others))
        except TlswrightError as error:
            found = HostCheck(name, "failed", error.text, error.hint)
        finally:
            state.looking.discard(name)
        there = name in state.draft.host_names
        if there and self._now(name) == asked:
            state.checks[name], state.looked[name] = found, asked
            state.note(f"{name}: {calm(found.text, 300)}")
        elif there:
            self.look()
        self._say()

    def _say(self) -> None:
        """Tell the screen that asked, and the one that is open now."""
        self.screen.post_message(self.Looked())
        if (now := self.screen.app.screen) is not self.screen:
            now.post_message(self.Looked())
