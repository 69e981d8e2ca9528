"""What a client of each protocol says first, and how its answer is known.

OpenWire: the broker sends its WireFormatInfo unasked.  STOMP 1.2, AMQP 1.0 (2.2, 5.3.1) and MQTT
3.1.1 (3.1, 3.2): the client begins.  A broker that answers by asking for a login speaks the
protocol all the same; none of these openings leaves anything behind.
"""

from __future__ import annotations

from app.quoting import calm

HELLO = {
    "openwire": b"",
    "stomp": b"CONNECT\naccept-version:1.0,1.1,1.2\nhost:tlswright\n\n\0DISCONNECT\n\n\0",
    "amqp": b"AMQP\x03\x01\x00\x00",
    "mqtt": b"\x10\x15\x00\x04MQTT\x04\x02\x00\x0a\x00\x09tlswright\xe0\x00",
}
TITLES = {"openwire": "OpenWire", "stomp": "STOMP", "amqp": "AMQP", "mqtt": "MQTT"}
_CONNACK = b"\x20\x02"
_INFO = b"\x01ActiveMQ"


def judge(protocol: str, said: bytes) -> tuple[bool, str]:
    """Tell whether these first bytes are the protocol's, with what they say."""
    match protocol:
        case "openwire":
            if said[4:].startswith(_INFO):
                return True, "a WireFormatInfo of ActiveMQ"
        case "stomp":
            word = said.lstrip(b"\r\n").partition(b"\n")[0]
            if word == b"CONNECTED":
                return True, "CONNECTED"
            if word == b"ERROR":
                return True, f"STOMP, with an error: {_line(said, b'message:')}"
        case "amqp":
            if said.startswith(b"AMQP"):
                return True, f"AMQP {said[5]}.{said[6]}.{said[7]}" if len(said) > 7 else "AMQP"
        case "mqtt":
            if said.startswith(_CONNACK) and len(said) > 3:
                return True, f"CONNACK {said[3]}" + ("" if not said[3] else ": it wants a login")
    return False, f"no answer of {TITLES[protocol]}: {_shown(said)}"


def _line(said: bytes, key: bytes) -> str:
    lines = [line for line in said.split(b"\n") if line.startswith(key)]
    return _shown(lines[0].removeprefix(key)) if lines else "without a word"


def _shown(said: bytes) -> str:
    return calm(repr(said[:60].decode("ascii", "replace")), 200) if said else "nothing"
