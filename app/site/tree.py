"""The parsed text of a YAML file with the place of every value, and nothing else.

The tree is built from the parser's events, so that no tag makes an object, no alias is copied out
without bound, nothing recurses into hostile input, and a rewrite can cut exactly what changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.model import Scalar

Plain = Any
"""A scalar, or lists and dicts of them."""

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 16
MAX_NODES = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """Say where a node stands: offsets into the text, and line and column counted from 1."""

    start: int
    end: int
    line: int
    column: int
    alias: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """Hold one scalar; `raw` is its text without quotes, `style` its quote, `|`, `>` or empty."""

    at: Place
    value: Scalar | float | None
    raw: str = ""
    style: str = ""
    size: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one key and its value."""

    key: Leaf
    value: Node


@dataclass(frozen=True, slots=True)
class Map:
    """Hold a mapping; keys are unique texts."""

    at: Place
    entries: tuple[Entry, ...]
    flow: bool
    size: int = 1

    def get(self, key: str) -> Node | None:
        """Give the value of a key."""
        return next((e.value for e in self.entries if e.key.raw == key), None)


@dataclass(frozen=True, slots=True)
class Seq:
    """Hold a list."""

    at: Place
    items: tuple[Node, ...]
    flow: bool
    size: int = 1


Node = Leaf | Map | Seq


def plain(node: Node) -> Plain:
    """Give the node as lists, dicts and scalars."""
    if isinstance(node, Map):
        return {e.key.raw: plain(e.value) for e in node.entries}
    if isinstance(node, Seq):
        return [plain(item) for item in node.items]
    return node.value


def content_end(node: Node) -> int:
    """Give the offset after the node's last character, comments and blank lines not counted."""
    if isinstance(node, Leaf) or node.at.alias or node.flow:
        return node.at.end
    if isinstance(node, Map):
        return content_end(node.entries[-1].value) if node.entries else node.at.end
    return content_end(node.items[-1]) if node.items else node.at.end


def find(root: Node, path: tuple[str | int, ...], *, at_key: bool = False) -> Place:
    """Give the place of the deepest node on a path; with `at_key` that of its key."""
    node, place = root, root.at
    for step in path:
        if isinstance(node, Map) and isinstance(step, str):
            entry = next((e for e in node.entries if e.key.raw == step), None)
            if entry is None:
                return place
            empty = isinstance(entry.value, Leaf) and entry.value.at.start == entry.value.at.end
            node = entry.value
            # The place of a nested block is its first line: the key above tells more.
            block = isinstance(node, Map | Seq) and not node.flow
            place = entry.key.at if at_key or empty or block else node.at
        elif isinstance(node, Seq) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = node.at
        else:
            return place
    return place
