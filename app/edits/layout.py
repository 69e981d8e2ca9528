"""Lines and indentation: make what is inserted look like its neighbourhood."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from app.edits.xmltags import quote_attribute
from app.edits.xmltext import Document, Element

_LINE_END = re.compile(rb"\r\n|\r|\n")
_REST_OF_LINE = re.compile(rb"[ \t]*(?:<!--(?:(?!-->).)*-->[ \t]*)*(?:\r\n|\r|\n)", re.DOTALL)
_BLANK_LINE = re.compile(rb"[ \t]*(?:\r\n|\r|\n)")
_BLANK = b" \t"


@dataclass(frozen=True)
class Node:
    """Describe an element to insert; `spread` puts each attribute on a line of its own."""

    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Node, ...] = ()
    spread: bool = False


@dataclass(frozen=True)
class Style:
    """Say how to break lines: the line end and one step of indentation."""

    newline: str
    unit: str


def style_of(document: Document, near: int) -> Style:
    """Read the line end nearest before `near`, and the file's usual step of indentation."""
    return Style(_newline(document.text, near), _unit(document))


def _newline(text: bytes, near: int) -> str:
    end = max(text.rfind(b"\n", 0, near), text.rfind(b"\r", 0, near))
    if end < 0:
        found = _LINE_END.search(text)
        return found[0].decode() if found else "\n"
    return "\r\n" if text[end - 1 : end + 1] == b"\r\n" else chr(text[end])


def _unit(document: Document) -> str:
    steps: Counter[str] = Counter()
    for parent in document.walk():
        outer = indent_before(document.text, parent.tag.span.start)
        for child in parent.children:
            inner = indent_before(document.text, child.tag.span.start)
            if outer is not None and inner and inner != outer and inner.startswith(outer):
                steps[inner[len(outer) :]] += 1
    return steps.most_common(1)[0][0] if steps else "    "


def line_start(text: bytes, offset: int) -> int:
    """Give the first offset of the line that `offset` is on."""
    return max(text.rfind(b"\n", 0, offset), text.rfind(b"\r", 0, offset)) + 1


def line_above(text: bytes, start: int) -> int:
    """Give the start of the line before the one that starts at `start`."""
    end = start - 2 if text[start - 2 : start] == b"\r\n" else start - 1
    return line_start(text, end) if end >= 0 else 0


def indent_before(text: bytes, offset: int) -> str | None:
    """Give the white space before `offset`, or None when something else shares its line."""
    lead = text[line_start(text, offset) : offset]
    return None if lead.strip(_BLANK) else lead.decode("ascii")


def after_line(text: bytes, offset: int) -> int | None:
    """Give the start of the next line when only comments follow on this one, else None."""
    found = _REST_OF_LINE.match(text, offset)
    return found.end() if found else None


def blank_line_at(text: bytes, offset: int) -> bool:
    """Tell whether an empty line starts at `offset`."""
    return _BLANK_LINE.match(text, offset) is not None


def stands_alone(text: bytes, start: int, end: int) -> int | None:
    """Give the end of the last line of [start, end) when it shares its lines with nothing."""
    found = _BLANK_LINE.match(text, end)
    return found.end() if found and indent_before(text, start) is not None else None


def child_indent(document: Document, parent: Element, style: Style) -> str:
    """Give the indentation of the parent's children, or what it would be."""
    for child in parent.children:
        indent = indent_before(document.text, child.tag.span.start)
        if indent is not None:
            return indent
    return (indent_before(document.text, parent.tag.span.start) or "") + style.unit


def render_line(node: Node) -> str:
    """Write a node without any line break."""
    attributes = "".join(f" {name}={quote_attribute(value)}" for name, value in node.attributes)
    if not node.children:
        return f"<{node.name}{attributes}/>"
    inner = "".join(render_line(child) for child in node.children)
    return f"<{node.name}{attributes}>{inner}</{node.name}>"


def render_block(node: Node, indent: str, style: Style) -> str:
    """Write a node on lines of its own, the last line end included."""
    gap = style.newline + indent + style.unit if node.spread else " "
    attributes = "".join(f"{gap}{name}={quote_attribute(value)}" for name, value in node.attributes)
    if not node.children:
        return f"{indent}<{node.name}{attributes}/>{style.newline}"
    inner = "".join(render_block(child, indent + style.unit, style) for child in node.children)
    head = f"{indent}<{node.name}{attributes}>{style.newline}"
    return f"{head}{inner}{indent}</{node.name}>{style.newline}"
