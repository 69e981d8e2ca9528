"""Edit a few fields in a window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from screens.asks.window import Window
from screens.form import Form, Row


class Edit(Window[dict[str, str]]):
    """Show rows as a form; gives every value by key once all are right."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+n", "take", "Take", priority=True)]
    DEFAULT_CSS = """
    Edit Form { height: auto; margin-top: 1; }
    Edit Form #lines { height: auto; max-height: 12; }
    Edit #tail { color: $text-muted; }
    Edit FieldLine .label { width: 24; }
    """

    def __init__(self, title: str, rows: Sequence[Row], *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.title_text = title
        self.rows = rows

    def compose(self) -> ComposeResult:
        """Lay out the form."""
        with Vertical(classes="window") as window:
            window.border_title = self.title_text
            yield Form(self.rows)
            yield Static("Enter goes through the fields, ^n takes them, Esc leaves", id="tail")

    def on_mount(self) -> None:
        """Begin at the first field."""
        self.query_one(Form).focus_first()

    def on_form_ended(self) -> None:
        """Take the values after the last field."""
        self.action_take()

    def action_take(self) -> None:
        """Give the values when all are right."""
        form = self.query_one(Form)
        if not form.judge():
            self.dismiss({line.row.key: line.value for line in form.lines()})
