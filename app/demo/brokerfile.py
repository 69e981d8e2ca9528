"""Read from activemq.xml what the demo broker needs, the way the product reads it.

It is read here a second time, apart from the editor of the same file, so that the demo judges an
edit as the product would: by what the file says, not by what the editor meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.parsers import expat

CORE = "http://activemq.apache.org/schema/core"
CONF = "/etc/activemq/instances-enabled/main"
BASE = "/var/lib/activemq/main"
STORE_ATTRIBUTES = frozenset(
    {"keyStore", "keyStorePassword", "keyStoreType", "keyStoreKeyPassword",
     "trustStore", "trustStorePassword", "trustStoreType", "protocol", "crlPath"}
)  # fmt: skip


class LoadFailure(Exception):
    """Say in the product's own words why it does not start."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Hold one transport connector."""

    name: str
    uri: str

    @property
    def port(self) -> int:
        """Give the port of the URI."""
        port = urlsplit(self.uri).port
        if port is None:
            raise LoadFailure(f"java.net.URISyntaxException: Expected port in {self.uri}")
        return port

    @property
    def scheme(self) -> str:
        """Give the scheme of the URI."""
        return urlsplit(self.uri).scheme

    @property
    def protocol(self) -> str:
        """Give what is spoken there."""
        first = self.scheme.split("+")[0]
        return first if first in ("stomp", "amqp", "mqtt") else "openwire"

    @property
    def secure(self) -> bool:
        """Tell whether it speaks TLS: `ssl`, `nio+ssl`, `stomp+ssl` and so on."""
        return "ssl" in self.scheme.split("+")

    @property
    def versions(self) -> tuple[str, ...]:
        """Give the TLS versions that it is held to; empty for those of Java."""
        options = dict(parse_qsl(urlsplit(self.uri).query))
        text = options.get("transport.enabledProtocols") or options.get("enabledProtocols", "")
        return tuple(word for word in text.split(",") if word)

    @property
    def wants_certificate(self) -> bool:
        """Tell whether the product would demand a client certificate.

        ActiveMQ 5.17 forgets about client certificates when a connector also has
        transport.verifyHostName, and ignores options that it does not know.
        """
        options = dict(parse_qsl(urlsplit(self.uri).query))
        if "transport.verifyHostName" in options:
            return False
        return "true" in (options.get("needClientAuth"), options.get("transport.needClientAuth"))


@dataclass(frozen=True, slots=True)
class BrokerFile:
    """Hold what was read; `ssl` are the attributes of the inner sslContext."""

    name: str
    listeners: tuple[Listener, ...]
    ssl: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_broker_file(data: bytes) -> BrokerFile:
    """Read a broker's configuration; raises LoadFailure with the product's message.

    A second section of a kind replaces the first, as in the product.  A DTD is refused: nothing in
    this file needs one, and entities are a way to read other files.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise LoadFailure(
            f"org.xml.sax.SAXParseException; lineNumber: {error.lineno}; "
            f"columnNumber: {error.offset + 1}; {expat.ErrorString(error.code)}"
        ) from None
    if reader.broker is None:
        raise LoadFailure(
            "java.lang.IllegalArgumentException: The configuration has no BrokerService"
        )
    name = reader.broker.get("brokerName", "localhost")
    return BrokerFile(name, tuple(reader.listeners), reader.ssl)


class _Reader:
    def __init__(self) -> None:
        self.path: list[str] = []
        self.broker: dict[str, str] | None = None
        self.listeners: list[Listener] = []
        self.ssl: dict[str, str] = {}

    def doctype(self, *_: object) -> None:
        raise LoadFailure("org.xml.sax.SAXParseException; DOCTYPE is disallowed")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        self.path.append(name if namespace == CORE else tag)
        match self.path[-3:] if "broker" in self.path else []:
            case [*_, "broker"]:
                self.broker = attributes
            case [*_, "broker", "transportConnectors"]:
                self.listeners = []
            case ["broker", "transportConnectors", "transportConnector"]:
                self.listeners.append(
                    Listener(attributes.get("name", ""), expand(attributes.get("uri", "")))
                )
            case [*_, "broker", "sslContext"]:
                self._outer(attributes)
            case ["broker", "sslContext", "sslContext"]:
                self._inner(attributes)

    def _outer(self, attributes: dict[str, str]) -> None:
        for name in attributes:
            raise LoadFailure(_not_allowed(name))
        self.ssl = {}

    def _inner(self, attributes: dict[str, str]) -> None:
        for name in attributes.keys() - STORE_ATTRIBUTES:
            raise LoadFailure(_not_allowed(name))
        self.ssl = {name: expand(value) for name, value in attributes.items()}

    def end(self, _: str) -> None:
        self.path.pop()


def _not_allowed(name: str) -> str:
    return (
        "org.xml.sax.SAXParseException; cvc-complex-type.3.2.2: "
        f"Attribute '{name}' is not allowed to appear in element 'sslContext'."
    )


def expand(text: str) -> str:
    """Replace the product's own variables."""
    return text.replace("${activemq.conf}", CONF).replace("${activemq.base}", BASE)


def store_path(value: str) -> tuple[PurePosixPath, bool]:
    """Give the path that a keyStore attribute names, and whether it was written as a URL.

    A bare name is looked for among the instance's configuration; the product reports a file that it
    cannot open differently for each way.
    """
    if value.startswith("file:"):
        return PurePosixPath("/" + unquote(value.removeprefix("file:").lstrip("/"))), True
    return PurePosixPath(CONF) / value, False
