"""The frame of a short question."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class Window(ModalScreen[Answer | None]):
    """Ask one thing over the screen below; Esc gives None."""

    SECRET: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Back")]

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        if ascii_only:
            self.add_class("-ascii")

    def action_cancel(self) -> None:
        """Close the window without an answer."""
        self.dismiss(None)
