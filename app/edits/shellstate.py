"""What the variables of a shell hold at one point of a file, and what is not known of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.edits.shelltext import Expansion, Letter, Part
from app.edits.shelltree import Assign, Block
from app.edits.shellvalue import Atom, Loss, Value, letter_atom, through, unknown

_MOST = 300_000
_COMMAND = 10


class TooLongError(Exception):
    """Values double and double, or functions call functions: the place."""


@dataclass
class State:
    """The variables at one point, and what may have happened to all of them.

    `everything` is set where any variable may have changed, `ended` where the file may already
    have been left; a name that is in neither comes from the environment.  `touched` are names
    that were set since the last copy, `fixed` those that are read-only and since where, `calls`
    the functions that are being run, `steps` the characters and commands so far, shared by all
    copies.
    """

    variables: dict[str, Value] = field(default_factory=dict)
    everything: Loss | None = None
    ended: Loss | None = None
    functions: dict[str, Block] = field(default_factory=dict)
    fixed: dict[str, int] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    calls: tuple[str, ...] = ()
    steps: list[int] = field(default_factory=lambda: [0])

    def step(self, at: int) -> None:
        """Count a command; raises TooLongError where there are more than any file needs."""
        self._spend(_COMMAND, at)

    def _spend(self, cost: int, at: int) -> None:
        self.steps[0] += cost
        if self.steps[0] > _MOST:
            raise TooLongError(at)

    def value(self, name: str) -> Value | None:
        """Give a variable's value; None where the file never sets it."""
        if name in self.variables:
            return self.variables[name]
        return Value(lost=self.everything) if self.everything else None

    def assign(self, one: Assign, atoms: tuple[Atom, ...]) -> None:
        value = Value(_with_tilde(atoms, one), one.start, one)
        if one.more:
            value = Value(at=one.start, lost=Loss("is set by +=, which only some shells know", 0))
        self.give(one.name, value)

    def give(self, name: str, value: Value) -> None:
        self.touched.add(name)
        if value.lost is not None:
            value = replace(value, lost=replace(value.lost, at=value.at))
        if name in self.fixed:
            value = Value(at=value.at, lost=Loss("is set again after readonly", value.at))
        if self.ended is not None:
            value = Value(at=value.at, lost=replace(self.ended, at=value.at))
        self.variables[name] = value

    def lose(self, name: str, loss: Loss) -> None:
        self.touched.add(name)
        self.variables[name] = Value(at=loss.at, lost=loss)

    def lose_all(self, loss: Loss) -> None:
        self.everything = self.everything or loss
        for name in self.variables:
            self.lose(name, loss)

    def end(self, at: int) -> None:
        """Take down that the file may be left here."""
        self.ended = self.ended or Loss("may not be reached any more", at)

    def copy(self) -> State:
        return State(
            dict(self.variables),
            self.everything,
            self.ended,
            dict(self.functions),
            dict(self.fixed),
            set(),
            self.calls,
            self.steps,
        )

    def join(self, others: list[State], loss: Loss) -> None:
        """Become what is sure whichever of `others` it was."""
        names = set(self.variables).union(*(other.variables for other in others))
        merged: dict[str, Value] = {}
        for name in names:
            values = [other.value(name) for other in others]
            first = values[0]
            if first is not None and all(value == first for value in values):
                merged[name] = first
            else:
                at = max((v.at for v in values if v is not None and not v.lost), default=loss.at)
                lost = next((v.lost for v in values if v is not None and v.lost), None)
                merged[name] = Value(at=at, lost=lost or replace(loss, at=at))
        self.variables = merged
        for other in others:
            self.everything = self.everything or other.everything
            self.ended = self.ended or other.ended
            self.functions |= other.functions
            self.fixed |= other.fixed
            self.touched |= other.touched

    def take_over(self, other: State, names: set[str], loss: Loss) -> None:
        """Lose what commands that ran an unknown number of times have touched."""
        self.everything = self.everything or other.everything
        self.ended = self.ended or other.ended
        self.functions |= other.functions
        for name in other.touched | names:
            self.lose(name, loss)
        if other.everything:
            self.lose_all(other.everything)

    def expand(self, parts: tuple[Part, ...]) -> tuple[Atom, ...]:
        atoms: list[Atom] = []
        for part in parts:
            new = (letter_atom(part),) if isinstance(part, Letter) else self._expansion(part)
            self._spend(len(new), part.start)
            atoms += new
        return tuple(atoms)

    def _expansion(self, part: Expansion) -> tuple[Atom, ...]:
        atoms = self._parameter(part)
        for name in part.assigns:
            before = self.value(name)
            settled = name == part.name and before is not None and before.empty is False
            if not settled:
                self.lose(name, Loss("is set only where it was empty", part.start))
        return atoms

    def _parameter(self, part: Expansion) -> tuple[Atom, ...]:
        value = self.value(part.name) if part.name else None
        if value is None or value.lost is not None:
            return (unknown(part),)
        operator = part.operator
        if operator == "" or (operator in (":-", ":=", ":?") and value.empty is False):
            return through(part, value.atoms, own=True)
        if operator in (":-", ":=") and value.empty:
            return through(part, self.expand(part.operand), own=False)
        if operator == ":+" and value.empty is not None:
            atoms = () if value.empty else self.expand(part.operand)
            return through(part, atoms, own=False)
        return (unknown(part),)


def _with_tilde(atoms: tuple[Atom, ...], one: Assign) -> tuple[Atom, ...]:
    """Make unknown what a shell takes for a home directory: ~ at the start, or behind a colon."""
    changed: list[Atom] = []
    for atom in atoms:
        bare = atom.text == "~" and not atom.quote and not atom.name
        if bare and (not changed or changed[-1].text == ":"):
            atom = replace(atom, text="")
        changed.append(atom)
    return tuple(changed)
