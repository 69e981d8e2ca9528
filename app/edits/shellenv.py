"""Set variables of a shell environment file (`options`, /etc/default/…) in place."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.edits.shellparse import assignment, parse
from app.edits.shelltext import NAME, Expansion, Source, Word
from app.edits.shelltree import Assign, Command, Item
from app.errors import EditError

_GOES_ON = re.compile(r"(?<!\\)\\(?:\\\\)*\n\Z")
_HINT = "set the variable by hand"


def set_variables(data: bytes, values: Mapping[str, str], path: str) -> bytes:
    """Give each variable its value where it is set last, or at the end; other bytes stay.

    Only assignments at the start of a line count: one inside a block may not be run, so the new
    one goes to the end, where it wins.  Raises EditError for quotes that never end, for a wanted
    variable whose old value is a command's output, and for here-documents.
    """
    source = Source(data.decode("latin-1"), path, _HINT)
    last = {one.name: one for one in _assignments(source)}
    edits: list[Splice] = []
    fresh: list[str] = []
    for name, value in values.items():
        if not NAME.fullmatch(name):
            raise EditError(f"{name!r} is no name of a shell variable", where=path)
        word = shlex.quote(value).encode("utf-8").decode("latin-1")
        one = last.get(name)
        if one is None:
            fresh.append(f"{name}={word}\n")
        elif _needs_a_shell(one.value) or one.more:
            raise source.refusal("this assignment cannot be read", one.start)
        elif one.value.literal != value.encode("utf-8").decode("latin-1"):
            edits.append(Splice(one.value.start, one.value.end, word))
    text = splice(source.text, edits)
    return (end_of_line(text) if fresh else text).encode("latin-1") + "".join(fresh).encode(
        "latin-1"
    )


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `new` in the place of the text from `start` to `end`."""

    start: int
    end: int
    new: str


def splice(text: str, edits: list[Splice]) -> str:
    """Apply changes that do not overlap; those at one place keep their order."""
    parts = []
    position = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < position:
            raise ValueError(f"edits overlap at {edit.start}")
        parts += [text[position : edit.start], edit.new]
        position = edit.end
    return "".join([*parts, text[position:]])


def end_of_line(text: str) -> str:
    """Give the text with its last line ended, so that a line can follow."""
    if text and not text.endswith("\n"):
        text += "\n"
    return text + "\n" if _GOES_ON.search(text) else text


def _assignments(source: Source) -> Iterator[Assign]:
    """Give the assignments that stand at the start of a line, outside all blocks."""
    script = parse(source)
    for at in script.here_documents:
        raise source.refusal("the file holds a here-document", at)
    for item in script.items:
        for command in _commands(item):
            if command.start and source.text[command.start - 1] != "\n":
                continue
            yield from command.assigns if not command.words else ()
            if len(command.words) > 1 and command.words[0].literal == "export":
                exported = assignment(command.words[1])
                yield from () if exported is None else (exported,)


def _commands(item: Item) -> Iterator[Command]:
    for pipe in (item.first, *(pipe for _, pipe in item.rest)):
        for node in pipe.nodes:
            if isinstance(node, Command):
                yield node


def _needs_a_shell(word: Word) -> bool:
    """Tell whether a command's output is part of the value."""
    return any(isinstance(part, Expansion) and not part.name for part in word.parts)
