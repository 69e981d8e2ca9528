"""Start tags as they are written: where each attribute stands, and how a value is quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.errors import EditError

_NAME = re.compile(rb"<([^ \t\r\n/>]+)")
_ATTRIBUTE = re.compile(rb"""([ \t\r\n]+)([^ \t\r\n=/>]+)[ \t\r\n]*=[ \t\r\n]*("[^"]*"|'[^']*')""")
_TAIL = re.compile(rb"[ \t\r\n]*(/?)>")
# XML 1.0, production 2: what no document may hold, not even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


@dataclass(frozen=True)
class Span:
    """Name the bytes from `start` up to, not including, `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class RawAttribute:
    """Locate one attribute: with the white space before it, and its value with the quotes."""

    name: str
    whole: Span
    value: Span
    mark: str


@dataclass(frozen=True)
class Tag:
    """Describe one start tag: its span, its attributes in order, where they end."""

    span: Span
    attributes: tuple[RawAttribute, ...]
    attributes_end: int
    empty: bool


def scan_tag(text: bytes, start: int) -> Tag:
    """Read the start tag at `start`, which the XML parser has already found to be well formed."""
    name = _NAME.match(text, start)
    assert name is not None
    position = name.end()
    attributes = []
    while found := _ATTRIBUTE.match(text, position):
        attributes.append(
            RawAttribute(
                name=found[2].decode("utf-8"),
                whole=Span(found.start(1), found.end(3)),
                value=Span(found.start(3), found.end(3)),
                mark=found[3][:1].decode("ascii"),
            )
        )
        position = found.end()
    tail = _TAIL.match(text, position)
    assert tail is not None
    return Tag(Span(start, tail.end()), tuple(attributes), position, bool(tail[1]))


def quote_attribute(text: str, mark: str = '"') -> str:
    """Quote `text` as an attribute value, with its quotation marks (`mark` is `"` or `'`).

    The one function through which strings reach XML.  Tabs and line ends become references, so
    that they survive attribute-value normalisation (XML 1.0, section 3.3.3).  Raises EditError,
    without the text, for characters that XML cannot hold.
    """
    if _FORBIDDEN.search(text):
        raise EditError(
            "a value holds a control character, which XML cannot carry",
            hint="choose a value of printable characters",
        )
    escapes = {**_ESCAPES, mark: "&quot;" if mark == '"' else "&apos;"}
    return mark + "".join(escapes.get(letter, letter) for letter in text) + mark
