"""Split a shell file into tokens, and step over comments and here-documents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from app.edits.shelltext import Letter, Scanner, Source, Word

_OPERATOR = re.compile(r"&&|\|\||;;|<<-?|>>|[<>]&|<>|>\||[();&|<>]")
_REDIRECTIONS = frozenset(("<<-", "<<", ">>", "<&", ">&", "<>", ">|", "<", ">"))
_BLANKS = re.compile(r"(?:[ \t]|\\\n)*(?:#[^\n]*)?")
_ODD_BACKSLASHES = re.compile(r"(?<!\\)\\(?:\\\\)*\Z")


@dataclass(frozen=True, slots=True)
class Token:
    kind: Literal["end", "newline", "operator", "redirection", "word"]
    text: str
    start: int
    end: int
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class _HereDocument:
    delimiter: str
    strip: bool
    quoted: bool
    at: int


class Tokens:
    """Tokens from a position on; `peek` looks at the next one, `take` steps over it.

    `close` is the place where a `)` that was found belongs to somebody else: the substitution.
    """

    def __init__(self, source: Source, scanner: Scanner, at: int) -> None:
        self.source = source
        self.at = at
        self.here_documents: list[int] = []
        self.assigned: frozenset[str] = frozenset()
        self._text = source.text
        self._scanner = scanner
        self._waiting: list[_HereDocument] = []
        self._next: Token | None = None

    def peek(self) -> Token:
        if self._next is None:
            self._next = self._read()
        return self._next

    def take(self) -> Token:
        token = self.peek()
        self._next = None
        self.at = token.end
        if token.kind == "newline":
            self._step_over_bodies()
        return token

    def here_document(self, operator: Token, delimiter: Word) -> None:
        """Expect a here-document's body behind the next line end."""
        text = "".join(p.text if isinstance(p, Letter) else p.raw for p in delimiter.parts)
        quoted = any(part.quote for part in delimiter.parts)
        self.here_documents.append(operator.start)
        self._waiting.append(_HereDocument(text, operator.text == "<<-", quoted, operator.start))

    def finish(self) -> None:
        """Refuse a here-document whose body never came."""
        for one in self._waiting:
            raise self.source.refusal("a here-document never ends", one.at)

    def _read(self) -> Token:
        blank = _BLANKS.match(self._text, self.at)
        start = blank.end() if blank else self.at
        if start >= len(self._text):
            return Token("end", "", start, start)
        if self._text[start] == "\n":
            return Token("newline", "\n", start, start + 1)
        operator = _OPERATOR.match(self._text, start)
        if operator and operator[0] in _REDIRECTIONS:
            return Token("redirection", operator[0], start, operator.end())
        if operator:
            return Token("operator", operator[0], start, operator.end())
        word = self._scanner.word(start)
        if self._waiting and "\n" in self._text[start : word.end]:
            raise self.source.refusal("a here-document begins in the middle of a word", start)
        if (word.plain or "").isdigit() and self._text[word.end : word.end + 1] in ("<", ">"):
            self.at = word.end
            return self._read()
        return Token("word", self._text[start : word.end], start, word.end, word)

    def _step_over_bodies(self) -> None:
        for one in self._waiting:
            self._step_over_body(one)
        self._waiting.clear()

    def _step_over_body(self, one: _HereDocument) -> None:
        goes_on = False
        body = self.at
        while self.at < len(self._text):
            end = self._text.find("\n", self.at)
            end = len(self._text) if end < 0 else end
            line = self._text[self.at : end]
            self.at = min(end + 1, len(self._text))
            if not goes_on and (line.lstrip("\t") if one.strip else line) == one.delimiter:
                if not one.quoted:
                    self.assigned |= self._scanner.body(body, end)
                return
            goes_on = not one.quoted and _ODD_BACKSLASHES.search(line) is not None
        raise self.source.refusal("a here-document never ends", one.at)
