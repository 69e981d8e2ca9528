"""Cut an Erlang term file into tokens, as erl_scan does (OTP 25)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple

from app.errors import EditError

MAX_BYTES = 262_144
Kind = Literal["atom", "word", "int", "float", "string", "mark", "dot", "end"]
Value = str | int | float

_CODING = re.compile(rb"coding *[:=] *([A-Za-z0-9]*)-?([A-Za-z0-9]*)")
_NAME = r"[A-Za-zß-öø-ÿÀ-ÖØ-Þ0-9_@]"
_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_ESCAPE = (
    r"\\(?:[0-7]{1,3}|x\{[0-9A-Fa-f]+\}|x[0-9A-Fa-f]{2}|\^[\s\S]|[^x0-7^])"  # erl_scan:scan_escape
)
# Possessive: a quote that never ends is read once and not again.
_STRING = r'"(?:[^"\\]|\\\^[\s\S]|\\[^^])*+"'
_QUOTED = r"'(?:[^'\\]|\\\^[\s\S]|\\[^^])*+'"
_TOKEN = re.compile(
    rf"(?P<blank>(?:[\x00-\x20\x80-\xa0]|%[^\n]*+)++)"
    rf"|(?P<atom>[a-zß-öø-ÿ]{_NAME}*)"
    rf"|(?P<variable>[A-Z_À-ÖØ-Þ]{_NAME}*)"
    rf"|(?P<float>{_DIGITS}\.{_DIGITS}(?:[eE][+-]?{_DIGITS})?)"
    rf"|(?P<based>{_DIGITS}\#[0-9A-Za-z]+(?:_[0-9A-Za-z]+)*)"
    rf"|(?P<int>{_DIGITS})"
    rf"|(?P<string>{_STRING})"
    rf"|(?P<quoted>{_QUOTED})"
    rf"|(?P<char>\$(?:{_ESCAPE}|[^\\]))"
    r"|(?P<dot>\.(?=[\x00-\x20\x80-\xa0%]|\Z))"
    r"|(?P<mark><<|>>|=>|[][{}(),|\#:/+-])"
)
_PIECE = re.compile(rf"{_ESCAPE}|\\")
_LETTERS = {"n": 10, "r": 13, "t": 9, "v": 11, "b": 8, "f": 12, "e": 27, "s": 32, "d": 127}
_WORDS = re.compile(
    "after|and|andalso|band|begin|bnot|bor|bsl|bsr|bxor|case|catch|cond|div|end|fun|if|let|not|of|"
    "or|orelse|receive|rem|try|when|xor"
)
_DIGITS_MAX = 1000
_ATOM_MAX = 255
_EXPRESSION = "this is Erlang code, not a plain term"


class Token(NamedTuple):
    """Hold one token; `start` and `end` count bytes of the file."""

    kind: Kind
    value: Value
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """Hold a file's bytes and say where in it something stands."""

    data: bytes
    where: str

    def line(self, offset: int) -> int:
        """Give the line, from 1, of a byte."""
        return self.data.count(b"\n", 0, offset) + 1

    def refusal(self, text: str, offset: int, *, hint: str = "") -> EditError:
        """Make the error that names the line of a byte."""
        line = self.line(offset)
        return EditError(text, hint=hint, where=f"{self.where}:{line}", line=line)


def coding(data: bytes) -> str | None:
    """Find the encoding that a comment in the first two lines names (epp:read_encoding)."""
    for line in data.split(b"\n", 2)[:2]:
        found = _CODING.search(line.partition(b"%")[2])
        if found:
            named = (found[1].lower(), found[2].lower())
            return {(b"utf", b"8"): "utf-8", (b"latin", b"1"): "latin-1"}.get(named)
    return None


