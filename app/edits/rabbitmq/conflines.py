"""Cut rabbitmq.conf into lines, as cuttlefish reads them (3.0.1, conf_parse.peg)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from app.errors import EditError

MAX_BYTES = 1_048_576
Key = tuple[str, ...]
LineKind = Literal["setting", "include", "comment", "blank"]

_WORD = r"(?:\\\.|[A-Za-z0-9_-])+"
_HEAD = re.compile(rf"([ \t]*)({_WORD}(?:\.{_WORD})*)([ \t]*=[ \t]*)")
_INCLUDE = re.compile(r"[ \t]*include[ \t]*([A-Za-z0-9_.*/-]+)(?:[ \t]*#.*)?", re.DOTALL)
_SAMPLE = re.compile(rf"[ \t]*#[# \t]*({_WORD}(?:\.{_WORD})*)[ \t]*=")
_DOT = re.compile(r"(?<!\\)\.")


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one line with its end; a setting's value is `text[start:end]`.

    `sample` is the key of a setting that is commented out.
    """

    number: int
    text: str
    kind: LineKind
    key: Key = ()
    start: int = 0
    end: int = 0
    lead: str = ""
    gap: str = ""
    sample: Key = ()

    @property
    def value(self) -> str:
        """Give the value, blanks around it and comments left out."""
        return self.text[self.start : self.end]

    @property
    def name(self) -> str:
        """Give the key as one word, to show."""
        return ".".join(self.key)

    @property
    def refers(self) -> bool:
        """Tell whether another setting, a file or the environment says the value."""
        return "$(" in self.value

    def with_value(self, value: str) -> str:
        """Give the line with another value."""
        return self.text[: self.start] + value + self.text[self.end :]


def parse_lines(data: bytes, where: str) -> tuple[Line, ...]:
    """Read the file; raise EditError, with the line, for what stops the node from starting."""
    if len(data) > MAX_BYTES:
        raise refusal(f"the file is larger than {MAX_BYTES} bytes", where, 1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise refusal("this is not UTF-8, and RabbitMQ cannot read it", where, number) from None
    pieces = text.split("\n")
    lines = [_line(n, piece + "\n", where) for n, piece in enumerate(pieces[:-1], 1)]
    if pieces[-1]:
        lines.append(_line(len(pieces), pieces[-1], where))
    return tuple(lines)


def refusal(text: str, where: str, number: int, *, hint: str = "") -> EditError:
    """Make the error that names a line."""
    return EditError(text, hint=hint, where=f"{where}:{number}", line=number)


def _line(number: int, text: str, where: str) -> Line:
    ended = text.endswith("\n")
    body = text[:-1].removesuffix("\r") if ended else text
    head = _HEAD.match(body)
    if head:
        end = _value_end(body, head.end(), ended=ended)
        if end > head.end():
            if any(ord(c) > 255 for c in body[head.end() : end]):
                raise refusal("a value holds a character beyond Latin-1", where, number)
            key = tuple(word.replace("\\.", ".") for word in _DOT.split(head[2]))
            return Line(number, text, "setting", key, head.end(), end, head[1], head[3])
    if _INCLUDE.fullmatch(body):
        return Line(number, text, "include")
    stripped = body.lstrip(" \t")
    if not stripped:
        return Line(number, text, "blank")
    if stripped.startswith("#"):
        found = _SAMPLE.match(body)
        return Line(number, text, "comment", sample=tuple(_DOT.split(found[1])) if found else ())
    raise refusal(
        "this is no setting, and RabbitMQ would not start with it",
        where,
        number,
        hint="write it as key = value, or put # before it",
    )


def _value_end(body: str, start: int, *, ended: bool) -> int:
    """Find where a value ends: at a comment, or before blanks that a line end follows."""
    comment = body.find("#", start)
    end = len(body) if comment < 0 else comment
    if comment >= 0 or ended:
        end = start + len(body[start:end].rstrip(" \t"))
    return end
