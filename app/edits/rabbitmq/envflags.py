"""Find the TLS distribution flags among the erl arguments that a variable holds.

RabbitMQ's scripts expand the variable unquoted, so that white space alone parts the words; `erl`
takes what follows a flag as its values, up to the next word that begins with `-` or `+`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.edits.shelltext import Source, decoded
from app.edits.shellvalue import Atom, Value

SSL_PATH = "ERL_SSL_PATH"
TLS_FLAGS = ("-proto_dist", "-ssl_dist_optfile", "-ssl_dist_opt")
_SSL_FOLDER = re.compile(r".*/ssl-[0-9][0-9.]*/ebin/?")


@dataclass(frozen=True, slots=True)
class ErlWord:
    """One argument; unknown pieces are shown as they are written."""

    atoms: tuple[Atom, ...]

    @property
    def text(self) -> str:
        return "".join(atom.shown for atom in self.atoms)

    @property
    def unknown(self) -> bool:
        return not any(atom.text for atom in self.atoms)


@dataclass(frozen=True, slots=True)
class TlsFlags:
    """Which words are TLS distribution flags (`gone`), and before which word ours belong."""

    gone: frozenset[int] = frozenset()
    at: int = 0
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)


def erl_words(value: Value) -> tuple[ErlWord, ...]:
    """Split a value at white space, as sh splits an unquoted expansion."""
    words: list[list[Atom]] = [[]]
    for atom in value.atoms:
        if atom.text and atom.text in " \t\n":
            words.append([])
        else:
            words[-1].append(atom)
    return tuple(ErlWord(tuple(atoms)) for atoms in words if atoms)


def find_tls(words: tuple[ErlWord, ...], source: Source) -> TlsFlags:
    """Find the flags; where there are none, ours belong to the end, but before `-extra`.

    Raises EditError where a flag's value comes from outside the file as a whole: it may hold
    more than that value.
    """
    gone: set[int] = set()
    values: dict[str, tuple[str, ...]] = {}
    first: int | None = None
    end = next((n for n, word in enumerate(words) if word.text == "-extra"), len(words))
    at = 0
    while at < end:
        text = words[at].text
        taken = list(_values(words, at + 1, end))
        if text in TLS_FLAGS:
            _refuse_outside(words, at, taken, source)
            values[text] = values.get(text, ()) + tuple(words[n].text for n in taken)
            gone |= {at, *taken}
            first = at if first is None else first
        elif text == "-pa" and (folders := {n for n in taken if _is_ssl_folder(words[n])}):
            gone |= folders | ({at} if len(folders) == len(taken) else set())
            values[text] = tuple(words[n].text for n in sorted(folders))
            first = at if first is None else first
        at = taken[-1] + 1 if taken else at + 1
    return TlsFlags(frozenset(gone), end if first is None else first, values)


def with_flags(words: tuple[ErlWord, ...], found: TlsFlags, ours: tuple[str, ...]) -> list[str]:
    """Give the arguments as they are to be: ours in the place of those that are gone."""
    wanted: list[str] = []
    for n, word in enumerate(words):
        wanted += ours if n == found.at else ()
        wanted += [word.text] if n not in found.gone else []
    return wanted + list(ours if found.at == len(words) else ())


def _values(words: tuple[ErlWord, ...], at: int, end: int) -> Iterator[int]:
    """Give the places of a flag's values; what is unknown as a whole may be further flags."""
    while at < end and not words[at].text.startswith(("-", "+")):
        if words[at].unknown and not _is_ssl_folder(words[at]):
            return
        yield at
        at += 1


def _refuse_outside(words: tuple[ErlWord, ...], at: int, taken: list[int], source: Source) -> None:
    after = at + len(taken) + 1
    open_end = after < len(words) and words[after].unknown
    flag = words[at].text
    if open_end and (not taken or (flag == "-ssl_dist_opt" and len(taken) % 2)):
        atom = words[after].atoms[0]
        why = f"what follows {flag} comes from outside the file: {decoded(atom.raw[:80])}"
        raise source.refusal(why, atom.start)


def _is_ssl_folder(word: ErlWord) -> bool:
    """Tell whether a word is the folder of Erlang's ssl application, however it got there."""
    if any(SSL_PATH in _names(atom) for atom in word.atoms):
        return True
    return _SSL_FOLDER.fullmatch(word.text.strip("'\"")) is not None


def _names(atom: Atom | None) -> Iterator[str]:
    """Give the variables that a character came through."""
    while atom is not None:
        yield atom.name
        atom = atom.inner
