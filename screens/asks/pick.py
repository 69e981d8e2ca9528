"""Pick several names from a list: Space marks, typing filters, Enter takes what is marked."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from screens.asks.window import Window


class Pick(Window[tuple[str, ...]]):
    """Give the marked names in the order of the list, or with `one` the one; Esc gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", priority=True),
        Binding("down", "into", show=False),
    ]
    DEFAULT_CSS = """
    Pick OptionList { height: auto; max-height: 12; margin-top: 1; }
    Pick #tail { color: $text-muted; margin-top: 1; }
    """

    def __init__(
        self, title: str, names: tuple[str, ...], *, one: bool = False, ascii_only: bool
    ) -> None:
        super().__init__(ascii_only=ascii_only)
        self.title_text = title
        self.names = names
        self.one = one
        self.marked: set[str] = set()

    def compose(self) -> ComposeResult:
        """Lay out the filter and the list."""
        with Vertical(classes="window") as window:
            window.border_title = self.title_text
            yield Input(placeholder="type to filter", compact=True)
            yield OptionList()
            marks = "Enter takes it" if self.one else "Space marks, Enter takes the marked ones"
            yield Static(f"{marks}, Esc leaves", id="tail")

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill()
        self.query_one(OptionList).focus()

    def _fill(self) -> None:
        box, words = self.query_one(OptionList), self.query_one(Input).value.lower()
        at = box.highlighted or 0
        box.clear_options()
        for name in self.names:
            if words in name.lower():
                mark = "" if self.one else f"[{'x' if name in self.marked else ' '}] "
                box.add_option(Option(Text(f"{mark}{name}"), id=name))
        if box.option_count:
            box.highlighted = min(at, box.option_count - 1)

    def on_input_changed(self) -> None:
        """Filter."""
        self._fill()

    def on_input_submitted(self) -> None:
        """Go into the list."""
        self.action_into()

    def action_into(self) -> None:
        """Give the list the focus."""
        self.query_one(OptionList).focus()

    def action_mark(self) -> None:
        """Mark the name that the cursor is at, or take the mark away, and go down one."""
        box = self.query_one(OptionList)
        if box.highlighted is None or self.one:
            return
        self.marked ^= {str(box.get_option_at_index(box.highlighted).id)}
        self._fill()
        box.action_cursor_down()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give the marked names, or the one under the cursor when none is marked."""
        chosen = self.marked or {str(event.option_id)}
        self.dismiss(tuple(name for name in self.names if name in chosen))
