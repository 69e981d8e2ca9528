"""Look at hosts in the background, each once, while the user goes on."""

from __future__ import annotations

from textual.message import Message
from textual.screen import Screen

from app.engine.front import HostCheck
from app.errors import TlswrightError
from app.quoting import calm
from screens.rows import host_of
from screens.state import State
from screens.threads import beside


class HostWatch:
    """Keep at most one look at a host going; what was found is kept in the state."""

    class Looked(Message):
        """Say that something was found out, or is being looked at."""

        namespace = "host_watch"

    def __init__(self, screen: Screen[None], state: State) -> None:
        self.screen = screen
        self.state = state
        self.busy: set[str] = set()

    def look(self) -> None:
        """Look at every host that was not looked at yet."""
        for host in self.state.draft.hosts:
            if host.name not in self.busy and host.name not in self.state.checks:
                self.busy.add(host.name)
                self.screen.run_worker(self._look(host.name), group="looks")
        self.screen.post_message(self.Looked())

    def again(self, *names: str) -> None:
        """Look at some hosts again."""
        for name in names:
            self.state.checks.pop(name, None)
        self.look()

    async def _look(self, name: str) -> None:
        state = self.state
        asked = next((h for h in state.draft.hosts if h.name == name), None)
        if asked is None or not state.draft.kind:
            self.busy.discard(name)
            return
        host, kind, logins = host_of(asked), state.draft.kind, state.logins
        try:
            found = await beside(lambda: state.edges.front.check_host(host, kind, logins))
        except TlswrightError as error:
            found = HostCheck(name, "failed", error.text, error.hint)
        self.busy.discard(name)
        now = next((h for h in state.draft.hosts if h.name == name), None)
        if now is not None and host_of(now) == host:
            state.checks[name] = found
            state.note(f"{name}: {calm(found.text, 300)}")
        elif now is not None:
            self.look()
        self.screen.post_message(self.Looked())
