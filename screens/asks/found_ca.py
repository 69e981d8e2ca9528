"""Show what is in the files of a CA, and ask whether it is the one."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from app.pki.importing import Candidate
from screens.asks.window import Window
from screens.words import BAD, IDLE, WARN, local


class FoundCa(Window[bool]):
    """Show path, fingerprints, ends and what hurts; Enter takes it where nothing forbids it."""

    DEFAULT_CSS = """
    FoundCa > .window { width: 90%; height: auto; }
    FoundCa VerticalScroll { height: auto; max-height: 1fr; }
    FoundCa #tail { color: $text-muted; height: 1; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "take", "Take it", show=False)]

    def __init__(self, candidate: Candidate, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.candidate = candidate

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        usable = self.candidate.usable
        with Vertical(classes="window") as window:
            window.border_title = "Is this the CA?" if usable else "This CA cannot be used"
            with VerticalScroll():
                yield Static(described(self.candidate))
            tail = "Enter takes it, Esc leaves it" if usable else "Esc closes"
            yield Static(f"{tail}; arrows scroll", id="tail")

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()

    def action_take(self) -> None:
        """Take it, or close the window where it cannot be used."""
        self.dismiss(self.candidate.usable)


def described(candidate: Candidate) -> Text:
    """Say what is in the files: each certificate of the path, then what hurts, the worst first."""
    text = Text()
    names = ["CA", *(["under"] * (len(candidate.facts) - 2)), "root"][: len(candidate.facts)]
    for name, facts in zip(names, candidate.facts, strict=True):
        text.append(f"{name:<6} ", style=IDLE).append(facts.common_name, style="bold")
        text.append(f"  {facts.key_type}, until {local(facts.not_after)}\n")
        text.append(f"       SHA-256 {facts.sha256[:32]}\n               {facts.sha256[32:]}\n")
    for flaw in candidate.flaws:
        mark, style = ("XX", BAD) if flaw.fatal else ("!!", WARN)
        text.append(f"\n{mark} {flaw.what}\n", style=style)
        for words in filter(None, (flaw.why, flaw.remedy)):
            text.append(f"   {words}\n")
    text.rstrip()
    return text
