"""Ask for a passphrase or password; what is typed is never shown."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from app.pki.secret import Secret
from screens.asks.window import Window
from screens.hidden import Hidden


class AskSecret(Window[Secret]):
    """Ask for one secret; Enter gives it, Esc gives None."""

    SECRET: ClassVar[bool] = True
    DEFAULT_CSS = """
    AskSecret Input { margin-top: 1; }
    AskSecret #tail { color: $text-muted; margin-top: 1; }
    """

    def __init__(self, title: str, text: str, tail: str = "", *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.title_text = title
        self.text = text
        self.tail = tail

    def compose(self) -> ComposeResult:
        """Lay out the question and its field."""
        with Vertical(classes="window") as window:
            window.border_title = self.title_text
            yield Static(Text(self.text))
            yield Hidden(id="secret")
            yield Static(
                Text(self.tail or "Kept in memory until you quit.  Enter goes on."), id="tail"
            )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give back what was typed, when anything was."""
        event.stop()
        if event.value:
            self.dismiss(Secret(event.value))
