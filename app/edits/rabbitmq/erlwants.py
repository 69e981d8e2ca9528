"""Write what is wanted of client listeners as Erlang terms, and know it when it stands there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.edits.rabbitmq.erlang import Term
from app.edits.rabbitmq.erldraft import Block, Style
from app.edits.rabbitmq.listeners import ListenerEdit
from app.errors import EditError
from app.quoting import erl_atom, erl_string

PLAIN_STYLE = Style("\n", "  ", ", ")


@dataclass(frozen=True, slots=True)
class Want:
    """Hold a setting as text, and how to know a term that says the same."""

    key: str
    text: str
    holds: Callable[[Term], bool]


def number(key: str, value: int) -> Want:
    """Want a number."""
    return Want(key, str(value), lambda term: term.kind == "int" and term.value == value)


def files(wanted: ListenerEdit) -> list[Want]:
    """Give the options that name files; raise EditError for a path that no term can hold."""
    found = []
    for key, path in wanted.files():
        try:
            found.append(Want(key, erl_string(path), _is_path(path)))
        except ValueError as error:
            raise EditError(f"{key}: {error}", hint="use a path of plain letters") from None
    return found


def options(wanted: ListenerEdit) -> list[Want]:
    """Give all options of TLS."""
    found = files(wanted)
    for key, word in wanted.words():
        found.append(
            number(key, int(word)) if word.isdecimal() else Want(key, word, _is_word(word))
        )
    versions = ", ".join(erl_atom(version) for version in wanted.versions)
    found.append(Want("versions", f"[{versions}]", _is_set(frozenset(wanted.versions))))
    return found


def block(name: str, wants: list[Want], style: Style) -> Block:
    """Make a block of settings that are all new."""
    return Block(name, tuple(style.pair(one.key, one.text) for one in wants))


def snippet(wanted: ListenerEdit) -> str:
    """Write the wanted settings as they would stand in a file of their own."""
    style = PLAIN_STYLE
    rabbit: list[Block | str] = [style.pair("ssl_listeners", f"[{wanted.port}]")]
    rabbit += [style.pair("tcp_listeners", "[]")] if wanted.close_plain else []
    sections = [Block("rabbit", (*rabbit, block("ssl_options", options(wanted), style)))]
    if wanted.management_port:
        port = number("port", wanted.management_port)
        config = block("ssl_config", [port, *files(wanted)], style)
        sections.append(Block("rabbitmq_management", (config,)))
    rows = ",\n".join(f"  {style.write(section, '  ')}" for section in sections)
    return f"[\n{rows}\n].\n"


def _is_path(path: str) -> Callable[[Term], bool]:
    """Take a string, and the binary of the same path, which the ssl application takes too."""

    def holds(term: Term) -> bool:
        if term.kind == "binary":
            return path.isascii() and term.value == path.encode()
        return term.kind == "string" and term.value == path

    return holds


def _is_word(word: str) -> Callable[[Term], bool]:
    return lambda term: term.kind == "atom" and term.value == word


def _is_set(words: frozenset[str]) -> Callable[[Term], bool]:
    def holds(term: Term) -> bool:
        atoms = [item.value for item in term.items if item.kind == "atom"]
        return term.proper and len(atoms) == len(term.items) == len(words) and words == set(atoms)

    return holds
