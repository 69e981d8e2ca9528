"""Problems of a site as data, and how they become errors with a place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from app.errors import SiteError
from app.site.tree import Node, Place, find

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """Say what is wrong at one path of the site, e.g. ("hosts", "hub", "port").

    `at_key` points to the key rather than to its value.
    """

    path: Path
    text: str
    hint: str = ""
    at_key: bool = False

    @property
    def key(self) -> str:
        """Give the path as one dotted key."""
        return ".".join(str(step) for step in self.path)


class Fault(str):
    """Say what is wrong with a topology: a sentence that knows which answer it is about.

    `key` is `names`, `links` or an option's key, `host` whose answer it is; a plain sentence is
    about the hosts and their roles.
    """

    key: str
    host: str

    __slots__ = ("host", "key")

    def __new__(cls, text: str, key: str, host: str = "") -> Fault:
        """Put a sentence to its answer."""
        made = super().__new__(cls, text)
        made.key, made.host = key, host
        return made


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, as a hint; else list the known ones."""
    words = sorted(known)
    if not words:
        return ""
    near = get_close_matches(word.lower(), words, 1, cutoff=0.6)
    near = near or [one for one in words if len(word) > 2 and one.startswith(word.lower())]
    if near:
        return f"Did you mean {near[0]}?"
    shown = ", ".join(words[:12]) + (", …" if len(words) > 12 else "")
    return f"Known here: {shown}."


def to_errors(
    issues: Sequence[Issue], root: Node, name: str, faults: Sequence[SiteError] = ()
) -> tuple[SiteError, ...]:
    """Give each issue its line and column, in the order of the file; one per path."""
    placed: dict[str, tuple[Place, Issue]] = {}
    for issue in issues:
        placed.setdefault(issue.key, (find(root, issue.path, at_key=issue.at_key), issue))
    found = [
        (
            (place.line, place.column),
            SiteError(
                f"{issue.key}: {issue.text}" if issue.key else issue.text,
                hint=issue.hint,
                where=f"{name}:{place.line}:{place.column}",
                key=issue.key,
            ),
        )
        for place, issue in placed.values()
    ]
    found += [(_position(fault), fault) for fault in faults]
    return tuple(error for _, error in sorted(found, key=lambda pair: pair[0]))


def raise_all(errors: Sequence[SiteError]) -> None:
    """Raise the first error with the others in its `others`; nothing when there are none."""
    if errors:
        first, *rest = errors
        first.others = tuple(rest)
        raise first


def _position(error: SiteError) -> tuple[int, int]:
    _, line, column = error.where.rsplit(":", 2)
    return int(line), int(column)
