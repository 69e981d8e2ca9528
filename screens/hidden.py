"""A field for a secret: what is typed is never drawn."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Input


class Hidden(Input):
    """Draw a star for each character, which every terminal has."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(password=True, compact=True, select_on_focus=False, id=id)

    @property
    def _value(self) -> Text:
        return Text("*" * len(self.value), no_wrap=True, overflow="ignore", end="")
