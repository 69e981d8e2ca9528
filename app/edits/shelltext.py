"""Read the words of a POSIX shell file: what each byte means to the shell, and where it stands.

The rules are those of POSIX, Shell Command Language 2.2 and 2.6.  Where dash and bash differ, the
word is read as unknown, or the file is refused.  Text is the file's bytes decoded as Latin-1, so
that one character is one byte whatever the encoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from app.errors import EditError
from app.quoting import calm

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
BREAKS = frozenset(" \t\n;&|<>()")
_SPECIAL = frozenset("@*#?-$!0123456789")
_OPERATOR = re.compile(r":?[-=?+]|%%?|##?")
_ASSIGNS = re.compile(r"(?<![=!<>])=(?!=)|<<=|>>=|\+\+|--")
_NAME_GOES_ON = re.compile(r"(?:\\\n)+[A-Za-z0-9_({]")
_ESCAPED = re.compile(r"\\([`$\\])")
_CLOSE_IT = "close the quotation mark there, or one further up: sh cannot read the file either"


def decoded(text: str) -> str:
    """Give text of a file as a reader sees it: UTF-8 where it is that."""
    return text.encode("latin-1").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Source:
    """The file's text, its name for errors, and what every refusal has to offer."""

    text: str
    where: str
    hint: str = ""
    snippet: str = ""

    def line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def refusal(self, why: str, at: int, hint: str = "") -> EditError:
        line = self.line(at)
        return EditError(
            calm(why),
            hint=hint or self.hint,
            where=f"{self.where}:{line}",
            line=line,
            snippet=self.snippet,
        )


@dataclass(frozen=True, slots=True)
class Letter:
    r"""One character that stays as it is; `quote` is '', "'", '"' or a backslash."""

    text: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """What the shell replaces: a parameter (`name`), or a command's output (no name).

    `assigns` are the variables that it may set on the way (`${X:=…}`, arithmetic).
    """

    raw: str
    start: int
    end: int
    quote: str
    name: str = ""
    operator: str = ""
    operand: tuple[Part, ...] = ()
    assigns: frozenset[str] = field(default_factory=frozenset)


