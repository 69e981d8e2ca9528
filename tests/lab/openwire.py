"""Speak to a broker as a JMS client does, without a process of Java for each message.

OpenWire version 1 in the loose encoding, which every broker still understands: a command is its
length, its type and its fields one after the other.  Java's own client says in
tests/lab/test_activemq_stock.py whether both mean the same, and is used wherever stores come in.
"""

from __future__ import annotations

import socket
import struct
import uuid
from typing import Any

FORMAT, CONNECTION, SESSION, CONSUMER, PRODUCER = 1, 3, 4, 5, 6
DISPATCH, ACK, TEXT, RESPONSE, ERROR = 21, 22, 28, 30, 31
QUEUE, MESSAGE_ID, CONNECTION_ID, SESSION_ID, CONSUMER_ID, PRODUCER_ID = (
    100,
    110,
    120,
    121,
    122,
    123,
)
BROKER_ID = 124
VERSION = 1
DELIVERED = 2
PRIORITY = 4
# o: object, a: objects, s: string, y: bytes, z: boolean, b: byte, i: int, l: long. Every command
# begins with its number and whether an answer is wanted.
FIELDS = {
    CONNECTION: "izosssazz", SESSION: "izo", PRODUCER: "izooa", CONSUMER: "izozoiizsszzzbaozzz",
    DISPATCH: "izoooi", ACK: "izooobooi", TEXT: "izoooooosiszlbolsyyoozialsz", RESPONSE: "izi",
    ERROR: "izizss", QUEUE: "s", MESSAGE_ID: "oll", CONNECTION_ID: "s", SESSION_ID: "sl",
    CONSUMER_ID: "sll", PRODUCER_ID: "sll", BROKER_ID: "s",
}  # fmt: skip
PLAIN = {"z": ">?", "b": ">b", "i": ">i", "l": ">q"}
LENGTHS = {"a": ">h", "s": ">H", "y": ">i"}


class Refused(Exception):
    """The broker said no; the text is its reason."""


class Client:
    """One session with a broker over a connected socket, which stays its owner's to close."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket, self._number, self._waiting = connected, 0, list[list[Any]]()
        # Nothing is offered (no cache, no tight encoding, no keep-alive), so nothing is agreed.
        self._send(bytes([FORMAT]) + b"ActiveMQ" + struct.pack(">i?", VERSION, False))
        self._name = f"ID:{uuid.uuid4()}"
        self._call(CONNECTION, (CONNECTION_ID, self._name), self._name, None, None, [], False, True)
        self._call(SESSION, (SESSION_ID, self._name, 1))

    def send(self, queue: str, text: str) -> None:
        """Send one persistent message; the broker has it when this returns."""
        producer, target = (PRODUCER_ID, self._name, 1, 1), (QUEUE, queue)
        self._call(PRODUCER, producer, target, [])
        data = text.encode()
        content = struct.pack(">i", len(data)) + data
        self._call(
            TEXT, producer, target, None, None, (MESSAGE_ID, producer, 1, 0), None, None, 0, None,
            True, 0, PRIORITY, None, 0, None, content, None, None, None, False, 0, [], 0, None,
            False,
        )  # fmt: skip

    def receive(self, queue: str) -> str:
        """Wait for one message, as long as the socket does, and take it from the queue."""
        consumer = (CONSUMER_ID, self._name, 1, 1)
        self._call(
            CONSUMER, consumer, False, (QUEUE, queue), 1, 0, True, None, None, False, False, False,
            0, [], None, False, False, False,
        )  # fmt: skip
        while not self._waiting:
            self._read()
        _, _, _, target, message, _ = self._waiting[0]
        kind, fields = message[0], message[1:]
        assert kind == TEXT, f"a message of type {kind} came"
        self._call(ACK, target, None, consumer, DELIVERED, fields[6], fields[6], 1)
        return (fields[17] or b"")[4:].decode()

    def _call(self, kind: int, *fields: Any) -> None:
        self._number += 1
        self._send(_object((kind, self._number, True, *fields)))
        while (answer := self._read()) != self._number:
            assert answer == 0, f"an answer to {answer} came"

    def _send(self, body: bytes) -> None:
        self._socket.sendall(struct.pack(">i", len(body)) + body)

    def _read(self) -> int:
        """Read one command; gives the number of what it answers, or 0."""
        (size,) = struct.unpack(">i", self._exactly(4))
        body = self._exactly(size)
        if body[0] not in (DISPATCH, RESPONSE, ERROR):
            return 0
        (kind, *fields), _ = _read_object(body, 0)
        if kind == DISPATCH:
            self._waiting.append(fields)
            return 0
        if kind == ERROR:
            raise Refused(f"{fields[4]}: {fields[5]}")
        return int(fields[2])

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise EOFError("the broker hung up")
            data += more
        return data


def _object(value: tuple[Any, ...]) -> bytes:
    kind, *fields = value
    parts = [_field(code, one) for code, one in zip(FIELDS[kind], fields, strict=True)]
    return bytes([kind]) + b"".join(parts)


def _field(code: str, value: Any) -> bytes:
    if code in PLAIN:
        return struct.pack(PLAIN[code], value)
    if value is None:
        return b"\0"
    if code == "o":
        return b"\1" + _object(value)
    data = value.encode() if code == "s" else value
    head = b"\1" + struct.pack(LENGTHS[code], len(data))
    return head + (b"".join(_field("o", one) for one in data) if code == "a" else data)


def _read_object(body: bytes, at: int) -> tuple[list[Any], int]:
    found: list[Any] = [body[at]]
    at += 1
    for code in FIELDS[found[0]]:
        value, at = _read_field(code, body, at)
        found.append(value)
    return found, at


def _read_field(code: str, body: bytes, at: int) -> tuple[Any, int]:
    if code in PLAIN:
        return struct.unpack_from(PLAIN[code], body, at)[0], at + struct.calcsize(PLAIN[code])
    at += 1
    if not body[at - 1]:
        return None, at
    if code == "o":
        return _read_object(body, at)
    (size,) = struct.unpack_from(LENGTHS[code], body, at)
    at += struct.calcsize(LENGTHS[code])
    if code == "a":
        many = []
        for _ in range(size):
            one, at = _read_field("o", body, at)
            many.append(one)
        return many, at
    data = body[at : at + size]
    return data.decode() if code == "s" else data, at + size
