"""Change values inside YAML text and leave every other character as it is.

Dumping a round-tripped document moves comments, spaces and quotes that nobody asked to change;
cutting at the places that the parser reported cannot.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from app.errors import SiteError
from app.site import render
from app.site.report import Path
from app.site.scalars import double_quoted, scalar_text, single_quoted
from app.site.tree import Leaf, Map, Node, Plain, Seq, content_end, plain

Defaults = Callable[[Path], Mapping[str, Plain]]


def splice(text: str, root: Node, want: Plain, defaults: Defaults) -> str:
    """Give the text changed so that it holds `want`.

    A key that is not wanted stays when it has a default at its path and holds it, is set to that
    default when it holds something else, and goes when it has none.  Raises SiteError where a
    change would lose a comment or has no safe place.
    """
    splicer = _Splicer(text, defaults)
    splicer.sync(root, want, (), 0)
    return splicer.result()


@dataclass(slots=True)
class _Splicer:
    text: str
    defaults: Defaults
    cuts: list[tuple[int, int, str]] = field(default_factory=list)

    def result(self) -> str:
        text = self.text
        # From the back; of two insertions at one place the inner was noted first and stays first.
        order = sorted(range(len(self.cuts)), key=lambda i: (*self.cuts[i][:2], i), reverse=True)
        for start, end, new in (self.cuts[i] for i in order):
            text = text[:start] + new + text[end:]
        return text

    def sync(self, node: Node, want: Plain, path: Path, indent: int | None) -> None:
        """Make a node hold what is wanted; `indent` is that of its key, None inside brackets."""
        if self._holds(node, want, path):
            return
        if isinstance(node, Map) and isinstance(want, Mapping) and not node.at.alias:
            self._map(node, want, path, indent)
        elif isinstance(node, Seq) and isinstance(want, list) and not node.at.alias:
            self._seq(node, want, path, indent)
        else:
            self._replace(node, want, indent)

    def _holds(self, node: Node, want: Plain, path: Path) -> bool:
        if isinstance(node, Map) and isinstance(want, Mapping):
            base = self.defaults(path)
            known = all(e.key.raw in want or e.key.raw in base for e in node.entries)
            whole = all(node.get(key) is not None for key in want)
            return known and whole and all(
                self._holds(e.value, want.get(e.key.raw, base.get(e.key.raw)), (*path, e.key.raw))
                for e in node.entries
            )  # fmt: skip
        if isinstance(node, Seq) and isinstance(want, list):
            return len(node.items) == len(want) and all(
                self._holds(item, one, (*path, i))
                for i, (item, one) in enumerate(zip(node.items, want, strict=True))
            )
        if isinstance(node, Leaf) and node.value is None:
            return want in ("", [], {}, None) and not isinstance(want, bool)
        return isinstance(node, Leaf) and type(node.value) is type(want) and node.value == want

    def _map(self, node: Map, want: Mapping[str, Plain], path: Path, indent: int | None) -> None:
        base = self.defaults(path)
        inner = None if node.flow else node.at.column - 1
        doomed: set[int] = set()
        for i, entry in enumerate(node.entries):
            key = entry.key.raw
            if key in want or key in base:
                self.sync(entry.value, want.get(key, base.get(key)), (*path, key), inner)
            else:
                doomed.add(i)
        fresh = [key for key in want if node.get(key) is None]
        spans = [(e.key.at.start, content_end(e.value)) for e in node.entries]
        if node.flow or not node.entries:
            texts = [f"{scalar_text(key)}: {render.flow(want[key])}" for key in fresh]
            self._flow(node, spans, doomed, {len(spans): texts}, want, indent)
            return
        for i in doomed:
            self._drop_lines(*spans[i], "")
        lines = [line for key in fresh for line in render.entry(key, want[key], inner or 0)]
        self._insert_after(spans[-1][1], lines)

    def _seq(self, node: Seq, want: list[Plain], path: Path, indent: int | None) -> None:
        inner = None if node.flow else node.at.column - 1
        doomed: set[int] = set()
        added: dict[int, list[Plain]] = {}
        for i1, i2, j1, j2 in _differences(node, want):
            shared = min(i2 - i1, j2 - j1)
            for k in range(shared):
                self.sync(node.items[i1 + k], want[j1 + k], (*path, i1 + k), inner)
            doomed.update(range(i1 + shared, i2))
            if j2 - j1 > shared:
                added[i1 + shared] = want[j1 + shared : j2]
        spans = [(item.at.start, content_end(item)) for item in node.items]
        if node.flow or not node.items:
            texts = {i: [render.flow(one) for one in new] for i, new in added.items()}
            self._flow(node, spans, doomed, texts, want, indent)
            return
        for i in doomed:
            self._drop_lines(*spans[i], "-")
        for i, new in added.items():
            lines = [line for one in new for line in render.item_lines(one, inner or 0)]
            if i:
                self._insert_after(spans[i - 1][1], lines)
            else:
                self._insert_before(spans[0][0], lines)

    def _flow(
        self,
        node: Map | Seq,
        spans: list[tuple[int, int]],
        doomed: set[int],
        added: Mapping[int, list[str]],
        want: Plain,
        indent: int | None,
    ) -> None:
        """Take items out of brackets and put others in."""
        kept = [i for i in range(len(spans)) if i not in doomed]
        if not kept:
            self._replace(node, want, indent)
            return
        for i in doomed:
            self.cuts.append((*self._flow_cut(spans, i, before=any(k < i for k in kept)), ""))
        for i, texts in added.items():
            earlier = [k for k in kept if k < i]
            if earlier:
                end = spans[max(earlier)][1]
                self.cuts.append((end, end, "".join(f", {text}" for text in texts)))
            else:
                start = spans[kept[0]][0]
                self.cuts.append((start, start, "".join(f"{text}, " for text in texts)))

    def _flow_cut(self, spans: list[tuple[int, int]], i: int, *, before: bool) -> tuple[int, int]:
        start, end = spans[i]
        if before and "#" not in self.text[spans[i - 1][1] : start]:
            return spans[i - 1][1], end
        return start, (spans[i + 1][0] if i + 1 < len(spans) else end)

    def _replace(self, node: Node, want: Plain, indent: int | None) -> None:
        start, end = node.at.start, content_end(node)
        empty = start == end
        if not isinstance(node, Leaf) and "#" in self.text[start:end]:
            self._refuse(node, "there is a comment inside of what would be replaced")
        if empty and indent is not None and isinstance(want, Mapping | list):
            self._insert_after(end, _lines(want, indent + 2))
            return
        if isinstance(node, Leaf) and isinstance(want, str):
            new = _in_style(node, want)
        else:
            new = render.flow(want)
        tail = "\n" if self.text[start:end].endswith("\n") else ""
        self.cuts.append((start, end, (" " if empty else "") + new + tail))

    def _drop_lines(self, start: int, end: int, lead: str) -> None:
        line = self.text.rfind("\n", 0, start) + 1
        if self.text[line:start].strip() != lead:
            where = f"line {self.text.count(chr(10), 0, start) + 1}"
            raise SiteError("cannot be rewritten in place", where=where, hint=_BY_HAND)
        self.cuts.append((line, self._line_end(end), ""))

    def _insert_after(self, end: int, lines: Iterable[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        if not text:
            return
        at = self._line_end(end)
        lead = "\n" if at == len(self.text) and not self.text.endswith("\n") else ""
        self.cuts.append((at, at, lead + text))

    def _insert_before(self, start: int, lines: Iterable[str]) -> None:
        at = self.text.rfind("\n", 0, start) + 1
        if self.text[at:start].strip() != "-":
            where = f"line {self.text.count(chr(10), 0, start) + 1}"
            raise SiteError("cannot be rewritten in place", where=where, hint=_BY_HAND)
        self.cuts.append((at, at, "".join(f"{line}\n" for line in lines)))

    def _line_end(self, end: int) -> int:
        """Give the offset after the line end that follows; block text ends after its own."""
        if end and self.text[end - 1] == "\n":
            return end
        found = self.text.find("\n", end)
        return len(self.text) if found < 0 else found + 1

    def _refuse(self, node: Node, why: str) -> None:
        place = f"line {node.at.line}"
        raise SiteError(f"cannot be rewritten in place: {why}", where=place, hint=_BY_HAND)


_BY_HAND = "Change it by hand, or write this part as one `key: value` a line."


def _lines(want: Plain, indent: int) -> list[str]:
    if isinstance(want, Mapping):
        return render.block(want, indent)
    return [line for one in want for line in render.item_lines(one, indent)]


def _in_style(node: Leaf, want: str) -> str:
    if node.style == '"':
        return double_quoted(want)
    return single_quoted(want) if node.style == "'" else scalar_text(want)


def _differences(node: Seq, want: list[Plain]) -> list[tuple[int, int, int, int]]:
    """Give the ranges that differ; lists of mappings are compared item by item."""
    if any(isinstance(one, Mapping) for one in want):
        return [(0, len(node.items), 0, len(want))]
    old = [json.dumps(plain(item)) for item in node.items]
    matcher = SequenceMatcher(None, old, [json.dumps(one) for one in want], autojunk=False)
    return [code[1:] for code in matcher.get_opcodes() if code[0] != "equal"]
