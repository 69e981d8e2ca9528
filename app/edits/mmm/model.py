"""What was read from MMM's files, and what an edit gives back.  Values never show in repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Weight = Literal["fatal", "warn", "info"]


@dataclass(frozen=True, slots=True)
class Value:
    """Hold a value and where it stands; `line` is 0 for a default of MMM's.

    A value may be a password: it is left out of repr.
    """

    text: str = field(repr=False)
    file: str = ""
    line: int = 0

    @property
    def number(self) -> int:
        """Give the value as a port or count, or 0 where it is none."""
        plain = self.text.isascii() and self.text.isdecimal() and len(self.text) < 10
        return int(self.text) if plain else 0

    @property
    def place(self) -> str:
        """Give file and line, to show."""
        return f"{self.file}:{self.line}" if self.line else "a default of MMM"


@dataclass(frozen=True, slots=True)
class Trap:
    """Name something in a file that does not mean what it seems to.

    `id` is stable, see `app.edits.mmm.traps`.  With a `fatal` one MMM does not start.
    """

    id: str
    text: str
    hint: str
    file: str
    line: int
    weight: Weight

    def __str__(self) -> str:
        """Say where and what, as notes do."""
        at = f"{self.file}:{self.line}" if self.line else self.file
        return f"{at}: {self.text}"


@dataclass(frozen=True, slots=True)
class EditedConf:
    """Hold the new file (it may hold passwords) and what the user should know, line by line."""

    data: bytes = field(repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EditedFiles:
    """Hold the files that changed, by path, and what the user should know, line by line."""

    files: Mapping[str, bytes] = field(repr=False)
    notes: tuple[str, ...] = ()
