"""What the shell's own commands do to its variables (POSIX, Shell Command Language 2.14)."""

from __future__ import annotations

import re
from dataclasses import replace

from app.edits.shellstate import State
from app.edits.shelltext import NAME, Letter, Word
from app.edits.shelltree import Assign
from app.edits.shellvalue import Atom, Loss, Value

SPECIAL = frozenset((":", ".", "break", "continue", "eval", "exec", "exit", "export", "local"))
SPECIAL |= frozenset(("readonly", "return", "set", "shift", "times", "trap", "unset"))
SHELLS_DIFFER = "is set in a way that shells do not agree on"
_EXPORTED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_NAMING = frozenset(("read", "getopts", "mapfile", "readarray", "let", "wait", "printf"))
_LOCAL = frozenset(("local", "declare", "typeset"))
_EVERYTHING = {
    ".": "may be set by the file that is read here",
    "source": "may be set by the file that is read here",
    "eval": "may be set by eval",
    "alias": "may mean something else after alias",
    "": "may be set by a command whose name only a running shell knows",
}


def call(state: State, name: str, words: tuple[Word, ...], at: int) -> None:
    """Do what a command of the shell's own does; others run outside and change nothing.

    An empty name is one that only a running shell knows.
    """
    if name in ("export", "readonly"):
        _export(state, words, at, fixed=name == "readonly")
    elif name == "unset":
        _unset(state, words, at)
    elif name in _LOCAL:
        _lose_named(state, words, Loss(SHELLS_DIFFER, at))
    elif name in _NAMING:
        _naming(state, name, words, at)
    elif name in _EVERYTHING:
        state.lose_all(Loss(_EVERYTHING[name], at))
    if _leaves(state, name, words):
        state.end(at)


def _export(state: State, words: tuple[Word, ...], at: int, fixed: bool) -> None:
    found: list[tuple[str, Assign | None, tuple[Atom, ...]]] = []
    for word in words:
        atoms = state.expand(word.parts)
        name, one, value = _exported(word, atoms)
        if not name:
            state.lose_all(Loss(_EVERYTHING[""], word.start))
            state.end(word.start)
        else:
            found.append((name, one, value))
    for name, one, value in found:  # all words are expanded before the first of them is set
        if one is not None and _splits(value):
            state.lose(name, Loss(SHELLS_DIFFER, one.start))
        elif one is not None:
            state.assign(one, value)
        if fixed:
            state.fixed.setdefault(name, at)


def _unset(state: State, words: tuple[Word, ...], at: int) -> None:
    if words and words[0].literal == "-f":
        return
    for word in words:
        name = word.literal
        if name in ("-v", "--"):
            continue
        if name is not None and NAME.fullmatch(name):
            state.give(name, Value(at=at))
        else:
            state.lose_all(Loss(_EVERYTHING[""], at))
            state.end(at)


def _naming(state: State, name: str, words: tuple[Word, ...], at: int) -> None:
    """Lose what `read`, `printf -v` and their like may set."""
    if name in ("printf", "wait"):
        named = [word.literal for word in words[:1]]
        words = words if named in (["-v"], ["-p"]) else ()
    _lose_named(state, words, Loss(SHELLS_DIFFER, at))
    if name == "read":
        state.lose("REPLY", Loss(SHELLS_DIFFER, at))


def _lose_named(state: State, words: tuple[Word, ...], loss: Loss) -> None:
    for word in words:
        if word.literal is None and not NAME.match(word.bare):
            state.lose_all(replace(loss, why=_EVERYTHING[""]))
        for found in NAME.findall(word.literal or word.bare):
            state.lose(found, loss)


def _exported(word: Word, atoms: tuple[Atom, ...]) -> tuple[str, Assign | None, tuple[Atom, ...]]:
    """Read a word behind `export`: a name, or what it sets; an empty name where nobody knows."""
    text = "".join(atom.text or "\0" for atom in atoms)
    if text.startswith("-") or NAME.fullmatch(text):
        return text, None, ()
    match = _EXPORTED.match(text)
    prefix = word.parts[: match.end()] if match else ()
    if match is None or not all(isinstance(part, Letter) for part in prefix):
        return "", None, ()
    last = atoms[match.end() - 1]
    value = Word(last.end, word.end, word.parts[match.end() :], word.quoted)
    return match[1], Assign(match[1], word.start, value), atoms[match.end() :]


def _splits(atoms: tuple[Atom, ...]) -> bool:
    """Tell whether some shells make several words of a value behind `export`."""
    return any(not atom.quote and (not atom.text or atom.text in " \t\n*?[") for atom in atoms)


def _leaves(state: State, name: str, words: tuple[Word, ...]) -> bool:
    """Tell whether the rest of the file may not be run: after `set -n` it is only read."""
    first = words[0].literal or "" if words else ""
    if name == "set":
        return first.startswith("-") and "n" in first
    if name == "return":
        return not state.calls
    return name in ("exit", "eval", "") or (name == "exec" and bool(words))
