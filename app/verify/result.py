"""What one TLS probe is given and what it saw, as plain values."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from typing import Literal

from app.errors import PkiError

Outcome = Literal["accepted", "refused", "untrusted", "unreachable", "not-tls", "unproven"]

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,65536}-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """Hold the certificates that the dialling side trusts, as PEM text.

    `pinned` means that they are the peers' own certificates: the peer must present exactly one of
    them, and its dates do not count, as in Java.
    """

    pem: str
    pinned: bool = False

    def ders(self) -> tuple[bytes, ...]:
        """Give the DER bytes of each certificate."""
        return pem_certificates(self.pem)


@dataclass(frozen=True, slots=True)
class Identity:
    """Hold a client certificate with its chain, and its private key, as unencrypted PEM."""

    cert_pem: bytes
    key_pem: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TlsResult:
    """Say how a peer answered a TLS dial.

    accepted      the handshake was done, and after it the peer spoke or kept the connection open
    refused       the peer sent an alert, closed or reset, during the handshake or after it
    untrusted     the dialling side refused the peer's certificate; `reason` says why
    unreachable   no TCP connection
    not-tls       something answers there, but not TLS
    unproven      the probe could not be made; `detail` says why

    `said` are the first bytes that came after the handshake; `detail` is what was seen, in one
    line; `alert` the TLS alert's name (RFC 8446, 6); `peer` the DER of the certificate that was
    presented; `chain` all that came with it, where known.
    """

    outcome: Outcome
    detail: str
    alert: str = ""
    protocol: str = ""
    cipher: str = ""
    peer: bytes = field(default=b"", repr=False)
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    verified: bool = False
    reason: str = ""
    source: str = "control"
    said: bytes = field(default=b"", repr=False)


def pem_certificates(text: str) -> tuple[bytes, ...]:
    """Give the DER bytes of every certificate in a PEM text, in order.

    Raises PkiError where one of them is not base64.
    """
    try:
        return tuple(ssl.PEM_cert_to_DER_cert(found) for found in _PEM.findall(text))
    except ValueError:
        raise PkiError("a certificate is not valid PEM") from None
