"""The key store and the trust store that a broker's own file names, or those of its Java."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from app.edits.activemq import SslView, meant, read_broker
from app.edits.mask import mask
from app.kinds.activemq.jvm import NAMES
from app.kinds.activemq.layout import of_java, place_of
from app.kinds.activemq.paths import store_path
from app.kinds.base import NamedStore
from app.model import Node
from app.observed import HostObservation
from app.pki.secret import Secret
from app.quoting import calm

_PASSWORDS = ("keyStorePassword", "keyStoreKeyPassword", "trustStorePassword")


def stores(node: Node, seen: HostObservation) -> tuple[NamedStore, ...]:
    """Name the stores of the sslContext, or those that Java is told of; none where there is none.

    Every password in the file is given with each of the two: they are often one, and a store's key
    may have another than the store.
    """
    place = place_of(node, seen)
    data = seen.file(place.config).data if place is not None else None
    if place is None or data is None:
        return ()
    config, known, cwd = place.config, place.known, place.cwd
    view = read_broker(data, f"{node.host}:{config}").ssl
    found = []
    for role, name in NAMES.items():
        value = view.get(name) if view else None
        if view and value:
            found.append(
                NamedStore(
                    role,
                    calm(mask(value), 1000),
                    f"{config}:{view.line}",
                    _places(value, known, cwd),
                    _passwords(view, f"{name}Password"),
                )
            )
        elif (one := of_java(place, view, seen).get(role)) is not None:
            path = posixpath.normpath(posixpath.join(cwd, one.value))
            named = calm(mask(one.value), 1000)
            paths = (path,) if path.startswith("/") and "$" not in path else ()
            found.append(NamedStore(role, named, calm(one.where, 1000), paths, one.passwords))
    return tuple(found)


def _places(value: str, known: Mapping[str, str], cwd: str) -> tuple[str, ...]:
    """Give every place where the broker would look for a store, in its order."""
    asked: list[str] = []

    def exists(path: str) -> bool:
        asked.append(path)
        return False

    last = store_path(value, known, cwd, exists)
    return tuple(dict.fromkeys(path for path in (*asked, last) if path and path.startswith("/")))


def _passwords(view: SslView, first: str) -> tuple[Secret, ...]:
    """Give the passwords of the file, that of the store first; placeholders are left out."""
    names = (first, *(name for name in _PASSWORDS if name != first))
    texts = (meant(view.get(name) or "") for name in names)
    return tuple(Secret(text) for text in dict.fromkeys(texts) if text)
