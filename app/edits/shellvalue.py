"""Values of shell variables whose every character knows where in the file it was written."""

from __future__ import annotations

from dataclasses import dataclass

from app.edits.shelltext import Expansion, Letter
from app.edits.shelltree import Assign


@dataclass(frozen=True, slots=True)
class Atom:
    """One character of a value, or (`text` empty) a piece that only a running shell knows.

    `start` and `end` are its place in the assignment that is read; a character that came in by
    `$name` has the place of `$name`, and `inner` is the atom of that variable's own value.
    """

    text: str
    raw: str
    start: int
    end: int
    quote: str
    name: str = ""
    inner: Atom | None = None

    @property
    def shown(self) -> str:
        return self.text or self.raw


@dataclass(frozen=True, slots=True)
class Loss:
    """Why a value cannot be known from the file, and the place that makes it so."""

    why: str
    at: int


@dataclass(frozen=True, slots=True)
class Value:
    """What a variable holds; `assign` is the assignment that gave it, None after `unset`."""

    atoms: tuple[Atom, ...] = ()
    at: int = 0
    assign: Assign | None = None
    lost: Loss | None = None

    @property
    def empty(self) -> bool | None:
        """Tell whether the value is the empty text; None where only a running shell knows."""
        if self.lost is not None:
            return None
        if any(atom.text for atom in self.atoms):
            return False
        return None if self.atoms else True

    @property
    def known(self) -> bool:
        return self.lost is None and all(atom.text for atom in self.atoms)

    @property
    def shown(self) -> str:
        """Give the value with unknown pieces as they are written."""
        return "".join(atom.shown for atom in self.atoms)

    def says(self) -> tuple[object, ...]:
        """Give what two values are compared by, wherever they stand."""
        if self.lost is not None:
            return ("lost", self.lost.why)
        return tuple((atom.text, "" if atom.text else atom.raw) for atom in self.atoms)


def letter_atom(letter: Letter) -> Atom:
    return Atom(letter.text, letter.text, letter.start, letter.end, letter.quote)


def unknown(part: Expansion) -> Atom:
    """Make the atom of an expansion that only a running shell can tell."""
    return Atom("", part.raw, part.start, part.end, part.quote, part.name)


def through(part: Expansion, atoms: tuple[Atom, ...], own: bool) -> tuple[Atom, ...]:
    """Carry a value over to where it is expanded; `own` where it is a variable's whole value."""
    return tuple(
        Atom(
            atom.text,
            atom.raw,
            part.start,
            part.end,
            part.quote,
            part.name if own else "",
            atom if own else None,
        )
        for atom in atoms
    )
