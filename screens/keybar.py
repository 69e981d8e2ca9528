"""The line of keys: what can be pressed here, as much as fits, each part a button for the mouse."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.screen import Screen
from textual.widget import Widget

LAST = ("help", "log", "commands", "command_palette")
"""What works everywhere: F1 always has its place, the others where there is room."""


class KeyBar(Widget):
    """Show this screen's keys first; F1 tells those that do not fit."""

    DEFAULT_CSS = """
    KeyBar { height: 1; padding: 0 1; background: $panel; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._again)

    def _again(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            self.refresh()

    def _keys(self) -> list[tuple[str, str, str]]:
        """Give (key, words, action), this screen's first and F1 next."""
        own: list[tuple[str, str, str]] = []
        last: dict[str, tuple[str, str, str]] = {}
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            name = binding.action.rpartition(".")[2]
            if not binding.show or not active.enabled or binding.action in seen:
                continue
            seen.add(binding.action)
            row = (self.app.get_key_display(binding), binding.description, binding.key)
            if name in LAST:
                last[name] = row
            else:
                own.append(row)
        ranked = [last[name] for name in LAST if name in last]
        return [*own, *ranked] if not ranked else [*own[:12], *ranked]

    def render(self) -> Text:
        """Draw as many keys as fit; F1 is never left out."""
        keys, width = self._keys(), self.size.width - 2
        helps = [k for k in keys if k[2].startswith("f1")]
        room = width - sum(len(k) + len(w) + 3 for k, w, _ in helps)
        text, self._spans = Text(no_wrap=True), []
        for key, words, press in keys:
            wide = len(key) + len(words) + 3
            if press.startswith("f1"):
                room += wide
            if text.cell_len + wide - 2 > room:
                continue
            start = text.cell_len
            text.append(f"{key} ", style="bold #d7af5f").append(f"{words}  ")
            self._spans.append((start, text.cell_len - 2, press.split(",")[0]))
        return text

    async def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        at = event.x - 1
        for start, end, press in self._spans:
            if start <= at < end:
                self.app.simulate_key(press)
                return
