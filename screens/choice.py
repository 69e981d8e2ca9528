"""One of a few values on one line: no list to open, drawn with ASCII alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget


class Choice(Widget, can_focus=True):
    """Show `< value >`; Left, Right, Space and a click go through the values."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,l", "turn(1)", "Change", key_display="Space"),
        Binding("left,h", "turn(-1)", show=False),
        Binding("enter", "on", show=False),
    ]
    DEFAULT_CSS = """
    Choice { height: 1; background: $panel; }
    Choice:focus { background: $boost; text-style: bold; }
    """

    class Changed(Message):
        """Say that another value was chosen."""

        def __init__(self, choice: Choice, value: str) -> None:
            super().__init__()
            self.choice = choice
            self.value = value

        @property
        def control(self) -> Choice:
            """Give the widget."""
            return self.choice

    class Submitted(Message):
        """Say that Enter was pressed."""

    def __init__(self, values: Sequence[str], value: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.values = tuple(values)
        self.value = value if value in self.values else self.values[0]

    def render(self) -> Text:
        """Draw the value between its arrows."""
        return Text(f"< {self.value} >", no_wrap=True)

    def set_value(self, value: str) -> None:
        """Take a value without a message."""
        if value in self.values and value != self.value:
            self.value = value
            self.refresh()

    def action_turn(self, by: int) -> None:
        """Go to the next value, around the end."""
        at = (self.values.index(self.value) + by) % len(self.values)
        self.value = self.values[at]
        self.refresh()
        self.post_message(self.Changed(self, self.value))

    def action_on(self) -> None:
        """Go on to the next field."""
        self.post_message(self.Submitted())

    def on_click(self, event: events.Click) -> None:
        """Go through the values."""
        event.stop()
        self.action_turn(1)
