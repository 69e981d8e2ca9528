"""The choices that an ActiveMQ topology leaves to the user."""

from __future__ import annotations

from app.site.options import Option

ALL = "all"


def _for_clients(protocol: str, title: str, port: int, what: str) -> tuple[Option, Option]:
    """Declare a connector for clients that are no brokers: where, and whether it asks."""
    return (
        Option(
            f"{protocol}_port", f"{title} TLS port",
            f"{what} {port} by custom; 0 leaves what is there as it is.",
            "int", 0, high=65535, each=True,
        ),
        Option(
            f"{protocol}_verify", f"{title} certificates",
            "Clients of that port must have a certificate of this site (tlswright export client). "
            "Off: they are encrypted all the same, and log in with passwords, if at all.",
            "bool", True, each=True,
        ),
    )  # fmt: skip


OPTIONS = (
    Option(
        "port", "TLS port",
        "The port of the ssl:// listener on every broker. 61617 is ActiveMQ's custom; a single "
        "broker may have its own.",
        "port", 61617,
    ),
    Option(
        "duplex", "Duplex bridges",
        "Messages flow both ways over the connection that the spoke opens, so the hub needs no way "
        "to dial the spokes. Without it the hub dials every spoke as well.",
        "bool", True,
    ),
    Option(
        "hubs", "Hubs of a spoke",
        "Where there are several hubs: which of them a spoke has a bridge with. Empty for the "
        "first, one or more names with blanks between, or all. A spoke with several stays in the "
        "network while one of them restarts.",
        "text", "", several="hub", each=True,
    ),
    Option(
        "network_ttl", "Network TTL (hops)",
        "How many bridges a message may cross. 0 takes what the longest way needs: 2 with one "
        "hub, 3 with two. With 1 a message from one spoke never arrives at another.",
        "int", 0, high=32,
    ),
    Option(
        "dynamic_only", "Dynamic only",
        "Forward to a peer only while it has a consumer. Off also forwards for durable "
        "subscribers that are away.",
        "bool", False,
    ),
    Option(
        "listeners", "TLS listeners on",
        "all: every broker accepts TLS, so its clients can move to TLS too. acceptors: only "
        "brokers that others dial.",
        "choice", "all", choices=("all", "acceptors"),
    ),
    Option(
        "plain", "Plain-text listeners",
        "keep: existing clients go on as they are. close: they are removed in a last wave, after "
        "every TLS link is proven; clients that still use them are cut off.",
        "choice", "keep", choices=("keep", "close"),
    ),
    Option(
        "bind", "Bind address",
        "The address that the TLS listener binds; 0.0.0.0 means every interface of the host.",
        "text", "0.0.0.0",  # noqa: S104
    ),
    Option(
        "versions", "TLS versions",
        "java: those that the broker's Java takes, 1.3 and 1.2 today. Anything else is written "
        "into every TLS connector that is ours.",
        "choice", "java", choices=("java", "1.3+1.2", "1.3", "1.2"),
    ),
    Option(
        "user", "Connector user",
        "The user name that bridges log in with, where the brokers ask for one (a simple or JAAS "
        "authentication plugin). Empty where they do not.",
        "text", "",
    ),
    Option(
        "connector_password", "Connector password",
        "The password of the connector user. It is kept in the vault, never in site.yaml.",
        "text", "", secret=True,
    ),
    Option(
        "store_format", "Store format",
        "PKCS12 opens on every Java from 8 on. JKS only where something else must read it.",
        "choice", "PKCS12", choices=("PKCS12", "JKS"),
    ),
    Option(
        "pem", "PEM files beside the stores",
        "Write key and certificates as PEM too, for tools on the host that are not Java.",
        "bool", False,
    ),
    Option(
        "logging", "Write a log",
        "Debian's package logs nothing, so a broker that dies leaves no reason. This adds a "
        "log4j.properties where the instance has none.",
        "bool", True,
    ),
    Option(
        "instance", "Instance",
        "The instance below /etc/activemq/instances-enabled; empty where there is only one.",
        "text", "", scope="node",
    ),
    Option(
        "home", "Home folder",
        "Where upstream's archive was unpacked, such as /opt/activemq; empty where the broker runs "
        "or lies in one of the usual places.",
        "path", "", scope="node",
    ),
    Option(
        "base", "Base folder",
        "The folder of this broker's conf and data, where it is not its home (ACTIVEMQ_BASE).",
        "path", "", scope="node",
    ),
    Option(
        "conf", "Configuration folder",
        "The folder of activemq.xml, where it is not conf in the base folder (ACTIVEMQ_CONF).",
        "path", "", scope="node",
    ),
    Option(
        "service", "Service unit",
        "The systemd unit that starts this broker; empty where it is found by itself, or where "
        "there is none.",
        "text", "", scope="node",
    ),
    Option(
        "stop_command", "Stop command",
        "A shell command that stops this broker, instead of the one for the layout found.",
        "text", "", scope="node",
    ),
    Option(
        "start_command", "Start command",
        "A shell command that starts this broker, instead of the one for the layout found.",
        "text", "", scope="node",
    ),
    Option(
        "status_command", "Status command",
        "A shell command that answers 0 when this broker is up, instead of our own look at the "
        "process and its listener.",
        "text", "", scope="node",
    ),
    *_for_clients(
        "openwire", "OpenWire", 61618,
        "A second ssl:// connector, for JMS clients: the brokers' own always asks for a "
        "certificate.",
    ),
    *_for_clients("stomp", "STOMP", 61614, "A stomp+ssl:// connector."),
    *_for_clients(
        "amqp", "AMQP", 5671,
        "An amqp+ssl:// connector for AMQP 1.0. Debian's package has no library for it.",
    ),
    *_for_clients(
        "mqtt", "MQTT", 8883,
        "An mqtt+ssl:// connector. On Debian it needs the package libmqtt-client-java too.",
    ),
    Option(
        "nio", "Client connectors with NIO",
        "nio+ssl, stomp+nio+ssl and so on: a few threads serve all clients, where there are "
        "hundreds of them. The brokers' own connector stays as it is.",
        "bool", False,
    ),
)  # fmt: skip

BY_KEY = {option.key: option for option in OPTIONS}
