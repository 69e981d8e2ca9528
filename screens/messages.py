"""What screens ask of the app: where to go next, never how."""

from __future__ import annotations

from textual.message import Message

from app.model import Site
from app.plan.make import Intent


class Go(Message):
    """Go to a place by name: a step of the wizard, `dashboard`, `findings`, `runs`."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place


class Review(Message):
    """Make the plan of an intent and show it; `verb` is what will carry it out.

    `site` is what the plan is for, where that is not written yet: the site with its next CA.
    """

    def __init__(
        self, verb: str = "apply", intent: Intent | None = None, site: Site | None = None
    ) -> None:
        super().__init__()
        self.verb = verb
        self.intent = intent or Intent()
        self.site = site


class Start(Message):
    """Start a run in a process of its own and watch it; `run` names what to roll back."""

    def __init__(self, verb: str, *, intent: Intent | None = None, run: str = "") -> None:
        super().__init__()
        self.verb = verb
        self.intent = intent or Intent()
        self.run = run


class Watch(Message):
    """Show a run, live or past."""

    def __init__(self, run: str) -> None:
        super().__init__()
        self.run = run


class Heard(Message):
    """Say how far a host is while the plan is made; posted from other threads."""

    def __init__(self, host: str, state: str, text: str) -> None:
        super().__init__()
        self.host = host
        self.state = state
        self.text = text
