"""Bring the transportConnectors section to what is wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from app.edits.activemq.find import Connector, Work, find_section, transports
from app.edits.activemq.listen import (
    asks_clients,
    demanded,
    merge_listener,
    misspelt,
    switched_off,
)
from app.edits.activemq.model import BrokerEdit, TransportConnector
from app.edits.layout import Node
from app.edits.uri import Uri, parse_uri
from app.errors import EditError

_SECTION = "transportConnectors"


def edit_connectors(work: Work, wanted: BrokerEdit) -> None:
    """Drop, update and add connectors; raise EditError on every collision, with its lines."""
    targets = _targets(wanted.connectors)
    section = find_section(work.document, work.broker, _SECTION)
    existing = transports(section)
    keep = {connector.name for connector in wanted.connectors}
    gone = [one for one in existing if _goes(one, wanted, keep)]
    staying = [one for one in existing if one not in gone]
    fresh: list[Node] = []
    managed: list[Connector] = []
    for connector, uri in targets:
        found = _match(work, staying, connector, uri)
        if found is None:
            pairs = (("name", connector.name), ("uri", str(demanded(uri))))
            fresh.append(work.node("transportConnector", *pairs))
        elif found in managed:
            raise work.document.refusal(f"{found.name!r} matches two listeners", found.element)
        else:
            managed.append(found)
            _update(work, found, connector, uri)
    work.drop(section, [one.element for one in gone], staying=bool(fresh))
    work.add(_SECTION, section, fresh)
    _remark(work, [one for one in staying if one not in managed], bool(targets))
    if wanted.remove_plain:
        _remark_closed(work, gone, [one.uri for one in staying], [uri for _, uri in targets])
        _remark_removal(work, staying, fresh)


def _targets(wanted: Iterable[TransportConnector]) -> list[tuple[TransportConnector, Uri]]:
    targets = []
    for connector in wanted:
        uri = parse_uri(connector.uri)
        if uri is None or not uri.is_tls or uri.port is None:
            raise EditError(
                f"connector {connector.name!r}: {connector.uri!r} is no TLS listener with a port",
                hint="write it like ssl://0.0.0.0:61617",
            )
        targets.append((connector, uri))
    names = Counter(connector.name for connector, _ in targets)
    ports = Counter(uri.port for _, uri in targets)
    for what, count in [*names.items(), *ports.items()]:
        if count > 1:
            raise EditError(f"two wanted connectors share {what!r}", hint="give each its own")
    return targets


def _goes(connector: Connector, wanted: BrokerEdit, keep: set[str]) -> bool:
    plain = connector.uri is not None and connector.uri.is_plain
    if wanted.remove_plain and plain:
        return True
    return connector.name in wanted.drop_connectors and connector.name not in keep


def _match(
    work: Work, staying: list[Connector], wanted: TransportConnector, uri: Uri
) -> Connector | None:
    """Find the connector that is the wanted one already: by name, by TLS on its port, as the only
    one of its protocol.
    """
    name = wanted.name
    named = [one for one in staying if one.name == name]
    on_port = [one for one in staying if one.uri and one.uri.port == uri.port]
    found = named + [one for one in on_port if one not in named]
    if len(found) > 1:
        raise work.document.refusal(
            f"more than one connector is named {name!r} or listens on port {uri.port}",
            *(one.element for one in found),
        )
    if not found:
        return _only(work, staying, uri) if wanted.sole else None
    only = found[0]
    if not only.uri and not only.text:
        raise work.document.refusal(f"connector {name!r} has no uri attribute", only.element)
    if only.uri and not only.uri.is_tls:
        what = f"port {uri.port}" if only.uri.port == uri.port else f"the name {name!r}"
        raise work.document.refusal(
            f"{what} is held by the connector {only.name!r}, which does not speak TLS "
            f"({only.uri.scheme}://)",
            only.element,
            hint="choose another port or name for TLS, or remove that connector",
        )
    if only.uri and only not in named and only.uri.protocol != uri.protocol:
        raise work.document.refusal(
            f"port {uri.port} is held by {only.name!r}, which speaks {only.uri.protocol}, "
            f"not {uri.protocol}",
            only.element,
            hint="choose another port",
        )
    return only


def _only(work: Work, staying: list[Connector], uri: Uri) -> Connector | None:
    """Find the one TLS connector of a protocol, on whatever port."""
    same = [one for one in staying if one.uri and one.uri.is_tls]
    same = [one for one in same if one.uri and one.uri.protocol == uri.protocol]
    if len(same) > 1:
        ports = ", ".join(str(one.uri.port) for one in same if one.uri)
        raise work.document.refusal(
            f"several connectors speak {uri.protocol} over TLS, none of them on port {uri.port}",
            *(one.element for one in same),
            hint=f"choose the port of one of them: {ports}",
        )
    return same[0] if same else None


def _update(work: Work, found: Connector, wanted: TransportConnector, uri: Uri) -> None:
    ours = found.name == wanted.name
    if found.uri is None:
        work.note(found.element, f"the uri of {found.name!r} cannot be read, and is replaced")
        work.set(found.element, "uri", str(demanded(uri)))
        return
    merged, notes = merge_listener(found.uri, uri, ours=ours)
    for text in notes + misspelt(merged):
        work.note(found.element, f"connector {found.name!r}: {text}")
    if merged != found.uri:
        work.set(found.element, "uri", str(merged))
    if not found.name:
        work.set(found.element, "name", wanted.name)
    elif not ours:
        text = f"connector {found.name!r} serves as {wanted.name!r} and keeps its name"
        work.note(found.element, text)


def _remark(work: Work, foreign: list[Connector], managed: bool) -> None:
    """Say what is dangerous in connectors that are not ours, and leave them."""
    for one in foreign:
        if one.uri is None or not one.uri.is_tls:
            continue
        if one.uri.port is None and managed:
            text = f"connector {one.name!r}: its port cannot be read; see that it is another one"
            work.note(one.element, text)
        for text in misspelt(one.uri):
            work.note(one.element, f"connector {one.name!r}: {text}")
        if switched_off(one.uri):
            work.note(
                one.element,
                f"connector {one.name!r}: needClientAuth beside verifyHostName switches client "
                "authentication off; take verifyHostName out",
            )
        elif not asks_clients(one.uri):
            work.note(one.element, f"connector {one.name!r} may let clients in unproved")


def _remark_closed(
    work: Work, gone: list[Connector], staying: list[Uri | None], targets: list[Uri]
) -> None:
    """Say of each plain listener that goes where its clients find their protocol from then on."""
    left = [uri for uri in (*targets, *staying) if uri is not None and uri.is_tls]
    for one in gone:
        if one.uri is None or not one.uri.is_plain:
            continue
        ports = dict.fromkeys(
            str(uri.port) for uri in left if uri.protocol == one.uri.protocol and uri.port
        )
        then = f"its clients need {' or '.join(ports)}, over TLS"
        if not ports:
            then = f"nothing speaks {one.uri.protocol} over TLS, so its clients have no way in"
        work.note(one.element, f"connector {one.name!r} ({one.text}) is closed: {then}")


def _remark_removal(work: Work, staying: list[Connector], fresh: list[Node]) -> None:
    for one in staying:
        if one.uri is None and not one.text.startswith("vm:"):
            text = f"connector {one.name!r} stays: its uri does not tell whether it speaks TLS"
            work.note(one.element, text)
        elif one.uri and not one.uri.is_tls and one.uri.scheme != "vm":
            text = f"connector {one.name!r} stays: {one.uri.scheme} is not known as a plain scheme"
            work.note(one.element, text)
    if "transportConnectorURIs" in work.broker.values:
        work.note(work.broker, "transportConnectorURIs opens connectors too, and is not touched")
    if not staying and not fresh:
        work.note(work.broker, "no transport connector is left: nothing can reach this broker")
