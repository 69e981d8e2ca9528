"""Show text to read and leave: help, the log, the equal commands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from screens.asks.window import Window


class Read(Window[None]):
    """Show lines in a window that scrolls; it opens at the end where the newest is last."""

    DEFAULT_CSS = """
    Read > .window { height: auto; width: 90%; }
    Read.-wide > .window { width: 100%; max-width: 100%; height: 100%; max-height: 100%; }
    Read VerticalScroll { height: auto; max-height: 1fr; }
    Read #tail { color: $text-muted; height: 1; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,f1,f3,f4,q", "cancel", "Close", show=False)
    ]

    def __init__(
        self, title: str, lines: Iterable[str | Text], *, at_end: bool = False,
        wide: bool = False, ascii_only: bool,
    ) -> None:  # fmt: skip
        super().__init__(ascii_only=ascii_only)
        self.set_class(wide, "-wide")
        self.title_text = title
        self.lines = tuple(lines) or ("Nothing yet.",)
        self.at_end = at_end

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        with Vertical(classes="window") as window:
            window.border_title = self.title_text
            with VerticalScroll():
                yield Static(Text("\n").join(_text(line) for line in self.lines))
            yield Static("Esc closes, arrows scroll", id="tail")

    def on_mount(self) -> None:
        """Go to the newest line where that is the last."""
        scroll = self.query_one(VerticalScroll)
        scroll.focus()
        if self.at_end:
            scroll.scroll_end(animate=False)


def _text(line: str | Text) -> Text:
    return line if isinstance(line, Text) else Text(line)