Part: TypeAlias = "Letter | Expansion"


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or the value of an assignment: its parts, quotes resolved.

    `quoted` is where the first quote stands, even one around nothing.
    """

    start: int
    end: int
    parts: tuple[Part, ...]
    quoted: int | None = None

    @property
    def literal(self) -> str | None:
        """Give what comes out, or None where something is expanded."""
        if all(isinstance(part, Letter) for part in self.parts):
            return "".join(part.text for part in self.parts if isinstance(part, Letter))
        return None

    @property
    def bare(self) -> str:
        """Give the characters that stand unquoted at the start: reserved words are such."""
        text = ""
        for part in self.parts:
            if isinstance(part, Expansion) or part.quote:
                break
            if self.quoted is not None and part.start > self.quoted:
                break
            text += part.text
        return text

    @property
    def plain(self) -> str | None:
        """Give the word where all of it is bare characters, else None."""
        bare = self.bare
        return bare if len(bare) == len(self.parts) and self.quoted is None else None


class Scanner:
    """Scan words; `inside` reads commands up to their `)` and gives the position behind it.

    `quoted` reads the commands of a pair of backquotes, to see whether they can be read.
    """

    def __init__(
        self,
        source: Source,
        inside: Callable[[int], int],
        quoted: Callable[[str, int], None],
    ) -> None:
        self._source = source
        self._text = source.text
        self._inside = inside
        self._quoted_commands = quoted

    def word(self, at: int) -> Word:
        parts: list[Part] = []
        here = at
        quoted: int | None = None
        while here < len(self._text) and self._text[here] not in BREAKS:
            if quoted is None and self._text[here] in "'\"":
                quoted = here
            here = self._piece(here, parts)
        return Word(at, here, tuple(parts), quoted)

    def body(self, start: int, end: int) -> frozenset[str]:
        """Read a here-document without quotes; give the variables that it may set."""
        parts: list[Part] = []
        here = start
        while here < end:
            here = self._quoted(here, "$`\\", parts)
        if here > end:
            raise self._source.refusal("what begins in this here-document goes on behind it", start)
        return assigned_in(parts)

    def _piece(self, at: int, parts: list[Part]) -> int:
        char = self._text[at]
        if char == "\\":
            return self._escape(at, parts)
        if char == "'":
            return self._single(at, parts)
        if char == '"':
            return self._double(at, parts)
        if char == "$":
            return self._dollar(at, "", parts)
        if char == "`":
            return self._backquote(at, "", parts)
        parts.append(Letter(char, at, at + 1, ""))
        return at + 1

    def _escape(self, at: int, parts: list[Part]) -> int:
        escaped = self._text[at + 1 : at + 2]
        if escaped != "\n":
            parts.append(Letter(escaped or "\\", at, at + 1 + len(escaped), "\\"))
        return at + 1 + len(escaped)

    def _single(self, at: int, parts: list[Part]) -> int:
        end = self._text.find("'", at + 1)
        if end < 0:
            raise self._source.refusal("a quotation mark is never closed", at, _CLOSE_IT)
        parts.extend(Letter(self._text[here], here, here + 1, "'") for here in range(at + 1, end))
        return end + 1

    def _double(self, at: int, parts: list[Part]) -> int:
        here = at + 1
        while here < len(self._text):
            if self._text[here] == '"':
                return here + 1
            here = self._quoted(here, '$`"\\', parts)
        raise self._source.refusal("a quotation mark is never closed", at, _CLOSE_IT)

    def _quoted(self, at: int, escapable: str, parts: list[Part]) -> int:
        char, after = self._text[at], self._text[at + 1 : at + 2]
        if char == "$":
            return self._dollar(at, '"', parts)
        if char == "`":
            return self._backquote(at, '"', parts)
        if char == "\\" and after == "\n":
            return at + 2
        if char == "\\" and after and after in escapable:
            parts.append(Letter(after, at, at + 2, '"'))
            return at + 2
        parts.append(Letter(char, at, at + 1, '"'))
        return at + 1

    def _dollar(self, at: int, quote: str, parts: list[Part]) -> int:
        after = self._text[at + 1 : at + 2]
        if after == "(":
            return self._parentheses(at, quote, parts)
        if after == "{":
            return self._braces(at, quote, parts)
        if after == "[":
            raise self._source.refusal("$[ means different things to different shells", at)
        if not quote and after in ("'", '"'):
            return self._dollar_quote(at, parts)
        name = NAME.match(self._text, at + 1)
        end = name.end() if name else at + 1 + (after != "" and after in _SPECIAL)
        if end == at + 1:
            parts.append(Letter("$", at, end, quote))
            return end
        if _NAME_GOES_ON.match(self._text, end) and (name or end == at + 1):
            raise self._source.refusal("a variable's name goes on in the next line", at)
        parts.append(Expansion(self._text[at:end], at, end, quote, self._text[at + 1 : end]))
        return end

    def _dollar_quote(self, at: int, parts: list[Part]) -> int:
        """Read `$'…'` and `$"…"`, which bash knows and dash does not."""
        if self._text[at + 1] == "'" and "\\" in self._text[at : self._text.find("'", at + 2)]:
            raise self._source.refusal("$'…' means different things to different shells", at)
        parts.append(Expansion("$", at, at + 1, ""))
        return at + 1

    def _parentheses(self, at: int, quote: str, parts: list[Part]) -> int:
        end = self._arithmetic(at) if self._text.startswith("((", at + 1) else 0
        assigns: frozenset[str] = frozenset()
        if end and _ASSIGNS.search(self._text, at, end):
            assigns = frozenset(NAME.findall(self._text, at, end))
        end = end or self._inside(at + 2)
        parts.append(Expansion(self._text[at:end], at, end, quote, assigns=assigns))
        return end

    def _arithmetic(self, at: int) -> int:
        """Give the end of `$((…))`, or 0 where it is a subshell in a command substitution."""
        depth = 0
        for here in range(at + 3, len(self._text)):
            char = self._text[here]
            if char == ")" and not depth:
                return here + 2 if self._text[here + 1 : here + 2] == ")" else 0
            depth += (char == "(") - (char == ")")
        return 0

    def _backquote(self, at: int, quote: str, parts: list[Part]) -> int:
        here = at + 1
        while here < len(self._text) and self._text[here] != "`":
            here += 2 if self._text[here] == "\\" else 1
        if here >= len(self._text):
            raise self._source.refusal("a backquote is never closed", at, _CLOSE_IT)
        self._quoted_commands(_ESCAPED.sub(r"\1", self._text[at + 1 : here]), at)
        parts.append(Expansion(self._text[at : here + 1], at, here + 1, quote))
        return here + 1

    def _braces(self, at: int, quote: str, parts: list[Part]) -> int:
        name, here = self._parameter(at + 2)
        operator = _OPERATOR.match(self._text, here) if name else None
        here = operator.end() if operator else here
        sign = operator[0] if operator else ""
        operand: list[Part] = []
        as_is = quote == '"' and sign.strip(":") in ("-", "=", "?", "+")
        while self._text[here : here + 1] not in ("", "}"):
            here = self._quoted_or_piece(here, as_is, operand)
        if here >= len(self._text):
            raise self._source.refusal("${ is never closed", at, _CLOSE_IT)
        raw = self._text[at : here + 1]
        known = sign if sign or raw == f"${{{name}}}" else "?"
        assigns = assigned_in(operand) | ({name} if sign in ("=", ":=") else frozenset())
        parts.append(
            Expansion(raw, at, here + 1, quote, name, known, tuple(operand), frozenset(assigns))
        )
        return here + 1

    def _quoted_or_piece(self, at: int, as_is: bool, parts: list[Part]) -> int:
        if as_is and self._text[at] != '"':
            return self._quoted(at, '$`"\\}', parts)
        return self._piece(at, parts)

    def _parameter(self, at: int) -> tuple[str, int]:
        name = NAME.match(self._text, at)
        if name:
            return name[0], name.end()
        char = self._text[at : at + 1]
        if char == "#" and self._text[at + 1 : at + 2] not in ("}", "-", "="):
            return "", at
        return (char, at + 1) if char in _SPECIAL and char else ("", at)


def assigned_in(parts: list[Part] | tuple[Part, ...]) -> frozenset[str]:
    """Give the variables that reading these parts may set."""
    names: frozenset[str] = frozenset()
    for part in parts:
        if isinstance(part, Expansion):
            names |= part.assigns
    return names
