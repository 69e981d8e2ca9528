"""Follow a shell file's commands without running any: what does each variable hold at the end?

Whatever cannot be told (a condition, another file, a command's output) is a `Loss` with its place
and reason, or an unknown piece within a value: never a guess.
"""

from __future__ import annotations

from app.edits.shellbuiltins import SHELLS_DIFFER, SPECIAL, call
from app.edits.shellstate import State, TooLongError
from app.edits.shelltext import Expansion, Part, Source, Word
from app.edits.shelltree import Block, Command, Item, Node, Pipe, Script
from app.edits.shellvalue import Loss

_SURE = frozenset((":", "true", "export", "readonly", "unset"))
_CONDITION = "is set only under a condition"


def follow(script: Script, source: Source) -> State:
    """Give the state that the shell is in when the file has been read.

    Raises EditError where values or calls grow without bounds.
    """
    state = State()
    try:
        _items(state, script.items)
    except (TooLongError, RecursionError) as error:
        at = error.args[0] if isinstance(error, TooLongError) else 0
        raise source.refusal("what this file does is too much to follow", at) from None
    for name in script.assigned:
        state.lose(name, Loss("is set in a here-document", 0))
    return state


def succeeds(state: State, command: Command) -> bool:
    """Tell whether a command succeeds whatever happens: assignments and exports do."""
    parts = [one.value.parts for one in command.assigns]
    name = command.words[0].literal if command.words else ""
    known = not command.words or (name in _SURE and name not in state.functions)
    parts += [word.parts for word in command.words]
    return known and not command.redirected and not any(map(_runs, parts))


def _items(state: State, items: tuple[Item, ...]) -> None:
    for item in items:
        if not item.background:
            _item(state, item)


def _item(state: State, item: Item) -> None:
    sure = _pipe(state, item.first)
    for operator, pipe in item.rest:
        if sure and operator == "||":
            continue
        if sure and operator == "&&":
            sure = _pipe(state, pipe)
            continue
        other = state.copy()
        _pipe(other, pipe)
        state.join([state.copy(), other], Loss(_CONDITION, item.start))


def _pipe(state: State, pipe: Pipe) -> bool:
    """Follow one pipeline; tell whether it succeeds for sure."""
    if len(pipe.nodes) > 1:
        return False
    return _node(state, pipe.nodes[0]) and not pipe.negated


def _node(state: State, node: Node) -> bool:
    state.step(node.start)
    if isinstance(node, Command):
        return _command(state, node)
    for word in node.words:
        state.expand(word.parts)
    if node.kind == "function":
        state.functions[node.name] = node
    elif node.kind == "loop":
        _loop(state, node)
    elif node.kind != "subshell":
        _items(state, node.first)
        _choice(state, node)
    return False


def _choice(state: State, block: Block) -> None:
    if not block.ways:
        return
    others = [] if block.complete else [state.copy()]
    for way in block.ways:
        other = state.copy()
        _items(other, way)
        others.append(other)
    state.join(others, Loss(_CONDITION, block.start))


def _loop(state: State, block: Block) -> None:
    _items(state, block.first)
    other = state.copy()
    for way in block.ways:
        _items(other, way)
    state.take_over(other, {block.name} - {""}, Loss("is set in a loop", block.start))


def _function(state: State, name: str, at: int) -> None:
    if name in state.calls:
        return
    other = state.copy()
    other.calls = (*state.calls, name)
    _items(other, state.functions[name].first)
    state.take_over(other, set(), Loss("is set in a function", at))


def _command(state: State, command: Command) -> bool:
    for name in command.assigns_too:
        state.lose(name, Loss(SHELLS_DIFFER, command.start))
    if not command.words:
        for one in command.assigns:
            state.assign(one, state.expand(one.value.parts))
        return succeeds(state, command)
    for one in command.assigns:
        state.expand(one.value.parts)
    name, words = _name(state, command)
    if name in SPECIAL or name in state.functions:
        for one in command.assigns:
            state.lose(one.name, Loss(SHELLS_DIFFER, one.start))
    for word in words:
        state.expand(word.parts)
    if name in state.functions and name not in SPECIAL:
        _function(state, name, command.start)
    else:
        call(state, name, words, command.start)
    return succeeds(state, command)


def _name(state: State, command: Command) -> tuple[str, tuple[Word, ...]]:
    """Give the command's name, looking through `command` and `builtin`; '' if unknown."""
    words = command.words
    while words and words[0].literal in ("command", "builtin"):
        words = words[1:]
        if words and (words[0].literal or "").startswith("-"):
            return "true", ()
    if not words:
        return "true", ()
    atoms = state.expand(words[0].parts)
    text = "".join(atom.text for atom in atoms)
    known = all(atom.text for atom in atoms) and not set(" \t\n") & set(text)
    return (text if known else ""), words[1:]


def _runs(parts: tuple[Part, ...]) -> bool:
    """Tell whether a command is run on the way, which may fail."""
    return any(isinstance(p, Expansion) and (not p.name or _runs(p.operand)) for p in parts)
