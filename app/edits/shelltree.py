"""Read a POSIX shell file as a tree of commands: which run always, and which only perhaps.

POSIX, Shell Command Language 2.9 and 2.10.  Nothing is ever run.  What dash and bash read
differently (arrays, `function`, `&>`, here-strings) is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.edits.shelltext import Word


@dataclass(frozen=True, slots=True)
class Assign:
    """`name=value`; `more` for bash's `name+=value`."""

    name: str
    start: int
    value: Word
    more: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: assignments, then its words; `assigns_too` are set by its redirections."""

    start: int
    end: int
    assigns: tuple[Assign, ...]
    words: tuple[Word, ...]
    redirected: bool = False
    assigns_too: frozenset[str] = frozenset()


BlockKind = Literal["group", "subshell", "choice", "loop", "function"]


@dataclass(frozen=True, slots=True)
class Block:
    """A compound command.

    `first` runs always.  Of the `ways`, one runs or, where the block is not `complete`, perhaps
    none; those of a loop may run often.  `name` is a function's, or the variable of a `for`.
    """

    kind: BlockKind
    start: int
    end: int
    first: tuple[Item, ...] = ()
    ways: tuple[tuple[Item, ...], ...] = ()
    complete: bool = False
    name: str = ""
    words: tuple[Word, ...] = ()


Node: TypeAlias = "Command | Block"


@dataclass(frozen=True, slots=True)
class Pipe:
    nodes: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """Pipelines joined by && and ||, up to the next `;`, `&` or line end."""

    start: int
    end: int
    first: Pipe
    rest: tuple[tuple[str, Pipe], ...] = ()
    background: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """A whole file; `returns` are the places of carriage returns in values that are set.

    Those in `broken` make a command fail.  `assigned` are variables that here-documents may set;
    nobody writes such things.
    """

    items: tuple[Item, ...]
    here_documents: tuple[int, ...] = ()
    returns: tuple[int, ...] = ()
    broken: tuple[int, ...] = ()
    assigned: frozenset[str] = frozenset()
