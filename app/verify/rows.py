"""What is tried on a link, what is expected of it, and the findings about it."""

from __future__ import annotations

from dataclasses import dataclass

from app.findings import Finding, Verdict
from app.model import Link

HANDSHAKE = "TLS handshake and read"
NAME = "right name"
ISSUER = "right issuer and generation"
EXPIRY = "expiry"
PROTOCOL = "protocol and cipher"
NO_CERTIFICATE = "no certificate refused"
FOREIGN = "foreign CA refused"
PLAIN = "plain text refused"
OPEN = "no certificate accepted"
SPEAKS = "speaks {}"
OLDER = "TLS {} refused"
POSITIVE = (HANDSHAKE, NAME, ISSUER, EXPIRY, PROTOCOL)
NEGATIVE = (NO_CERTIFICATE, FOREIGN, PLAIN)


@dataclass(frozen=True, slots=True)
class Expected:
    """Say what the acceptor should present; what is empty is not compared.

    `sha256` is the fingerprint on record (lower-case hex), `issuer` an RFC 4514 string, `pinned`
    that peers trust exactly this certificate.
    """

    sha256: str = ""
    issuer: str = ""
    generation: int | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Make findings about one link and one probe."""

    link: Link
    tried: str
    source: str

    def __call__(
        self, verdict: Verdict, evidence: str, cause: str = "", remedy: str = ""
    ) -> Finding:
        return Finding(self.link.id, self.tried, verdict, evidence, cause, remedy, self.source)
