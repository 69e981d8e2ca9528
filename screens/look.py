"""How it all looks: one theme, one style sheet for what several screens share, and ASCII."""

from __future__ import annotations

from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.theme import Theme
from textual.widgets import Tree

from screens import words

THEME = Theme(
    name="tlswright",
    primary="#5fafd7",
    secondary="#87afaf",
    accent="#d7af5f",
    success="#87af5f",
    warning="#d7af5f",
    error="#d75f5f",
    background="#16191d",
    surface="#1c2026",
    panel="#262c34",
    foreground="#d0d4da",
    dark=True,
    variables={
        "block-cursor-background": "#33506b",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#2a3644",
    },
)

CSS = """
Screen { scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; }
DataTable, Tree, OptionList, VerticalScroll, RichLog {
    scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; overflow-x: hidden; }
.pane { border: round $secondary 60%; padding: 0 1; border-title-color: $text-primary; }
.pane:focus, .pane:focus-within { border: round $accent; }
.-ascii .pane { border: ascii $secondary; }
.-ascii .pane:focus, .-ascii .pane:focus-within { border: ascii $accent; }
.-ascii #same, .-ascii #diff { text-overflow: clip; }
.muted { color: $text-muted; }
.title { text-style: bold; height: 1; }
DataTable { background: transparent; }
DataTable > .datatable--header { background: transparent; color: $text-muted; text-style: none; }
OptionList { background: transparent; border: none; padding: 0; }
OptionList:focus { border: none; background-tint: transparent; }
Tree { background: transparent; padding: 0; }
Input { background: $panel; }
Input:focus { background: $boost; background-tint: transparent; }
ModalScreen { align: center middle; }
ModalScreen > .window { width: 72; max-width: 96%; height: auto; max-height: 90%;
    background: $surface; border: round $accent; padding: 0 2; border-title-color: $text-accent; }
ModalScreen.-ascii > .window { border: ascii $accent; }
ModalScreen .buttons { height: 1; margin-top: 1; align-horizontal: right; }
ModalScreen Button { margin-left: 2; min-width: 10; }
ModalScreen Button, ModalScreen Button:hover { border: none; height: 1; text-style: none;
    background: $panel; color: $foreground; }
ModalScreen Button:focus { text-style: bold; background: $primary; color: $background; }
"""


class _PlainBar(ScrollBarRender):
    """Draw a scroll bar with spaces alone."""

    VERTICAL_BARS = [" "] * 8
    HORIZONTAL_BARS = [" "] * 8


def use_ascii() -> None:
    """Draw with ASCII alone: what style sheets cannot change is changed at the widgets."""
    words.use_ascii(True)
    ScrollBar.renderer = _PlainBar
    Tree.ICON_NODE = "+ "
    Tree.ICON_NODE_EXPANDED = "- "
