"""What to paste by hand where a file cannot be edited, with passwords masked."""

from __future__ import annotations

from dataclasses import replace

from app.edits.activemq.model import BrokerEdit
from app.edits.layout import Node, Style, render_block
from app.errors import EditError

_MASK = "***"


def snippet(wanted: BrokerEdit) -> str:
    """Write the wanted sections as they would stand in a new file."""
    sections = []
    if wanted.networks:
        sections.append(Node("networkConnectors", (), tuple(_networks(wanted))))
    if wanted.ssl is not None:
        masked = replace(wanted.ssl, key_store_password=_MASK, trust_store_password=_MASK)
        inner = Node("sslContext", masked.attributes(), spread=True)
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


def _networks(wanted: BrokerEdit) -> list[Node]:
    nodes = []
    for one in wanted.networks:
        pairs = [("name", one.name), ("uri", one.uri)]
        pairs += [("duplex", "true")] if one.duplex else []
        pairs += [("networkTTL", str(one.network_ttl))] if one.network_ttl != 1 else []
        pairs += [("dynamicOnly", "true")] if one.dynamic_only else []
        pairs += [("userName", one.user_name)] if one.user_name else []
        pairs += [("password", _MASK)] if one.password else []
        nodes.append(Node("networkConnector", tuple(pairs)))
    return nodes
