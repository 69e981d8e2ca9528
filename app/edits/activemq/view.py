"""Read what a broker's file says, for preflight checks and screens."""

from __future__ import annotations

import re

from app.edits.activemq.broker import persistent, store_follows_name
from app.edits.activemq.find import (
    check_sections,
    find_broker,
    find_section,
    members,
    transports,
)
from app.edits.activemq.model import BrokerView, ConnectorView, NetworkView, SslView
from app.edits.activemq.ssl import inner_context
from app.edits.xmltext import Document, Element, parse

_SCHEMA = re.compile(r"activemq-core-(\d[\w.-]*?)\.xsd")


def read_broker(data: bytes, path: str) -> BrokerView:
    """Read a broker's file, or raise EditError for one that could not be edited either."""
    document = parse(data, path)
    broker = find_broker(document)
    check_sections(document, broker)
    listen = find_section(document, broker, "transportConnectors")
    dial = find_section(document, broker, "networkConnectors")
    jmx = broker.values.get("useJmx", "true")
    return BrokerView(
        line=document.line(broker),
        broker_name=broker.values.get("brokerName"),
        connectors=tuple(
            ConnectorView(one.name, one.text, document.line(one.element))
            for one in transports(listen)
        ),
        networks=tuple(_network(document, one) for one in members(dial, "networkConnector")),
        ssl=_ssl(document, broker),
        use_jmx=None if "${" in jmx else jmx.lower() != "false",
        persistent=persistent(broker),
        store_follows_name=store_follows_name(broker),
        data_directory=broker.values.get("dataDirectory"),
        schema=_schema(document),
    )


def _network(document: Document, element: Element) -> NetworkView:
    values = element.values
    return NetworkView(
        name=values.get("name", ""),
        uri=values.get("uri", ""),
        line=document.line(element),
        duplex=values.get("duplex", "").lower() == "true",
        network_ttl=values.get("networkTTL", "1"),
        dynamic_only=values.get("dynamicOnly", "").lower() == "true",
        user_name=values.get("userName"),
        password=values.get("password"),
    )


def _ssl(document: Document, broker: Element) -> SslView | None:
    outer = find_section(document, broker, "sslContext")
    inner = inner_context(document, outer) if outer else None
    if inner is None:
        return None
    return SslView(document.line(inner), tuple(inner.values.items()))


def _schema(document: Document) -> str | None:
    """Give the version in schemaLocation; Debian's file names the schema without one."""
    for element in document.walk():
        for name, value in element.values.items():
            if name.endswith(":schemaLocation") and (found := _SCHEMA.search(value)):
                return found[1]
    return None
