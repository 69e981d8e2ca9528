"""The PEM files that MMM's own configuration names now."""

from __future__ import annotations

from app.kinds.base import PEM_KEY, NamedStore
from app.kinds.mmm.reading import read_node
from app.model import Node
from app.observed import HostObservation
from app.quoting import calm


def stores(node: Node, seen: HostObservation) -> tuple[NamedStore, ...]:
    """Name certificate and CA of a node that speaks TLS; raises EditError for a file too large."""
    read = read_node(node, seen)
    if read is None or not read.tls:
        return ()
    named = (("key", read.paths.get("cert", "")), ("trust", read.paths.get("ca", "")))
    return tuple(
        NamedStore(
            "key" if role == "key" else "trust", calm(path, 1000), read.start,
            (path,) if path.startswith("/") else (), pem=True,
            aside=PEM_KEY if role == "key" else "",
        )
        for role, path in named if path
    )  # fmt: skip
