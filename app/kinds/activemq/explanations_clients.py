"""What ActiveMQ logs when a connector for clients has no library, seen with 5.17.2 of Debian 12."""

from __future__ import annotations

from app.kinds.explaining import Row, row

CLIENT_ROWS: tuple[Row, ...] = (
    row(
        "scheme-unknown",
        "start-up log",
        "Transport scheme NOT recognized",
        r"Transport scheme NOT recognized: \[[\w+]{1,40}\]",
        "The broker has no library for the scheme of a connector in activemq.xml, and ends. "
        "Debian's package has none for amqp.",
        "Set the option of that connector (amqp_port, mqtt_port, stomp_port) to 0 for this host, "
        "or put the library into the broker's lib folder.",
        "activemq.xml",
    ),
    row(
        "mqtt-library",
        "acceptor's log",
        "NoClassDefFoundError",
        r"Could not accept connection.{0,40}NoClassDefFoundError.{0,120}mqtt",
        "The connector for MQTT listens, but a library that it needs is missing (mqtt-client): no "
        "client is ever answered.",
        "On Debian install libmqtt-client-java, and link /usr/share/java/mqtt-client.jar into the "
        "lib folder below /var/lib/activemq/INSTANCE; then restart the broker.",
    ),
)
