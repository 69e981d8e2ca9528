"""The PEM files that a node's own configuration names now, for its peers and for clients."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Literal

from app.edits.rabbitmq.conflines import parse_lines
from app.edits.rabbitmq.env import read_env
from app.edits.rabbitmq.erlang import Term, parse_terms
from app.errors import EditError
from app.kinds.base import PEM_KEY, NamedStore
from app.kinds.rabbitmq.layout import CONFIGS, ENV
from app.model import Node
from app.observed import HostObservation
from app.quoting import calm

CLIENTS = "it is for clients of the node's own TLS port, which are not let in as peers"
_ROLES: dict[str, Literal["key", "trust"]] = {"certfile": "key", "cacertfile": "trust"}
_Row = tuple[Literal["key", "trust"], str, str]
"""A role, a path as it is written, and the place where it is."""


def stores(node: Node, seen: HostObservation) -> tuple[NamedStore, ...]:
    """Name each file once: what Erlang's links use first, then what listeners for clients use."""
    folder = str(node.options["folder"])
    links = dict.fromkeys((role, path) for role, path, _ in _links(folder, seen))
    rows = [*_links(folder, seen), *_listeners(folder, seen)]
    places: dict[tuple[Literal["key", "trust"], str], str] = {}
    for role, path, where in rows:
        places.setdefault((role, path), where)
    return tuple(
        NamedStore(
            role, calm(path, 1000), where, (path,) if path.startswith("/") else (), pem=True,
            aside=CLIENTS if (role, path) not in links else PEM_KEY if role == "key" else "",
        )
        for (role, path), where in places.items()
    )  # fmt: skip


def _links(folder: str, seen: HostObservation) -> Iterator[_Row]:
    """Give what `-ssl_dist_opt` and the option file of `-ssl_dist_optfile` name."""
    place = f"{folder}/{ENV}"
    try:
        env = read_env(seen.file(place).data or b"", place)
    except EditError:
        return
    sides = (
        (env.dist_options, env.server_line, env.optfile),
        (env.ctl_dist_options, env.ctl_line, env.ctl_optfile),
    )
    for words, line, optfile in sides:
        for name, value in pairwise(words):
            role = _ROLES.get(name.removeprefix("server_").removeprefix("client_"))
            if role:
                yield role, value, f"{place}:{line}"
        if optfile:
            yield from _terms(optfile, seen, "utf-8")


def _listeners(folder: str, seen: HostObservation) -> Iterator[_Row]:
    """Give what the files of RabbitMQ itself name for its TLS ports."""
    for pattern in CONFIGS:
        for path in sorted(seen.files):
            if not fnmatchcase(path, f"{folder}/{pattern}"):
                continue
            if path.endswith(".config"):
                yield from _terms(path, seen, "latin-1")
            else:
                yield from _lines(path, seen)


def _lines(path: str, seen: HostObservation) -> Iterator[_Row]:
    try:
        lines = parse_lines(seen.file(path).data or b"", path)
    except EditError:
        return
    for line in lines:
        role = _ROLES.get(line.key[-1]) if line.key else None
        if role and line.value:
            yield role, line.value, f"{path}:{line.number}"


def _terms(path: str, seen: HostObservation, coding: str) -> Iterator[_Row]:
    data = seen.file(path).data or b""
    try:
        terms = parse_terms(data, path, coding).terms
    except EditError:
        return
    for term in _walk(terms):
        role = _ROLES.get(term.tag or "")
        if role and isinstance(term.items[1].value, str) and term.items[1].kind == "string":
            line = data.count(b"\n", 0, term.start) + 1
            yield role, term.items[1].value, f"{path}:{line}"


def _walk(terms: tuple[Term, ...]) -> Iterator[Term]:
    for term in terms:
        yield term
        yield from _walk(term.items)
