"""The TLS connectors for clients that are no brokers: which, where, and what they need.

One sslContext serves all connectors of a broker; whether clients must have a certificate is said
in each connector's URI.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from app.edits.activemq import TransportConnector
from app.kinds.activemq.greetings import HELLO, TITLES, judge
from app.kinds.base import ClientPort
from app.model import Node
from app.quoting import bracketed

PROTOCOLS = ("openwire", "stomp", "amqp", "mqtt")
VERSIONS = {
    "java": (),
    "1.3+1.2": ("TLSv1.3", "TLSv1.2"),
    "1.3": ("TLSv1.3",),
    "1.2": ("TLSv1.2",),
}
NEEDS = {
    "stomp": ("activemq-stomp",),
    "amqp": ("activemq-amqp", "proton-j"),
    "mqtt": ("activemq-mqtt", "mqtt-client"),
}
"""The libraries (names of jar files without version) that a protocol needs beside the broker's."""
_WITHOUT = {
    "stomp": "it would not start",
    "amqp": "it would not start",
    # Seen with 5.17.2 of Debian 12: it listens, and no handshake is ever answered.
    "mqtt": "it would listen and answer nobody",
}


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector for clients; `asks` tells whether they must have a certificate."""

    protocol: str
    port: int
    asks: bool
    nio: bool

    @property
    def name(self) -> str:
        """Give its name in activemq.xml."""
        return f"{self.protocol}+ssl"

    @property
    def scheme(self) -> str:
        """Give the scheme of its URI: OpenWire's has no name of its own."""
        inside = [] if self.protocol == "openwire" else [self.protocol]
        return "+".join([*inside, *(["nio"] if self.nio else []), "ssl"])


def connectors_of(node: Node) -> tuple[Connector, ...]:
    """Give the connectors for clients that a broker is to have."""
    options = node.options
    return tuple(
        Connector(
            protocol,
            int(options[f"{protocol}_port"]),
            bool(options[f"{protocol}_verify"]),
            bool(options["nio"]),
        )
        for protocol in PROTOCOLS
        if options[f"{protocol}_port"]
    )


def client_ports(nodes: Iterable[Node]) -> tuple[ClientPort, ...]:
    """Give every port for clients, and how a client begins there."""
    return tuple(
        ClientPort(
            node=node.name,
            name=node.names[0],
            title=one.scheme,
            port=one.port,
            asks=one.asks,
            option=f"{one.protocol}_verify",
            speaks=TITLES[one.protocol],
            hello=HELLO[one.protocol],
            judge=partial(judge, one.protocol),
            versions=versions(node),
        )
        for node in nodes
        for one in connectors_of(node)
    )


def transports(node: Node, *, listens: bool) -> tuple[TransportConnector, ...]:
    """Give the connectors as they are to stand in activemq.xml; the brokers' own comes first."""
    found = [TransportConnector("ssl", _uri(node, "ssl", node.port, asks=True))] if listens else []
    # Brokers and clients of OpenWire speak the same: a listener of the user's may be for either.
    return (
        *found,
        *(
            TransportConnector(
                one.name,
                _uri(node, one.scheme, one.port, asks=one.asks),
                sole=one.protocol != "openwire",
            )
            for one in connectors_of(node)
        ),
    )


def versions(node: Node) -> tuple[str, ...]:
    """Give the TLS versions that a broker's connectors are held to; empty for those of its Java."""
    return VERSIONS[str(node.options["versions"])]


def lacks(node: Node, parts: str, hint: str) -> tuple[str, ...]:
    """Say which connectors the broker has no libraries for; nothing where they are not known.

    `parts` are the names of its jar files; `hint` says where to put more.
    """
    have = {_bare(part) for part in parts.split()}
    found = []
    for one in connectors_of(node):
        missing = [need for need in NEEDS.get(one.protocol, ()) if not _has(have, need)]
        if have and missing:
            found.append(
                f"{one.protocol}_port is set, but the broker lacks {' and '.join(missing)}: with "
                f"{one.scheme}:// {_WITHOUT[one.protocol]}; put the jar into {hint}, or set "
                f"{one.protocol}_port to 0"
            )
    return tuple(found)


def _bare(jar: str) -> str:
    """Give the name of a jar file without version: `activemq-mqtt-5.17.2.jar`, `proton-j.jar`."""
    words = jar.removesuffix(".jar").split("-")
    kept = [word for word in words if not word[:1].isdigit()]
    return "-".join(kept)


def _has(have: set[str], need: str) -> bool:
    return need in have or (need.startswith("activemq-") and "activemq-all" in have)


def _uri(node: Node, scheme: str, port: int, *, asks: bool) -> str:
    options = [f"needClientAuth={'true' if asks else 'false'}"]
    if kept := versions(node):
        options.append(f"transport.enabledProtocols={','.join(kept)}")
    return f"{scheme}://{bracketed(str(node.options['bind']))}:{port}?{'&'.join(options)}"
