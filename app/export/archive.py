"""Write a zip file whose bytes follow from its entries alone, encrypted on request.

Python's own zipfile can neither encrypt nor carry what others encrypted.  Source: PKWARE's
APPNOTE 6.3.10, of which only what every program reads is used: stored entries, no zip64.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.export import aes
from app.pki.secret import Secret

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_STORED, _PLAIN_VERSION, _AES_VERSION, _UNIX = 0, 20, 51, 3
_ENCRYPTED = 0x0001


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one file: its path with forward slashes (ASCII), its mode, and its bytes."""

    name: str
    data: bytes = field(repr=False)
    mode: int = 0o600


def write_zip(
    entries: Sequence[Entry],
    when: datetime,
    password: Secret | None = None,
    random: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """Give the bytes of a zip file with these entries, in this order, all of the time `when`.

    With a password every entry is encrypted; `random` gives the salts.
    """
    body, directory = b"", b""
    for entry in entries:
        fields, extra, data = _packed(entry, when, password, random)
        name = entry.name.encode("ascii")
        sizes = struct.pack("<HH", len(name), len(extra))
        place = len(body)
        body += _LOCAL + fields + sizes + name + extra + data
        attributes = (stat.S_IFREG | entry.mode) << 16
        made_by = struct.pack("<BB", _PLAIN_VERSION, _UNIX)
        rest = struct.pack("<HHHLL", 0, 0, 0, attributes, place)
        directory += _CENTRAL + made_by + fields + sizes + rest + name + extra
    count = len(entries)
    tail = struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + _END + tail


def _packed(
    entry: Entry, when: datetime, password: Secret | None, random: Callable[[int], bytes]
) -> tuple[bytes, bytes, bytes]:
    """Give the fields that both headers share, the extra field, and the bytes as they are kept."""
    if password is None:
        version, flags, method, extra, data = _PLAIN_VERSION, 0, _STORED, b"", entry.data
        crc = zlib.crc32(data)
    else:
        version, flags, method, extra = _AES_VERSION, _ENCRYPTED, aes.METHOD, aes.EXTRA
        data, crc = aes.seal(entry.data, password, random(aes.SALT_BYTES)), 0
    fields = struct.pack(
        "<HHHHHLLL", version, flags, method, *_dos(when), crc, len(data), len(entry.data)
    )
    return fields, extra, data


def _dos(when: datetime) -> tuple[int, int]:
    """Give time and date as MS-DOS counts them, in UTC."""
    utc = when.astimezone(UTC)
    time = utc.hour << 11 | utc.minute << 5 | utc.second // 2
    date = (utc.year - 1980) << 9 | utc.month << 5 | utc.day
    return time, date