def scan(source: Source, default: str) -> Iterator[Token]:
    """Give the tokens of a file, and one of kind `end` after the last.

    Raises EditError for what erl_scan refuses, for triple quotes (OTP 27 reads them differently),
    and for operators and variables, which no plain term holds.
    """
    text, offsets = _decode(source, default)
    at, size = 0, len(text)
    while at < size:
        start = offsets[at] if offsets else at
        found = _TOKEN.match(text, at)
        if found is None:
            raise source.refusal(_complaint(text, at), start)
        if text.startswith('"""', at):
            raise source.refusal(
                'triple quotes mean different things to Erlang 26 and 27: write "" or one string',
                start,
            )
        at = found.end()
        if found.lastgroup != "blank":
            token = _token(found.lastgroup or "", found[0])
            if isinstance(token, str):
                raise source.refusal(token, start)
            yield Token(*token, start, offsets[at] if offsets else at)
    yield Token("end", "", len(source.data), len(source.data))


def _decode(source: Source, default: str) -> tuple[str, list[int] | None]:
    """Decode the file, with the byte offset of each character where that is not its own."""
    data = source.data
    if len(data) > MAX_BYTES:
        raise source.refusal(f"the file is larger than {MAX_BYTES} bytes", 0)
    if data.startswith(b"\xef\xbb\xbf"):
        raise source.refusal("a byte order mark stands before the terms: Erlang refuses it", 0)
    encoding = coding(data) or default
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise source.refusal(f"the file is not valid {encoding}", error.start) from None
    if encoding == "latin-1" or data.isascii():
        return text, None
    offsets = list(accumulate((len(c.encode()) for c in text), initial=0))
    for wrong in ("\ufffe", "\uffff"):
        if wrong in text:
            raise source.refusal("U+FFFE and U+FFFF are refused", offsets[text.index(wrong)])
    return text, offsets


def _token(group: str, text: str) -> tuple[Kind, Value] | str:
    """Give a token's kind and value, or what is wrong with it."""
    try:
        match group:
            case "atom":
                return ("word" if _WORDS.fullmatch(text) else "atom"), _name(text)
            case "quoted":
                return "atom", _name(_unescape(text[1:-1]))
            case "string":
                return "string", _unescape(text[1:-1])
            case "char":
                return "int", ord(_unescape(text[1:]))
            case "int" | "based" | "float":
                return _number(group, text.replace("_", ""))
            case "variable":
                return f"{text[:40]} is a variable: {_EXPRESSION}"
            case "dot":
                return "dot", text
    except ValueError as error:
        return str(error)
    return "mark", text


def _name(text: str) -> str:
    if len(text) > _ATOM_MAX:
        raise ValueError("an atom is longer than 255 characters")
    return text


def _number(group: str, text: str) -> tuple[Kind, Value]:
    if len(text) > _DIGITS_MAX:
        raise ValueError(f"a number has more than {_DIGITS_MAX} digits")
    if group == "float":
        value = float(text)
        if value == float("inf"):
            raise ValueError("a number is too large")
        return "float", value
    base, _, digits = text.rpartition("#")
    if base and not 2 <= int(base) <= 36:
        raise ValueError(f"{int(base)} is no base of numbers")
    return "int", int(digits, int(base or "10"))


def _unescape(text: str) -> str:
    return _PIECE.sub(_letter, text) if "\\" in text else text


def _letter(found: re.Match[str]) -> str:
    code = found[0][1:]
    if not code:
        raise ValueError("an escape sequence is broken")
    if code[0] in "01234567":
        return chr(int(code, 8))
    if code[0] == "x":
        number = int(code[1:].strip("{}"), 16)
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or number in (0xFFFE, 0xFFFF):
            raise ValueError("an escape sequence names no character")
        return chr(number)
    if code[0] == "^":
        return chr(ord(code[1]) & 31)
    return chr(_LETTERS[code]) if code in _LETTERS else code


def _complaint(text: str, at: int) -> str:
    letter = text[at]
    if letter in "\"'":
        return "a quotation mark is never closed"
    if letter == "?":
        return "a macro stands here: term files know none"
    if letter == "$":
        return "a character is missing after $"
    return f"unexpected {letter!r}: {_EXPRESSION}"
