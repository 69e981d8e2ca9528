"""Answer the first words of a client that speaks STOMP, AMQP or MQTT as ActiveMQ would."""

from __future__ import annotations

_CONNECTED = b"CONNECTED\nserver:ActiveMQ/5.17.2\nheart-beat:0,0\nsession:demo\nversion:1.2\n\n\0\n"
_SASL = b"AMQP\x03\x01\x00\x00"
_CONNACK = b"\x20\x02\x00\x00"


def answer(protocol: str, heard: bytes) -> bytes:
    """Give the answer to an opening of the protocol; nothing to anything else."""
    match protocol:
        case "stomp" if heard.startswith((b"CONNECT\n", b"STOMP\n")):
            return _CONNECTED
        case "amqp" if heard.startswith(b"AMQP"):
            return _SASL
        case "mqtt" if heard[:1] == b"\x10":
            return _CONNACK
    return b""
