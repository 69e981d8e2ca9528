"""Read typed values out of a tree, noting what is wrong instead of stopping at it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from app.model import Scalar
from app.site.checks import names_secret
from app.site.report import Issue, Path, nearest
from app.site.scalars import double_quoted
from app.site.tree import Leaf, Map, Node, Seq

NO_SECRETS = "secrets do not stand in this file"
VAULT_HINT = "Secrets belong in the vault: remove it here, tlswright asks for it or makes one."


@dataclass(slots=True)
class Reading:
    """Collect the issues of one file while its values are read."""

    issues: list[Issue] = field(default_factory=list)

    def note(self, path: Path, text: str, hint: str = "", *, at_key: bool = False) -> None:
        """Note one problem."""
        self.issues.append(Issue(path, text, hint, at_key))

    def mapping(self, node: Node | None, path: Path) -> dict[str, Node]:
        """Give the entries of a mapping; an empty value is an empty mapping."""
        if isinstance(node, Map):
            return {entry.key.raw: entry.value for entry in node.entries}
        if node is not None and not _is_empty(node):
            self.note(path, "must hold keys and values", "Write it as `key: value`, one a line.")
        return {}

    def keyed(self, node: Node | None, path: Path, known: Collection[str]) -> dict[str, Node]:
        """Give the known entries of a mapping; notes the others with the nearest known key."""
        found = self.mapping(node, path)
        for key in found:
            if key not in known:
                self._unknown(key, path, known)
        return {key: value for key, value in found.items() if key in known}

    def _unknown(self, key: str, path: Path, known: Collection[str]) -> None:
        if names_secret(key):
            self.note((*path, key), NO_SECRETS, VAULT_HINT, at_key=True)
        elif key == "<<":
            hint = "Write its keys out: YAML 1.2 has no merge keys."
            self.note((*path, key), "is not a key here", hint, at_key=True)
        else:
            self.note((*path, key), "is not a key here", nearest(key, known), at_key=True)

    def items(self, node: Node | None, path: Path, example: str) -> tuple[Node, ...]:
        """Give the items of a list; an empty value is an empty list."""
        if isinstance(node, Seq):
            return node.items
        if node is not None and not _is_empty(node):
            self.note(path, "must be a list", f"Write it like {example}.")
        return ()

    def text(self, node: Node | None, path: Path, default: str = "") -> str:
        """Give a text."""
        if node is None:
            return default
        if isinstance(node, Leaf):
            if isinstance(node.value, str):
                return node.value
            if node.value is None:
                return ""
            self.note(path, "must be text", f"Put it in quotes: {double_quoted(node.raw)}")
            return node.raw
        self.note(path, "must be text")
        return default

    def whole(self, node: Node | None, path: Path, default: int) -> int:
        """Give a whole number."""
        if node is None:
            return default
        value = node.value if isinstance(node, Leaf) else None
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        quoted = isinstance(value, str) and value.isascii() and value.isdigit()
        self.note(path, "must be a whole number", "Write it without quotes." if quoted else "")
        return default

    def choice(self, node: Node | None, path: Path, words: tuple[str, ...], default: str) -> str:
        """Give one of some words."""
        if node is None:
            return default
        value = self.text(node, path, default)
        if value in words:
            return value
        if not any(issue.path == path for issue in self.issues):
            self.note(path, f"must be {' or '.join(words)}", nearest(value, words))
        return default

    def texts(self, node: Node | None, path: Path, example: str) -> tuple[str, ...]:
        """Give a list of texts."""
        items = self.items(node, path, example)
        return tuple(self.text(item, (*path, i)) for i, item in enumerate(items))

    def scalar(self, node: Node, path: Path) -> Scalar | None:
        """Give the value of an option; None, with a note, for what is no single value."""
        if isinstance(node, Leaf) and isinstance(node.value, str | int | bool):
            return node.value
        if isinstance(node, Leaf) and node.value is None:
            return ""
        if isinstance(node, Leaf):
            return node.raw
        self.note(path, "must be one value")
        return None


def _is_empty(node: Node) -> bool:
    return isinstance(node, Leaf) and node.value is None
