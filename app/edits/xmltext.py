"""An XML file as a light tree that knows where every tag and attribute stands.

The parser is the standard library's expat; a DTD is refused unread, so no entity is ever
expanded and every position is a position in the file.  Spans are offsets into `Document.text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Never
from xml.parsers import expat

from app.edits.encoding import Encoded, decode
from app.edits.xmltags import Span, Tag, scan_tag
from app.errors import EditError

_LINE_END = re.compile(rb"\r\n|\r|\n")
_MISC = re.compile(rb"[ \t\r\n]+|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_DOCTYPE = b"<!DOCTYPE"
_DOCTYPE_TEXT = (
    "the file has a document type declaration (<!DOCTYPE), whose entities may stand for anything"
)
_DOCTYPE_HINT = "remove the declaration and write its entities out, or make the change by hand"
_XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, eq=False, repr=False)
class Element:
    """Describe one element: `name` as written, `local` and `namespace` as meant.

    `values` holds the attributes as a reader of the XML sees them; `tag` where they stand.
    `body` is what lies between the tags, `close` the end tag (both empty for `<x/>`).
    """

    name: str
    namespace: str
    values: Mapping[str, str]
    tag: Tag
    body: Span
    close: Span
    children: tuple[Element, ...]

    @property
    def prefix(self) -> str:
        """Give the prefix with its colon, or nothing."""
        head, colon, _ = self.name.rpartition(":")
        return head + colon

    @property
    def local(self) -> str:
        """Give the name without its prefix."""
        return self.name.rpartition(":")[2]

    @property
    def span(self) -> Span:
        """Cover the element from its first byte to its last."""
        return Span(self.tag.span.start, self.close.end)


@dataclass(frozen=True, eq=False, repr=False)
class Document:
    """Hold a parsed file: its text (UTF-8), its tree, and the way back to its own encoding."""

    path: str
    encoded: Encoded
    root: Element

    @property
    def text(self) -> bytes:
        """Give the text that all spans refer to."""
        return self.encoded.text

    def line(self, element: Element) -> int:
        """Give the line (from 1) that the element starts on."""
        return self.line_at(element.tag.span.start)

    def line_at(self, offset: int) -> int:
        """Give the line (from 1) of an offset; CR, LF and CRLF each end one."""
        return 1 + len(_LINE_END.findall(self.text[:offset]))

    def walk(self) -> Iterator[Element]:
        """Go through all elements in document order."""
        pending = [self.root]
        while pending:
            element = pending.pop()
            yield element
            pending.extend(reversed(element.children))

    def refusal(self, text: str, *places: Element, hint: str = "") -> EditError:
        """Make the EditError that names the lines of `places`."""
        lines = [self.line(place) for place in places]
        if len(lines) > 1:
            text = f"{text} (lines {' and '.join(str(line) for line in lines)})"
        line = lines[0] if lines else 1
        return EditError(text, hint=hint, where=f"{self.path}:{line}", line=line)


def parse(data: bytes, path: str) -> Document:
    """Parse `data`, or raise EditError with the line and the reason.

    Refused before the parser sees it: a document type declaration, and so entities of any kind.
    """
    encoded = decode(data, path)
    _refuse_doctype(encoded.text, path)
    return Document(path, encoded, _Builder(encoded.text, path).run())


def _refuse_doctype(text: bytes, path: str) -> None:
    """Refuse a file with a DTD: it stands only before the root element (XML 1.0, section 2.8)."""
    at = 0
    while found := _MISC.match(text, at):
        at = found.end()
    if text.startswith(_DOCTYPE, at):
        line = 1 + len(_LINE_END.findall(text[:at]))
        raise EditError(_DOCTYPE_TEXT, hint=_DOCTYPE_HINT, where=f"{path}:{line}", line=line)


@dataclass
class _Open:
    name: str
    namespace: str
    values: dict[str, str]
    tag: Tag
    scope: dict[str, str]
    children: list[Element] = field(default_factory=list)


class _Builder:
    def __init__(self, text: bytes, path: str) -> None:
        self._text = text
        self._path = path
        self._stack: list[_Open] = []
        self._root: Element | None = None
        # The declared encoding no longer applies: the text was decoded before.
        self._parser = expat.ParserCreate("utf-8")
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype

    def run(self) -> Element:
        try:
            self._parser.Parse(self._text, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            self._refuse(f"the file is not well-formed XML: {reason}", error.lineno)
        assert self._root is not None
        return self._root

    def _start(self, name: str, pairs: list[str]) -> None:
        line = self._parser.CurrentLineNumber
        tag = scan_tag(self._text, self._parser.CurrentByteIndex)
        values = dict(zip(pairs[::2], pairs[1::2], strict=True))
        if list(values) != [attribute.name for attribute in tag.attributes]:
            self._refuse(f"the attributes of <{name}> cannot be located", line)
        scope = self._stack[-1].scope if self._stack else {"": "", "xml": _XML_NAMESPACE}
        scope = _scope(scope, values)
        prefix = name.rpartition(":")[0]
        if prefix not in scope:
            self._refuse(f"the prefix of <{name}> is not bound to a namespace", line)
        for word in values:
            if ":" in word and word.partition(":")[0] not in (*scope, "xmlns"):
                self._refuse(f"the prefix of {word} is not bound to a namespace", line)
        self._stack.append(_Open(name, scope[prefix], values, tag, scope))

    def _end(self, _name: str) -> None:
        now = self._stack.pop()
        body_start = close_end = now.tag.span.end
        close_start = body_start
        if not now.tag.empty:
            close_start = self._parser.CurrentByteIndex
            close_end = self._text.index(b">", close_start) + 1
        element = Element(
            now.name,
            now.namespace,
            now.values,
            now.tag,
            Span(body_start, close_start),
            Span(close_start, close_end),
            tuple(now.children),
        )
        if self._stack:
            self._stack[-1].children.append(element)
        else:
            self._root = element

    def _doctype(self, *_: object) -> None:
        self._refuse(_DOCTYPE_TEXT, self._parser.CurrentLineNumber, hint=_DOCTYPE_HINT)

    def _refuse(self, text: str, line: int, hint: str = "repair this line first") -> Never:
        raise EditError(text, hint=hint, where=f"{self._path}:{line}", line=line)


def _scope(outer: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    """Add the namespaces that one start tag binds (Namespaces in XML 1.0, section 3)."""
    bound = {
        name.partition(":")[2]: value
        for name, value in values.items()
        if name == "xmlns" or name.startswith("xmlns:")
    }
    return {**outer, **bound} if bound else outer
