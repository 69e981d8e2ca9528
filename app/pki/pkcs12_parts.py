"""Look into a PKCS12 store without opening it (RFC 7292): its keys, and what opening would cost.

The library behind `pkcs12` gives one key of a store, and takes the rounds that a store asks for as
they come.  DER, and BER with lengths that are not told, as some makers write it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

DEEPEST = 24
MOST_PARTS = 20_000
_MUCH = 1 << 62  # more digits than this has need not be written out
_OID, _INTEGER, _OCTETS, _SEQUENCE = 0x06, 0x02, 0x04, 0x30
_DATA = bytes.fromhex("2a864886f70d010701")
_PLAIN_KEY = bytes.fromhex("2a864886f70d010c0a0101")
_LOCKED_KEY = bytes.fromhex("2a864886f70d010c0a0102")


@dataclass(frozen=True, slots=True)
class Parts:
    """Hold the keys of a store as they lie in it (PKCS8, encrypted or not), and its rounds."""

    keys: tuple[bytes, ...]
    rounds: int


@dataclass(frozen=True, slots=True)
class _Value:
    tag: int
    content: bytes
    whole: bytes
    inner: tuple[_Value, ...] = ()


def parts_of(data: bytes) -> Parts | None:
    """Give what can be seen of a store; None where it is none, or a damaged one."""
    try:
        return _parts(_Reader(data).one())
    except (ValueError, IndexError):
        return None


def _parts(store: _Value) -> Parts | None:
    version, safe, *mac = store.inner
    if store.tag != _SEQUENCE or (version.tag, version.content) != (_INTEGER, b"\x03"):
        return None
    rounds = [n for value in mac for n in _numbers(value)]
    keys: list[bytes] = []
    for content in _data(safe):
        if content.inner[0].content != _DATA:
            rounds += _numbers(content)
            continue
        for bag in _data(content):
            kind, value = bag.inner[0].content, bag.inner[1].inner[0]
            if kind in (_PLAIN_KEY, _LOCKED_KEY):
                keys.append(value.whole)
            if kind != _PLAIN_KEY:
                rounds += _numbers(value)
    return Parts(tuple(keys), max(rounds, default=0))


def _data(content: _Value) -> tuple[_Value, ...]:
    """Give the values inside a ContentInfo of plain data."""
    kind, wrapped = content.inner[0], content.inner[1].inner[0]
    if kind.tag != _OID or kind.content != _DATA:
        return ()
    return _Reader(_octets(wrapped)).one().inner


def _octets(value: _Value) -> bytes:
    """Join a string of octets, which BER may give in pieces."""
    if value.tag & 0x20:
        return b"".join(_octets(one) for one in value.inner)
    if value.tag != _OCTETS:
        raise ValueError("no octets")
    return value.content


def _numbers(value: _Value) -> Iterator[int]:
    if value.tag == _INTEGER:
        yield min(int.from_bytes(value.content, "big"), _MUCH)
    for one in value.inner:
        yield from _numbers(one)


class _Reader:
    """Read values one after the other; raises ValueError and IndexError for what makes no sense."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.left = data, 0, MOST_PARTS

    def one(self, depth: int = 0) -> _Value:
        """Read the next value with all that is in it."""
        self.left -= 1
        if depth > DEEPEST or self.left < 0:
            raise ValueError("too much")
        start, tag = self.at, self.data[self.at]
        length = self._length()
        if length is None:
            inner = []
            while self.data[self.at : self.at + 2] != b"\0\0":
                inner.append(self.one(depth + 1))
            content = self.data[start + 2 : self.at]
            self.at += 2
            return _Value(tag, content, self.data[start : self.at], tuple(inner))
        begin, end = self.at, self.at + length
        if end > len(self.data):
            raise ValueError("cut off")
        found = []
        while tag & 0x20 and self.at < end:
            found.append(self.one(depth + 1))
        if tag & 0x20 and self.at != end:
            raise ValueError("longer than what it is in")
        self.at = end
        return _Value(tag, self.data[begin:end], self.data[start:end], tuple(found))

    def _length(self) -> int | None:
        if self.data[self.at] & 0x1F == 0x1F:
            raise ValueError("a tag of several bytes")
        first = self.data[self.at + 1]
        self.at += 2
        if first < 0x80:
            return first
        if first == 0x80:
            return None
        count = first & 0x7F
        if count > 4:
            raise ValueError("too long")
        self.at += count
        return int.from_bytes(self.data[self.at - count : self.at], "big")
