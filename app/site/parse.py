"""Build the tree from the text of a YAML file, within bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from app.errors import SiteError
from app.site.scalars import resolve
from app.site.tree import MAX_BYTES, MAX_DEPTH, MAX_NODES, Entry, Leaf, Map, Node, Place, Seq


def decode(data: bytes, name: str) -> str:
    """Give the text of a file: UTF-8, without byte order mark, lines ending in a line feed.

    Raises SiteError naming the line of the first byte that is not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise SiteError(f"is larger than {MAX_BYTES // 1024} KiB", where=name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - before.rfind(b"\n")
        raise SiteError(
            "is not UTF-8 text", where=f"{name}:{line}:{column}", hint="Save it as UTF-8."
        ) from None
    return text.replace("\r\n", "\n")


def parse_tree(text: str, name: str) -> tuple[Node | None, tuple[SiteError, ...]]:
    """Parse one YAML document; None when it holds nothing.

    Duplicate keys are given beside the tree, so that they can be told with other problems; what
    leaves no tree (syntax, tags, depth, size) raises SiteError.  `name` is the file in its `where`.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    if len(text) > MAX_BYTES:
        raise SiteError(f"is larger than {MAX_BYTES // 1024} KiB", where=name)
    if found := re.search(
        "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text
    ):
        _refuse_character(text, found.start(), name)
    builder = _Builder(name, text)
    try:
        for event in YAML(typ="rt", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise SiteError(
            f"is not valid YAML: {error.problem or error.context}", where=where, hint=_SYNTAX_HINT
        ) from None
    except (YAMLError, ValueError) as error:
        raise SiteError(f"is not valid YAML: {type(error).__name__}", where=name) from None
    return builder.root, tuple(builder.faults)


_SYNTAX_HINT = "Look for a missing colon, quote or bracket, a tab, or an indent that differs."


def _refuse_character(text: str, index: int, name: str) -> NoReturn:
    line = text.count("\n", 0, index) + 1
    column = index - text.rfind("\n", 0, index)
    raise SiteError(
        f"holds the character U+{ord(text[index]):04X}, which YAML does not allow",
        where=f"{name}:{line}:{column}",
    )


@dataclass(slots=True)
class _Open:
    """A collection that has begun and not ended."""

    start: Any
    anchor: str
    flow: bool
    is_map: bool
    children: list[Node] = field(default_factory=list)
    size: int = 1


@dataclass(slots=True)
class _Builder:
    name: str
    text: str
    root: Node | None = None
    faults: list[SiteError] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    documents: int = 0
    nodes: int = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._begin(event, kind == "MappingStartEvent")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._end(event)
        elif kind == "ScalarEvent":
            self._scalar(event)
        elif kind == "AliasEvent":
            self._alias(event)
        elif kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                self._refuse(event, "holds more than one document", "Remove what follows `---`.")
            if event.version or event.tags:
                self._refuse(event, "has a YAML directive", "Remove the line that begins with %.")

    def _begin(self, event: Any, is_map: bool) -> None:
        self._check_tag(event)
        if len(self.stack) >= MAX_DEPTH:
            self._refuse(event, f"is nested more than {MAX_DEPTH} deep")
        self.stack.append(_Open(event, event.anchor or "", bool(event.flow_style), is_map))

    def _end(self, event: Any) -> None:
        done = self.stack.pop()
        start = done.start.start_mark
        place = Place(start.index, event.end_mark.index, start.line + 1, start.column + 1)
        node: Node
        if done.is_map:
            node = Map(place, self._entries(done.children), done.flow, done.size)
        else:
            node = Seq(place, tuple(done.children), done.flow, done.size)
        self._add(node, done.anchor, event)

    def _entries(self, children: list[Node]) -> tuple[Entry, ...]:
        entries: dict[str, Entry] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            where = f"{self.name}:{key.at.line}:{key.at.column}"
            if not isinstance(key, Leaf):
                self.faults.append(SiteError("a key must be a word", where=where))
            elif key.raw in entries:
                first = entries[key.raw].key.at.line
                self.faults.append(
                    SiteError(
                        f"the key {key.raw!r} is here twice",
                        where=where,
                        key=key.raw,
                        hint=f"It is also in line {first}: keep one of them.",
                    )
                )
            else:
                entries[key.raw] = Entry(key, self._beside(key, value))
        return tuple(entries.values())

    def _beside(self, key: Leaf, value: Node) -> Node:
        """Put an empty value right after its key's colon: the parser puts it after comments."""
        if value.at.start != value.at.end:
            return value
        colon = self.text.find(":", key.at.end)
        if colon < 0 or self.text[key.at.end : colon].strip(" "):
            return value
        column = key.at.column + colon + 1 - key.at.start
        return replace(value, at=Place(colon + 1, colon + 1, key.at.line, column))

    def _scalar(self, event: Any) -> None:
        self._check_tag(event)
        style = event.style or ""
        value = event.value if style else resolve(event.value)
        node = Leaf(_place(event), value, event.value, style)
        self._add(node, event.anchor or "", event)

    def _alias(self, event: Any) -> None:
        target = self.anchors.get(event.anchor)
        if target is None:
            self._refuse(event, f"refers to *{event.anchor}, which is not defined before it")
        self._add(replace(target, at=replace(_place(event), alias=True)), "", event)

    def _add(self, node: Node, anchor: str, event: Any) -> None:
        self.nodes += node.size if node.at.alias else 1
        if self.nodes > MAX_NODES:
            self._refuse(event, f"holds more than {MAX_NODES} values")
        if anchor:
            self.anchors[anchor] = node
        if self.stack:
            self.stack[-1].children.append(node)
            self.stack[-1].size += node.size
        else:
            self.root = node

    def _check_tag(self, event: Any) -> None:
        if event.ctag is not None:
            self._refuse(
                event, "has a YAML tag", "Remove the word that begins with an exclamation mark."
            )

    def _refuse(self, event: Any, text: str, hint: str = "") -> NoReturn:
        mark = event.start_mark
        raise SiteError(text, where=f"{self.name}:{mark.line + 1}:{mark.column + 1}", hint=hint)


def _place(event: Any) -> Place:
    start = event.start_mark
    return Place(start.index, event.end_mark.index, start.line + 1, start.column + 1)
