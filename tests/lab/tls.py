"""Dial a host's port from the machine as a TLS client, with, without or with a foreign key."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

SECONDS = 10.0
# OpenWire: the broker speaks first and names its format. A prefix of 4 bytes gives the length.
GREETING = b"ActiveMQ"


@dataclass(frozen=True)
class Answer:
    """What a TLS client sees of a broker that let it in."""

    greeting: bytes
    certificate: bytes
    protocol: str
    cipher: str


def dial(
    address: str,
    port: int,
    *,
    authority: Path | None,
    certificate: Path | None = None,
    key: Path | None = None,
    name: str | None = None,
) -> Answer:
    """Shake hands and read the broker's greeting; authority, certificate and key are PEM files.

    Without an authority any broker will do. The peer's name is checked where a name is given.
    Raises ssl.SSLError, ConnectionError or EOFError when the broker refuses, which under TLS 1.3
    shows only on this first read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = name is not None
    if authority is None:
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(authority)
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    with (
        socket.create_connection((address, port), timeout=SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=name) as wrapped,
    ):
        greeting = _read(wrapped)
        cipher = wrapped.cipher()
        return Answer(
            greeting=greeting,
            certificate=wrapped.getpeercert(binary_form=True) or b"",
            protocol=wrapped.version() or "",
            cipher=cipher[0] if cipher else "",
        )


def refused(address: str, port: int, *, certificate: Path | None = None) -> bool:
    """Say whether a broker turns this client away, after the handshake too.

    The client takes any broker, so that the refusal can only be the broker's.
    """
    try:
        dial(address, port, authority=None, certificate=certificate)
    except (ssl.SSLError, ConnectionError, EOFError):
        return True
    return False


def plain_refused(address: str, port: int) -> bool:
    """Say whether a client without TLS gets no broker's greeting, though it waits for one."""
    with socket.create_connection((address, port), timeout=SECONDS) as raw:
        try:
            # Half of a client's own greeting: a TLS port answers with an alert or hangs up.
            raw.sendall(b"\x00\x00\x01\x01\x01" + GREETING)
            return GREETING not in _read(raw)
        except (ConnectionError, EOFError):
            return True


def _read(connection: socket.socket) -> bytes:
    said = b""
    while GREETING not in said:
        more = connection.recv(4096)
        if not more:
            if said:
                return said
            raise EOFError("the broker hung up without a word")
        said += more
    return said
