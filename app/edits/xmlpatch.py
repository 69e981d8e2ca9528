"""Changes to an XML file, collected and applied once; every other byte stays."""

from __future__ import annotations

from collections.abc import Sequence

from app.edits.layout import (
    Node,
    Style,
    after_line,
    blank_line_at,
    child_indent,
    indent_before,
    line_above,
    line_start,
    render_block,
    render_line,
    stands_alone,
    style_of,
)
from app.edits.xmltags import Span, quote_attribute
from app.edits.xmltext import Document, Element


def splice(text: bytes, edits: Sequence[tuple[Span, bytes]]) -> bytes:
    """Replace each span by its bytes; edits at one place keep their order.

    Raises ValueError where spans overlap, which only a fault in the caller can cause.
    """
    parts = []
    position = 0
    for span, new in sorted(edits, key=lambda edit: (edit[0].start, edit[0].end)):
        if span.start < position:
            raise ValueError(f"edits overlap at {span.start}")
        parts += [text[position : span.start], new]
        position = span.end
    return b"".join([*parts, text[position:]])


class Patch:
    """Collect changes to one document; `result` gives the new file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._text = document.text
        self._edits: list[tuple[Span, bytes]] = []

    def result(self) -> bytes:
        """Apply all changes, in the file's own encoding."""
        return self.document.encoded.back(splice(self._text, self._edits))

    def set_attribute(self, element: Element, name: str, value: str) -> None:
        """Give an attribute its value where it stands, or add it after the last one.

        Does nothing where the attribute already reads as `value`, however it is written.
        """
        if element.values.get(name) == value:
            return
        for attribute in element.tag.attributes:
            if attribute.name == name:
                self._replace(attribute.value, quote_attribute(value, attribute.mark))
                return
        gap, mark = self._manner(element)
        end = element.tag.attributes_end
        self._replace(Span(end, end), f"{gap}{name}={quote_attribute(value, mark)}")

    def drop_attribute(self, element: Element, name: str) -> None:
        """Take an attribute out, with the white space before it."""
        for attribute in element.tag.attributes:
            if attribute.name == name:
                self._replace(attribute.whole, "")

    def append(self, parent: Element, nodes: Sequence[Node]) -> None:
        """Add children at the end of `parent`, once for each parent."""
        if not nodes:
            return
        start, close = parent.tag.span.start, parent.close.start
        style = style_of(self.document, start)
        blank = not self._text[parent.body.start : parent.body.end].strip()
        if not parent.tag.empty and indent_before(self._text, close) is not None:
            indent = child_indent(self.document, parent, style)
            at = line_start(self._text, close)
            self._replace(Span(at, at), _block(nodes, indent, style))
        elif not parent.tag.empty and not blank:
            self._replace(Span(close, close), _line(nodes))
        else:
            self._fill(parent, nodes, style)

    def insert_sorted(self, parent: Element, nodes: Sequence[Node]) -> None:
        """Add children where the alphabet puts them among the parent's own, by local name.

        Schemas of ActiveMQ before the choice group accept no other order.
        """
        nodes = sorted(nodes, key=lambda node: node.name)
        if not parent.children:
            self.append(parent, nodes)
            return
        for node in nodes:
            self._insert(parent, node)

    def remove(self, element: Element) -> None:
        """Take an element out, with its lines where nothing else stands on them.

        Of two empty lines around it one goes too: the one that was inserted with it.
        """
        self._cut(element.span, tidy=True)

    def unwrap(self, element: Element) -> None:
        """Take the tags of an element out and leave what stands between them."""
        self._cut(element.tag.span)
        self._cut(element.close)

    def _insert(self, parent: Element, node: Node) -> None:
        at = parent.body.start
        for child in parent.children:
            if child.namespace == parent.namespace and child.local > node.name.rpartition(":")[2]:
                break
            at = child.span.end
        next_line = after_line(self._text, at)
        if next_line is None:
            self._replace(Span(at, at), render_line(node))
            return
        style = style_of(self.document, next_line)
        block = render_block(node, child_indent(self.document, parent, style), style)
        if blank_line_at(self._text, next_line):
            block = style.newline + block
        self._replace(Span(next_line, next_line), block)

    def _fill(self, parent: Element, nodes: Sequence[Node], style: Style) -> None:
        """Put the first children into an element that has none."""
        indent = indent_before(self._text, parent.tag.span.start)
        alone = stands_alone(self._text, parent.span.start, parent.span.end)
        inner = _line(nodes)
        if indent is not None and alone is not None:
            inner = style.newline + _block(nodes, indent + style.unit, style) + indent
        if not parent.tag.empty:
            self._replace(parent.body, inner)
            return
        end = Span(parent.tag.attributes_end, parent.tag.span.end)
        self._replace(end, f">{inner}</{parent.name}>")

    def _cut(self, span: Span, *, tidy: bool = False) -> None:
        end = stands_alone(self._text, span.start, span.end)
        if end is not None:
            start = line_start(self._text, span.start)
            above = line_above(self._text, start)
            if tidy and above < start and blank_line_at(self._text, above):
                start = above if blank_line_at(self._text, end) else start
            span = Span(start, end)
        self._replace(span, "")

    def _manner(self, element: Element) -> tuple[str, str]:
        """Give the white space and quotation mark of the last attribute."""
        if not element.tag.attributes:
            return " ", '"'
        last = element.tag.attributes[-1]
        raw = self._text[last.whole.start : last.whole.end]
        gap = raw[: len(raw) - len(raw.lstrip())]
        return gap.decode("ascii"), last.mark

    def _replace(self, span: Span, new: str) -> None:
        self._edits.append((span, new.encode("utf-8")))


def _line(nodes: Sequence[Node]) -> str:
    return "".join(render_line(node) for node in nodes)


def _block(nodes: Sequence[Node], indent: str, style: Style) -> str:
    return "".join(render_block(node, indent, style) for node in nodes)
