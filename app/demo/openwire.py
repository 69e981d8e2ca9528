"""Say what an ActiveMQ broker says first: an OpenWire WireFormatInfo."""

from __future__ import annotations

import struct

WIREFORMAT_INFO = 1
VERSION = 12
_BOOLEAN, _INTEGER, _LONG, _STRING = 1, 5, 6, 9


def greeting() -> bytes:
    """Return a WireFormatInfo: length (4 bytes), type 1, `ActiveMQ`, version, options.

    The options are a map of Java primitives as the OpenWire loose encoding writes them (number of
    entries, then name, type and value each); they are those of a 5.17 broker.
    """
    options = _map(
        {
            "TcpNoDelayEnabled": True,
            "SizePrefixDisabled": False,
            "CacheSize": 1024,
            "StackTraceEnabled": True,
            "CacheEnabled": True,
            "TightEncodingEnabled": False,
            "MaxFrameSizeEnabled": True,
            "MaxInactivityDuration": (30000,),
            "MaxInactivityDurationInitalDelay": (10000,),
            "MaxFrameSize": (104857600,),
            "ProviderName": "ActiveMQ",
        }
    )
    body = b"".join(
        (
            bytes([WIREFORMAT_INFO]),
            b"ActiveMQ",
            struct.pack(">i", VERSION),
            b"\x01",
            struct.pack(">i", len(options)),
            options,
        )
    )
    return struct.pack(">i", len(body)) + body


def _map(entries: dict[str, bool | int | tuple[int] | str]) -> bytes:
    parts = [struct.pack(">i", len(entries))]
    for name, value in entries.items():
        parts += [_utf(name), _primitive(value)]
    return b"".join(parts)


def _primitive(value: bool | int | tuple[int] | str) -> bytes:
    """Encode one value; an integer in a tuple is a Java long."""
    match value:
        case bool():
            return struct.pack(">b?", _BOOLEAN, value)
        case int():
            return struct.pack(">bi", _INTEGER, value)
        case tuple():
            return struct.pack(">bq", _LONG, value[0])
        case str():
            return struct.pack(">b", _STRING) + _utf(value)


def _utf(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data
