"""Change lines of rabbitmq.conf and leave all others as they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from app.edits.rabbitmq.conflines import Key, Line, parse_lines, refusal
from app.errors import EditError
from app.quoting import calm

# What is part of a value at the very end of the file, and of no value before a line end.
_LOST = (" ", "\t", "\r")


def key_of(name: str) -> Key:
    """Give the words of a dotted key."""
    return tuple(name.split("."))


class Draft:
    """Collect changes to a file, then write it once.

    Of a key that stands more than once the last counts (cuttlefish_conf), and is the one to set.
    """

    def __init__(self, data: bytes, where: str) -> None:
        self.where = where
        self.lines = parse_lines(data, where)
        self.notes: list[str] = []
        self._texts: dict[int, str] = {}
        self._gone: set[int] = set()
        self._fresh: dict[int, list[str]] = {}
        self._pending: list[tuple[tuple[Key, ...], list[tuple[str, str]]]] = []

    def effective(self, prefix: str) -> list[Line]:
        """Give the settings under a prefix that count, in the order of the file."""
        head = key_of(prefix)
        found = {
            line.key: line
            for line in self.lines
            if line.kind == "setting"
            and line.key[: len(head)] == head
            and line.number not in self._gone
        }
        return sorted(found.values(), key=lambda line: line.number)

    def find(self, name: str) -> Line | None:
        """Give the setting of a key that counts."""
        return next((line for line in self.effective(name) if line.name == name), None)

    def set(self, name: str, value: str) -> bool:
        """Give a key that stands somewhere its value; tell whether it stood."""
        line = self.find(name)
        if line is None:
            return False
        self.put(line, value)
        return True

    def put(self, line: Line, value: str) -> None:
        """Give a line its value."""
        same = [one for one in self.lines if one.kind == "setting" and one.key == line.key]
        if len(same) > 1:
            numbers = ", ".join(str(one.number) for one in same)
            self.note(line, f"{line.name} stands in lines {numbers}: the last one counts")
        if line.value == value:
            return
        for one in self._references(line):
            self.note(one, f"{one.name} follows {line.name}, which is now {value}")
        if line.refers:
            self.note(line, f"{line.name} was {line.value} and is now {value}")
        self._texts[line.number] = line.with_value(value)

    def drop(self, lines: Iterable[Line]) -> None:
        """Take settings out, with all lines of the same keys."""
        gone = list(lines)
        for line in gone:
            for one in self._references(line):
                if one not in gone:
                    text = f"{one.name} refers to {line.name}, which has to go"
                    raise self.refusal(text, one, hint="write the value itself")
        keys = {line.key for line in gone}
        self._gone |= {
            line.number for line in self.lines if line.kind == "setting" and line.key in keys
        }

    def add(self, families: tuple[str, ...], pairs: list[tuple[str, str]]) -> None:
        """Add settings near those under the same prefixes, or at the end."""
        if pairs:
            self._pending.append((tuple(key_of(family) for family in families), pairs))

    def note(self, line: Line, text: str) -> None:
        """Say something about a line."""
        said = calm(f"{self.where}:{line.number}: {text}")
        if said not in self.notes:
            self.notes.append(said)

    def refusal(self, text: str, line: Line, *, hint: str = "") -> EditError:
        """Make the error that names a line."""
        return refusal(text, self.where, line.number, hint=hint)

    def _references(self, line: Line) -> list[Line]:
        """Find the settings whose value is said by another: `$(key)`."""
        mark = re.compile(rf"\$\(\s*{re.escape(line.name)}\s*\)")
        settings = [one for one in self.lines if one.refers and one.number not in self._gone]
        return [one for one in settings if mark.search(one.value)]

    def write(self) -> bytes:
        """Give the new file."""
        newline = "\r\n" if self.lines and self.lines[0].text.endswith("\r\n") else "\n"
        tail: list[str] = []
        for families, pairs in self._pending:
            anchor = self._anchor(families)
            rows = [self._row(pair, anchor) + newline for pair in pairs]
            if anchor is None:
                tail += rows
            else:
                self._fresh.setdefault(anchor.number, []).extend(rows)
        body = [text for line in self.lines for text in self._written(line)]
        if tail and body and body[-1].strip():
            body.append(newline)
        return self._joined(body + tail, newline).encode("utf-8")

    def _written(self, line: Line) -> list[str]:
        fresh = self._fresh.get(line.number, [])
        if line.number in self._gone:
            return fresh
        return [self._texts.get(line.number, line.text), *fresh]

    def _joined(self, body: list[str], newline: str) -> str:
        """Part the lines, and leave the file without a last line end where it had none."""
        text = "".join(one if one.endswith("\n") else one + newline for one in body)
        last = self.lines[-1] if self.lines else None
        if last is None or last.text.endswith("\n"):
            return text
        if body[-1:] == [last.text]:
            return text.removesuffix(newline)
        if last.kind == "setting" and last.value.endswith(_LOST) and last.text in body:
            raise self.refusal(
                f"the value of {last.name} ends in blanks and the file without a line end: "
                "a line after it would change the value",
                last,
                hint="end the line",
            )
        bare = text.removesuffix("\n").removesuffix("\r")
        return text if bare.endswith(_LOST) else bare

    def _anchor(self, families: tuple[Key, ...]) -> Line | None:
        """Find the line to add after: a sibling, a line that goes, or a sample in a comment."""
        for family in families:
            for stays in (True, False):
                found = [
                    line
                    for line in self.lines
                    if line.kind == "setting"
                    and line.key[: len(family)] == family
                    and (line.number not in self._gone) is stays
                ]
                if found:
                    return found[-1]
            samples = [line for line in self.lines if line.sample[: len(family)] == family]
            if samples:
                return samples[-1]
        return None

    def _row(self, pair: tuple[str, str], anchor: Line | None) -> str:
        lead = anchor.lead if anchor and anchor.kind == "setting" else ""
        return f"{lead}{pair[0]}{self._gap(anchor)}{pair[1]}"

    def _gap(self, anchor: Line | None) -> str:
        """Write = as the neighbour does, or else as most of the file does."""
        gaps = [re.sub(r"[ \t]+", " ", line.gap) for line in self.lines if line.kind == "setting"]
        if anchor is not None and anchor.kind == "setting":
            return re.sub(r"[ \t]+", " ", anchor.gap)
        return Counter(gaps).most_common(1)[0][0] if gaps else " = "
