"""The frame of every screen: a head line, the body, the problem line, `Same as:`, the keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from app.site.draft import Draft
from screens.keybar import KeyBar
from screens.state import State
from screens.words import cell

SMALLEST = (60, 18)


class FrameScreen(Screen[None]):
    """Show one place of the app; a subclass gives the title, the body and the equal command."""

    TITLE_TEXT: ClassVar[str] = ""
    HELP_TEXT: ClassVar[str] = ""
    SECRET: ClassVar[bool] = False
    """Whether fields for secrets are shown, so that no picture of the screen may be saved."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Back")]
    DEFAULT_CSS = """
    FrameScreen { layout: vertical; }
    FrameScreen #head { height: 1; padding: 0 1; background: $panel; }
    FrameScreen #body { height: 1fr; padding: 0 1; }
    FrameScreen #foot { dock: bottom; height: auto; }
    FrameScreen #problem { height: auto; max-height: 4; padding: 0 1;
        color: $text-error; display: none; }
    FrameScreen #problem.-said { display: block; }
    FrameScreen #problem.-told { color: $foreground; }
    FrameScreen #same { height: 1; padding: 0 1; color: $text-muted;
        text-wrap: nowrap; text-overflow: ellipsis; }
    FrameScreen #small { display: none; height: 1fr; content-align: center middle; }
    FrameScreen.-small #head, FrameScreen.-small #body, FrameScreen.-small #foot { display: none; }
    FrameScreen.-small #small { display: block; }
    """

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self._told_of: Draft | None = None
        if state.ascii_only:
            self.add_class("-ascii")

    def compose(self) -> ComposeResult:
        """Lay out the frame around the body."""
        yield Static(id="head")
        with Vertical(id="body"):
            yield from self.body()
        with Vertical(id="foot"):
            yield Static(id="problem")
            yield Static(id="same")
            yield KeyBar()
        yield Static(id="small")

    def body(self) -> Iterable[Widget]:
        """Give the widgets of the body."""
        return ()

    def head(self) -> Text:
        """Give the head line."""
        return Text(self.TITLE_TEXT, style="bold")

    def same_as(self) -> str:
        """Give the headless command that does what this screen does; empty for none."""
        return ""

    def refresh_frame(self) -> None:
        """Draw the head and the equal command again; what was told of an older draft goes."""
        if self._told_of not in (None, self.state.draft):
            self.say("")
        self.query_one("#head", Static).update(self.head())
        command = self.same_as()
        text = cell(f"Same as: {command}" if command else "")
        self.query_one("#same", Static).update(text)

    def say(self, text: str, hint: str = "") -> None:
        """Say a problem in the line above the keys; an empty text takes it away."""
        line = self.query_one("#problem", Static)
        self._told_of = None
        line.remove_class("-told").set_class(bool(text), "-said")
        line.update(Text(f"!! {text}" + (f"\n   {hint}" if hint else "")))

    def tell(self, text: str) -> None:
        """Tell in the same line what was done; it goes away with the next change of the draft."""
        self.say("")
        self._told_of = self.state.draft
        self.query_one("#problem", Static).add_class("-said", "-told").update(Text(text))

    def on_mount(self) -> None:
        """Draw the frame for the first time."""
        self.refresh_frame()

    def on_screen_resume(self) -> None:
        """Draw the frame again: what it tells may have changed elsewhere."""
        self.refresh_frame()

    def on_resize(self, event: events.Resize) -> None:
        """Say so when the window is too small, and come back when it is not."""
        wide, high = event.size
        self.set_class(wide < SMALLEST[0] or high < SMALLEST[1], "-small")
        need = f"{SMALLEST[0]}x{SMALLEST[1]}"
        text = f"This window is {wide}x{high}; tlswright needs {need}.\n"
        text += "Make it larger: nothing is lost."
        self.query_one("#small", Static).update(Text(text, justify="center"))
        self.refresh_frame()

    def action_back(self) -> None:
        """Go back to where we came from."""
        if len(self.app.screen_stack) > 2:
            self.dismiss()

    def help_text(self) -> str:
        """Give what F1 says here, when no field has help of its own."""
        return self.HELP_TEXT
