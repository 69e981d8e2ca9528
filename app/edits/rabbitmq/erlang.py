"""Parse Erlang term files, as file:consult reads them, and remember where each element stands.

Plain terms only.  RabbitMQ evaluates its files (rabbit_prelaunch_file), so that a call may stand in
one: that is refused with its line, since nothing but Erlang knows what it comes to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.edits.rabbitmq.erlscan import Source, Token, Value, scan
from app.errors import EditError

MAX_DEPTH = 100
TermKind = Literal["atom", "int", "float", "string", "list", "tuple", "map", "binary", "fun"]
_CLOSING = {"[": "]", "{": "}", "#": "}", "<<": ">>"}
_SIGNS = {"-": -1, "+": 1}


@dataclass(frozen=True, slots=True)
class Term:
    """Hold one term and its bytes, `data[start:end]`.

    `items` are the elements of a list or tuple, and of a map its keys and values in turn; `commas`
    the places of the commas that part them.  `value` is that of an atom, number or string, and of a
    binary where it is plain bytes.  `tail` is what follows `|` in a list.  Strings that stand side
    by side are one term.
    """

    kind: TermKind
    start: int
    end: int
    value: Value | bytes | None = None
    items: tuple[Term, ...] = ()
    commas: tuple[int, ...] = ()
    tail: Term | None = None

    @property
    def proper(self) -> bool:
        """Tell whether this is a list that can take another element."""
        return self.kind == "list" and self.tail is None

    @property
    def tag(self) -> str | None:
        """Give the first element of a tuple of two, where that is an atom."""
        if self.kind == "tuple" and len(self.items) == 2 and self.items[0].kind == "atom":
            return str(self.items[0].value)
        return None


@dataclass(frozen=True, slots=True)
class TermFile(Source):
    """Hold a file with its terms, one for each dot."""

    terms: tuple[Term, ...]

    def text(self, term: Term) -> bytes:
        """Give a term as it is written."""
        return self.data[term.start : term.end]


def parse_terms(data: bytes, where: str, default: str = "utf-8") -> TermFile:
    """Read a term file; `default` is its encoding where no comment names one.

    file:consult takes UTF-8 for that, RabbitMQ's own reader latin-1.  Raises EditError, with the
    line, for what is no plain term, for more than MAX_DEPTH levels and more than MAX_BYTES.
    """
    source = Source(data, where)
    parser = _Parser(source, scan(source, default))
    terms = []
    while parser.token.kind != "end":
        terms.append(parser.term(0))
        parser.take_dot()
    return TermFile(data, where, tuple(terms))


class _Parser:
    """Keep the next token; each method reads one construct."""

    def __init__(self, source: Source, tokens: Iterator[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.token = next(tokens)

    def term(self, depth: int) -> Term:
        if depth > MAX_DEPTH:
            raise self.refusal(f"terms stand more than {MAX_DEPTH} levels deep in each other")
        token = self.token
        match token.kind, token.value:
            case ("int" | "float" | "atom") as kind, value:
                self.next()
                return Term(kind, token.start, token.end, value)
            case "string", _:
                return self.strings()
            case "mark", "[" | "{":
                return self.row(depth)
            case "mark", "#":
                return self.map(depth)
            case "mark", "<<":
                return self.binary()
            case "mark", "-" | "+":
                return self.signed()
            case "word", "fun":
                return self.function()
        raise self.refusal()

    def strings(self) -> Term:
        start = end = self.token.start
        pieces = []
        while self.token.kind == "string":
            pieces.append(str(self.token.value))
            end = self.token.end
            self.next()
        return Term("string", start, end, "".join(pieces))

    def row(self, depth: int) -> Term:
        start, opening = self.token.start, str(self.token.value)
        self.next()
        items: list[Term] = []
        commas: list[int] = []
        tail = None
        if not self.sees(_CLOSING[opening]):
            items.append(self.term(depth + 1))
            while self.sees(","):
                commas.append(self.token.start)
                self.next()
                items.append(self.term(depth + 1))
            if opening == "[" and self.sees("|"):
                self.next()
                tail = self.term(depth + 1)
        end = self.take(_CLOSING[opening])
        kind: TermKind = "list" if opening == "[" else "tuple"
        return Term(kind, start, end, None, tuple(items), tuple(commas), tail)

    def map(self, depth: int) -> Term:
        start = self.token.start
        self.next()
        self.take("{")
        items: list[Term] = []
        while not self.sees("}"):
            if items:
                self.take(",")
            items.append(self.term(depth + 1))
            self.take("=>")
            items.append(self.term(depth + 1))
        return Term("map", start, self.take("}"), None, tuple(items))

    def binary(self) -> Term:
        start = self.token.start
        self.next()
        value: bytes | None = b""
        first = True
        while not self.sees(">>"):
            if not first:
                self.take(",")
            first = False
            piece = self.segment()
            value = None if value is None or piece is None else value + piece
        return Term("binary", start, self.take(">>"), value)

    def segment(self) -> bytes | None:
        """Read one segment; give its bytes, or None where it says a size or a type."""
        piece = self.content()
        sized = self.sees(":") or self.sees("/")
        if self.sees(":"):
            self.next()
            self.number()
        if self.sees("/"):
            self.types()
        return None if sized else piece

    def content(self) -> bytes | None:
        if self.token.kind == "string":
            return bytes(ord(c) & 255 for c in str(self.strings().value))
        signed = self.token.kind == "mark" and self.token.value in _SIGNS
        value = (self.signed() if signed else self.number()).value
        return bytes([value & 255]) if isinstance(value, int) else None

    def types(self) -> None:
        """Read `/type-type:unit`."""
        while self.sees("/") or self.sees("-"):
            self.next()
            if self.token.kind != "atom":
                raise self.refusal()
            self.next()
            if self.sees(":"):
                self.next()
                self.number()

    def number(self) -> Term:
        token = self.token
        if token.kind not in ("int", "float"):
            raise self.refusal()
        self.next()
        return Term("int" if token.kind == "int" else "float", token.start, token.end, token.value)

    def signed(self) -> Term:
        start, sign = self.token.start, _SIGNS[str(self.token.value)]
        self.next()
        number = self.number()
        value = number.value
        if isinstance(value, int | float):
            value = sign * value
        return Term(number.kind, start, number.end, value)

    def function(self) -> Term:
        """Read `fun module:name/arity`, the only fun that is a term."""
        start = self.token.start
        self.next()
        self.atom()
        self.take(":")
        self.atom()
        self.take("/")
        if self.token.kind != "int":
            raise self.refusal()
        end = self.token.end
        self.next()
        return Term("fun", start, end)

    def atom(self) -> None:
        if self.token.kind != "atom":
            raise self.refusal()
        self.next()

    def next(self) -> None:
        self.token = next(self.tokens)

    def sees(self, mark: str) -> bool:
        return self.token.kind == "mark" and self.token.value == mark

    def take(self, mark: str) -> int:
        if not self.sees(mark):
            raise self.refusal(wanted=mark)
        end = self.token.end
        self.next()
        return end

    def take_dot(self) -> None:
        if self.token.kind != "dot":
            raise self.refusal(wanted=".")
        self.next()

    def refusal(self, text: str = "", wanted: str = "") -> EditError:
        token = self.token
        if not text:
            seen = "the file ends" if token.kind == "end" else f"{str(token.value)[:40]!r} stands"
            text = f"{seen} where {wanted!r} is missing" if wanted else f"{seen} where no term may"
        hint = "write a plain Erlang term here" if token.kind != "end" else ""
        return self.source.refusal(text, token.start, hint=hint)
