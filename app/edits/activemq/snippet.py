"""What to paste by hand where a file cannot be edited."""

from __future__ import annotations

from dataclasses import replace

from app.edits.activemq.model import BrokerEdit, NetworkConnector
from app.edits.activemq.networks import ONE_WAY
from app.edits.activemq.values import literal
from app.edits.layout import Node, Style, render_block
from app.errors import EditError

_MASK = "***"


def snippet(wanted: BrokerEdit, *, masked: bool = True) -> str:
    """Write the wanted sections as they would stand in a new file, with passwords masked or not."""
    sections = []
    if wanted.networks:
        nodes = tuple(_network(one, masked=masked) for one in wanted.networks)
        sections.append(Node("networkConnectors", (), nodes))
    if wanted.ssl is not None:
        ssl = wanted.ssl
        if masked:
            ssl = replace(ssl, key_store_password=_MASK, trust_store_password=_MASK)
        inner = Node("sslContext", ssl.attributes(), spread=True)
        sections.append(Node("sslContext", (), (inner,)))
    if wanted.connectors:
        connectors = [
            Node("transportConnector", (("name", one.name), ("uri", one.uri)))
            for one in wanted.connectors
        ]
        sections.append(Node("transportConnectors", (), tuple(connectors)))
    try:
        return "".join(render_block(section, "", Style("\n", "    ")) for section in sections)
    except EditError:
        return ""


def _network(one: NetworkConnector, *, masked: bool) -> Node:
    pairs = [("name", one.name), ("uri", one.uri)]
    pairs += [("duplex", "true")] if one.duplex else []
    pairs += [("networkTTL", str(one.network_ttl))] if one.network_ttl != 1 else []
    pairs += [("dynamicOnly", "true")] if one.dynamic_only else []
    pairs += [(ONE_WAY, "true")] if one.one_way else []
    pairs += [("userName", literal(one.user_name))] if one.user_name else []
    pairs += [("password", _MASK if masked else literal(one.password))] if one.password else []
    return Node("networkConnector", tuple(pairs))
