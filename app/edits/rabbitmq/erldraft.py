"""Change elements of an Erlang term file in place: what is added looks like its neighbours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.edits.rabbitmq.erlang import Term, TermFile, parse_terms
from app.errors import EditError
from app.quoting import calm

_LINE = 100
_BLANK = re.compile(rb"[ \t]*")
_LEADING_COMMA = re.compile(rb"[ \t]*,[ \t]*")
_COMMENT = re.compile(rb"[ \t]*%[^\r\n]*")
_REST = re.compile(rb"[ \t]*(?:%[^\n]*)?(?:\r?\n|\Z)")
_COMMENT_LINE = re.compile(rb"(?m)^([ \t]*)%")


@dataclass(frozen=True, slots=True)
class Block:
    """Describe `{name, [items]}`; an item is a block, or text as it is to stand."""

    name: str
    items: tuple[Block | str, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """Say how the file breaks lines, indents one step, and writes `{a, b}` or `{a,b}`."""

    newline: str
    unit: str
    comma: str

    def pair(self, key: str, value: str) -> str:
        """Write a tuple of two."""
        return f"{{{key}{self.comma}{value}}}"

    def write(self, item: Block | str, indent: str) -> str:
        """Write an item whose first line is indented already."""
        if isinstance(item, str):
            return item
        inner = indent + self.unit
        rows = ("," + self.newline).join(inner + self.write(one, inner) for one in item.items)
        value = f"[{self.newline}{rows}{self.newline}{indent}]" if rows else "[]"
        return self.pair(item.name, value)


class TermDraft:
    """Hold a file of one list while it is changed; terms are good until the next change."""

    def __init__(self, data: bytes, where: str) -> None:
        self.where = where
        self.notes: list[str] = []
        self.file = self._parse(data)
        self.style = _style(self.file)

    def _parse(self, data: bytes) -> TermFile:
        # RabbitMQ's reader (rabbit_prelaunch_file): Latin-1 where no comment says otherwise.
        return parse_terms(data, self.where, "latin-1")

    @property
    def data(self) -> bytes:
        """Give the file as it is by now."""
        return self.file.data

    def line(self, term: Term) -> int:
        """Give the line that a term starts on."""
        return self.file.line(term.start)

    def text(self, term: Term) -> str:
        """Give a term as it is written."""
        return self.file.text(term).decode("latin-1")

    def note(self, term: Term, text: str) -> None:
        """Say something about a term."""
        self.notes.append(calm(f"{self.where}:{self.line(term)}: {text}"))

    def refusal(self, text: str, term: Term, *, hint: str = "") -> EditError:
        """Make the error that names the line of a term."""
        return self.file.refusal(text, term.start, hint=hint)

    def replace(self, term: Term, text: str) -> None:
        """Write something else where a term stands."""
        self._splice((term.start, term.end, text))

    def append(self, row: Term, items: Sequence[Block | str]) -> None:
        """Add items at the end of a list."""
        if not items:
            return
        if not row.items:
            self._fill(row, items)
            return
        last = row.items[-1]
        lead = self._lead(last.start)
        if _LEADING_COMMA.fullmatch(lead) and lead.strip():
            before = lead.decode("ascii")
            indent = " " * len(before.expandtabs())
            texts = [self.style.newline + before + self.style.write(one, indent) for one in items]
            self._splice((self._after(last), self._after(last), "".join(texts)))
        elif self._fits(row, items):
            text = "".join(f", {one}" for one in items)
            self._splice((last.end, last.end, text))
        else:
            indent = self._indent(row)
            joint = "," + self.style.newline
            text = joint.join(indent + self.style.write(one, indent) for one in items)
            after = self._after(last)
            if after == last.end:
                self._splice((after, after, joint + text))
            else:
                self._splice((last.end, last.end, ","), (after, after, self.style.newline + text))

    def remove(self, row: Term, item: Term) -> None:
        """Take an element out of a list, with its comma, and with its line where it is alone."""
        place = row.items.index(item)
        if len(row.items) == 1:
            self._splice((item.start, item.end, ""))
        elif place == len(row.items) - 1:
            comma = row.commas[place - 1]
            if self.data[comma + 1 : item.start].strip():
                self._splice((comma, comma + 1, ""), (item.start, item.end, ""))
            else:
                self._splice((comma, item.end, ""))
        else:
            self._remove_before(item, row.commas[place], row.items[place + 1])

    def _remove_before(self, item: Term, comma: int, following: Term) -> None:
        """Take out an element that another follows."""
        if self.data[item.end : comma].strip():
            self._splice((item.start, item.end, ""), (comma, comma + 1, ""))
            return
        lead, rest = self._lead(item.start), _REST.match(self.data, comma + 1)
        if rest and _BLANK.fullmatch(lead):
            self._splice((item.start - len(lead), rest.end(), ""))
        elif self.data[comma + 1 : following.start].strip():
            self._splice((item.start, comma + 1, ""))
        else:
            self._splice((item.start, following.start, ""))

    def _splice(self, *edits: tuple[int, int, str]) -> None:
        data = self.data
        for start, end, text in sorted(edits, reverse=True):
            data = data[:start] + text.encode("ascii") + data[end:]
        self.file = self._parse(data)

    def _fill(self, row: Term, items: Sequence[Block | str]) -> None:
        """Write the first items of an empty list, after the comments that stand in it."""
        start, end = row.start + 1, row.end - 1
        inner = self.data[start:end]
        outer = _leading(self._lead(row.start))
        comments = _COMMENT_LINE.findall(inner)
        indent = comments[-1].decode("ascii") if comments else outer + self.style.unit
        if not inner.strip() and self._fits(row, items):
            self._splice((start, end, ", ".join(str(one) for one in items)))
            return
        newline = self.style.newline
        text = f",{newline}".join(indent + self.style.write(one, indent) for one in items)
        if inner.strip():
            at = end - len(self._lead(end))
            self._splice((at, at, text + newline))
        else:
            self._splice((start, end, newline + text + newline + outer))

    def _fits(self, row: Term, items: Sequence[Block | str]) -> bool:
        """Tell whether items fit in the line of a list that stands on one."""
        texts = [one for one in items if isinstance(one, str)]
        if len(texts) < len(items) or b"\n" in self.data[row.start : row.end]:
            return False
        length = len(self._lead(row.end)) + sum(len(text) + 2 for text in texts)
        return length <= _LINE

    def _indent(self, row: Term) -> str:
        """Give the indentation of the last element on its own line, or align with the first."""
        for item in (row.items[-1], row.items[0]):
            lead = self._lead(item.start)
            if _BLANK.fullmatch(lead):
                return lead.decode("ascii")
        return re.sub(r"[^\t]", " ", self._lead(row.items[0].start).decode("latin-1"))

    def _after(self, term: Term) -> int:
        """Give the end of the comment that follows on the line, or of the term."""
        return self._past(_COMMENT, term.end)

    def _past(self, pattern: re.Pattern[bytes], offset: int) -> int:
        found = pattern.match(self.data, offset)
        return found.end() if found else offset

    def _lead(self, offset: int) -> bytes:
        """Give what stands before an offset on its line."""
        return self.data[self.data.rfind(b"\n", 0, offset) + 1 : offset]


def _leading(lead: bytes) -> str:
    found = _BLANK.match(lead)
    return found[0].decode("ascii") if found else ""


def _style(file: TermFile) -> Style:
    data = file.data
    units: Counter[str] = Counter()
    commas: Counter[str] = Counter()
    for term in _walk(file.terms):
        if term.tag is not None:
            key, value = term.items
            weight = 1 if value.kind == "list" else 100  # long values often stand apart
            commas["," if data[key.end : value.start] == b"," else ", "] += weight
        if term.kind == "list" and term.items:
            outer = _leading(data[data.rfind(b"\n", 0, term.start) + 1 : term.start])
            lead = data[data.rfind(b"\n", 0, term.items[-1].start) + 1 : term.items[-1].start]
            inner = lead.decode("latin-1")
            short = len(outer) < len(inner) <= len(outer) + 4
            if _BLANK.fullmatch(lead) and short and inner.startswith(outer):
                units[inner[len(outer) :]] += 1
    return Style(
        newline="\r\n" if b"\r\n" in data else "\n",
        unit=units.most_common(1)[0][0] if units else "  ",
        comma=commas.most_common(1)[0][0] if commas else ", ",
    )


def _walk(terms: Sequence[Term]) -> Iterator[Term]:
    for term in terms:
        yield term
        yield from _walk(term.items)
