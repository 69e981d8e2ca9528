"""Ask for one of a few choices, each a button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from screens.asks.window import Window

WIDTH, LEAST, AROUND = 66, 10, 4
"""The room for buttons, the least that one takes, and what stands around each."""


def rows_of(choices: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Lay choices out in as many rows as they need to be seen whole."""
    rows: list[list[tuple[str, str]]] = [[]]
    used = 0
    for key, label in choices:
        wide = max(LEAST, len(label) + 4) + AROUND
        if rows[-1] and used + wide > WIDTH:
            rows.append([])
            used = 0
        rows[-1].append((key, label))
        used += wide
    return rows


class Confirm(Window[str]):
    """Say what will happen and ask; gives the key of the chosen button.

    `choices` are (key, label) pairs, the first one focused: let it be the harmless one where the
    other cannot be taken back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        title: str,
        text: str | Text,
        choices: Sequence[tuple[str, str]],
        *,
        ascii_only: bool,
    ) -> None:
        super().__init__(ascii_only=ascii_only)
        self.title_text = title
        self.text = text if isinstance(text, Text) else Text(text)
        self.choices = choices

    def compose(self) -> ComposeResult:
        """Lay out the text and the buttons."""
        with Vertical(classes="window") as window:
            window.border_title = self.title_text
            yield Static(self.text)
            for row in rows_of(self.choices):
                with Horizontal(classes="buttons"):
                    for key, label in row:
                        first = key == self.choices[0][0]
                        yield Button(
                            Text(f"[ {label} ]"),
                            id=f"choice-{key}",
                            compact=True,
                            variant="primary" if first else "default",
                        )

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Give back the key of the button."""
        self.dismiss((event.button.id or "").removeprefix("choice-"))
