"""What is wanted of a broker's file, and what was read from one.  Passwords never show in repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from app.edits.activemq.values import literal


@dataclass(frozen=True)
class SslContext:
    """Name the stores of a broker; a path may be a bare name, absolute, or a `file:` URL."""

    key_store: str
    key_store_password: str = field(repr=False)
    trust_store: str
    trust_store_password: str = field(repr=False)
    key_store_type: str = "PKCS12"
    trust_store_type: str = "PKCS12"

    def attributes(self) -> tuple[tuple[str, str], ...]:
        """Give the attributes of the inner sslContext element, as they are written."""
        return (
            ("keyStore", self.key_store),
            ("keyStorePassword", literal(self.key_store_password)),
            ("keyStoreType", self.key_store_type),
            ("trustStore", self.trust_store),
            ("trustStorePassword", literal(self.trust_store_password)),
            ("trustStoreType", self.trust_store_type),
        )


@dataclass(frozen=True)
class TransportConnector:
    """Describe a TLS listener, e.g. `ssl://0.0.0.0:61617?needClientAuth=true`.

    A `sole` one is the only TLS listener of its protocol: one that stands there already on another
    port, by another name, is brought to what is wanted instead of doubled.
    """

    name: str
    uri: str
    sole: bool = False


@dataclass(frozen=True)
class NetworkConnector:
    """Describe a bridge, e.g. to `static:(ssl://hub.example.org:61617)`.

    `user_name` and `password`: None leaves what stands there, "" takes it out.  `one_way` lets a
    broker send messages for a consumer by one of several ways only; without it what stands there
    is left.
    """

    name: str
    uri: str
    duplex: bool = False
    network_ttl: int = 1
    dynamic_only: bool = False
    user_name: str | None = None
    password: str | None = field(default=None, repr=False)
    one_way: bool = False


@dataclass(frozen=True)
class BrokerEdit:
    """Say what the file should hold; None and empty tuples leave things as they are.

    `remove_plain` takes out every transportConnector that listens without TLS (vm:// stays).
    What `drop_*` names is taken out, unless it is wanted as well.
    """

    broker_name: str | None = None
    ssl: SslContext | None = None
    connectors: tuple[TransportConnector, ...] = ()
    networks: tuple[NetworkConnector, ...] = ()
    remove_plain: bool = False
    drop_networks: tuple[str, ...] = ()
    drop_connectors: tuple[str, ...] = ()


@dataclass(frozen=True)
class EditResult:
    """Hold the new file (it may hold passwords) and what the user should know, line by line."""

    data: bytes = field(repr=False)
    notes: tuple[str, ...] = ()


class ConnectorView(NamedTuple):
    """A transportConnector as it stands in the file."""

    name: str
    uri: str
    line: int


@dataclass(frozen=True)
class NetworkView:
    """A networkConnector as it stands in the file."""

    name: str
    uri: str
    line: int
    duplex: bool
    network_ttl: str
    dynamic_only: bool
    user_name: str | None
    password: str | None = field(repr=False)


@dataclass(frozen=True)
class SslView:
    """The inner sslContext; `attributes` holds passwords."""

    line: int
    attributes: tuple[tuple[str, str], ...] = field(repr=False)

    def get(self, name: str) -> str | None:
        """Give one attribute, or None."""
        return dict(self.attributes).get(name)


@dataclass(frozen=True)
class BrokerView:
    """A broker as its file describes it, defaults of ActiveMQ not filled in.

    `broker_name` is None where absent (ActiveMQ then says `localhost`); `use_jmx` is None where
    it is a placeholder.  `persistent` tells whether messages and durable subscriptions outlive
    a restart; `store_follows_name` that their folder is named after the broker, so that a new
    name starts with an empty store.  `schema` is the version in schemaLocation, if any.
    """

    line: int
    broker_name: str | None
    connectors: tuple[ConnectorView, ...]
    networks: tuple[NetworkView, ...]
    ssl: SslView | None
    use_jmx: bool | None
    persistent: bool
    store_follows_name: bool
    data_directory: str | None
    schema: str | None
