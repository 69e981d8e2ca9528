"""Put our flags into a value where it is written, in whatever quotes it stands."""

from __future__ import annotations

import re

from app.edits.rabbitmq.envfile import PREFIX
from app.edits.rabbitmq.envflags import ErlWord, TlsFlags
from app.edits.shellenv import Splice
from app.edits.shelltext import Source, Word, decoded
from app.edits.shellvalue import Atom, Value

_SIMPLE = re.compile(r"[^'\"\\`~]+")
_CONTINUED = re.compile(r"(?:\\\n)*")


def splice_flags(
    name: str,
    value: Value,
    words: tuple[ErlWord, ...],
    found: TlsFlags,
    ours: tuple[str, ...],
    source: Source,
) -> list[Splice]:
    """Give the changes that take the found flags out and put ours in.

    Raises EditError where flags came in by another variable that holds other arguments too.
    """
    assign = value.assign
    if assign is None:
        raise source.refusal(f"{name} is not set by a plain assignment", value.at)
    text = " ".join(ours)
    if not words:
        return _into_empty(value, assign.value, text, source)
    quotes: list[Splice] = []
    raw = source.text[assign.value.start : assign.value.end]
    bare = _SIMPLE.fullmatch(raw) is not None
    if bare:
        quotes = [
            Splice(assign.value.start, assign.value.start, '"'),
            Splice(assign.value.end, assign.value.end, '"'),
        ]
    editor = _Editor(name, value, words, source, assign.value if bare else None)
    middle = [*editor.insert(found, text), *editor.delete(found, bool(ours))]
    return [*quotes[:1], *middle, *quotes[1:]]


def _into_empty(value: Value, word: Word, text: str, source: Source) -> list[Splice]:
    if not text:
        return []
    if source.text[word.start : word.end] in ('""', "''"):
        return [Splice(word.start, word.end, f'"{text}"')]
    if value.atoms and not value.atoms[0].name:
        at = value.atoms[0]
        return [Splice(at.start, at.start, _quoted(text, at.quote))]
    return [Splice(word.start, word.start, f'"{text}"')]


class _Editor:
    """Changes to one variable's value; `wrapped` is its word where it gets quotes around it."""

    def __init__(
        self,
        name: str,
        value: Value,
        words: tuple[ErlWord, ...],
        source: Source,
        wrapped: Word | None,
    ) -> None:
        self._name = name
        self._atoms = value.atoms
        self._words = words
        self._source = source
        self._wrapped = wrapped

    def insert(self, found: TlsFlags, text: str) -> list[Splice]:
        if not text:
            return []
        if found.at == len(self._words):
            last = self._words[-1].atoms[-1]
            quote, end = self._quote(last), last.end
            if quote == "'" and self._source.text.startswith("'", end):
                quote, end = ("", end + 1) if "$" in text else (quote, end)
            return [Splice(end, end, _quoted(f" {text}", quote))]
        first = self._words[found.at].atoms[0]
        self._refuse_middle(first, found.at in found.gone)
        at = self._written(first)
        blank = "" if found.at in found.gone else " "
        return [Splice(at.start, at.start, _quoted(f"{text}{blank}", self._quote(at)))]

    def delete(self, found: TlsFlags, replaced: bool) -> list[Splice]:
        """Take words out, and the white space before them (or behind, at the very start)."""
        gone = {id(atom) for n in found.gone for atom in self._words[n].atoms}
        doomed: list[Atom] = []
        blanks: list[Atom] = []
        before = False  # whether something that stays, or ours, stands before
        last_gone = False
        starts = {id(self._words[n].atoms[0]): n for n in range(len(self._words))}
        for atom in self._atoms:
            if atom.text and atom.text in " \t\n":
                blanks.append(atom)
                continue
            n = starts.get(id(atom))
            if n is not None:
                here = n in found.gone
                ours_here = replaced and n == found.at and here
                if (here and not ours_here) or (not here and last_gone and not before):
                    doomed += blanks
                before = before or not here or ours_here
                last_gone = here
            blanks = []
            if id(atom) in gone:
                doomed.append(atom)
        if blanks and last_gone and not before:
            doomed += blanks
        return self._spans(doomed)

    def _spans(self, doomed: list[Atom]) -> list[Splice]:
        self._refuse_shared(doomed)
        spans = sorted({(a.start, a.end) for a in map(self._written, doomed)})
        merged: list[tuple[int, int]] = []
        for start, end in spans:
            if merged and _CONTINUED.fullmatch(self._source.text, merged[-1][1], start):
                merged[-1] = (merged[-1][0], end)
            else:
                merged.append((start, end))
        return [Splice(start, end, "") for start, end in merged]

    def _refuse_shared(self, doomed: list[Atom]) -> None:
        """Refuse to take out `$other` where it brought in more than what is to go."""
        ids = {id(atom) for atom in doomed}
        places = {(a.start, a.end) for a in map(self._written, doomed)}
        for atom in self._atoms:
            written = self._written(atom)
            blank = bool(atom.text) and atom.text in " \t\n"
            if id(atom) in ids or blank or (written.start, written.end) not in places:
                continue
            raw = decoded(self._source.text[written.start : written.end][:80])
            why = f"{raw} brings TLS flags and other arguments into {self._name}"
            raise self._source.refusal(why, written.start)

    def _refuse_middle(self, first: Atom, gone: bool) -> None:
        """Refuse to write into the middle of what `$other` brought in."""
        written = self._written(first)
        for atom in self._atoms:
            if atom is first:
                return
            other = self._written(atom)
            if (other.start, other.end) == (written.start, written.end) and not gone:
                raw = decoded(self._source.text[written.start : written.end][:80])
                raise self._source.refusal(
                    f"the TLS flags belong into the middle of {raw}", written.start
                )

    def _written(self, atom: Atom) -> Atom:
        """Find where a character stands: in an earlier value of the variable (`X="$X …"`), or
        in the same variable without prefix (`RABBITMQ_X="$X"`)."""
        names = (self._name, self._name.removeprefix(PREFIX))
        while atom.inner is not None and atom.name in names:
            atom = atom.inner
        return atom

    def _quote(self, atom: Atom) -> str:
        word = self._wrapped
        inside = word is not None and word.start <= atom.start and atom.end <= word.end
        return '"' if inside else atom.quote


def _quoted(text: str, quote: str) -> str:
    """Write text that needs no escapes so that it comes out where `quote` holds."""
    if quote == '"' or (quote == "'" and "$" not in text):
        return text
    return f"'\"{text}\"'" if quote == "'" else f'"{text}"'
