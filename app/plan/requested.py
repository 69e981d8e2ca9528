"""What was asked of an outside CA, and what came back: the part of it that is no secret.

The private key of each request waits in the vault until its certificate is on its host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.pki.facts import CertificateFacts
from app.pki.spec import IssueSpec, mismatches
from app.plan.deployed import fingerprint

VERSION = 1


@dataclass(frozen=True, slots=True)
class Requested:
    """Record one request: for which credential, what it asks for, and what came back.

    `name` is the credential's; `csr` the request in PEM, `key` the SHA-256 of its public key;
    `since` and `taken` are times (ISO 8601), `file` the path that it was last written to, from the
    site's directory on where it is inside.
    `certificate` is what came back, in PEM, with the certificates above it in `chain`; both are
    empty while it waits.
    """

    name: str
    spec: IssueSpec
    csr: str
    key: str
    since: str
    file: str = ""
    certificate: str = ""
    chain: str = ""
    taken: str = ""

    @property
    def sha256(self) -> str:
        """Give the fingerprint of the certificate that came back, empty while it waits."""
        return fingerprint(self.certificate) if self.certificate else ""

    @property
    def facts(self) -> CertificateFacts | None:
        """Give the facts of the certificate that came back, None while it waits."""
        if not self.certificate:
            return None
        from app.pki.pem import read_bundle
        from app.pki.reading import facts_of

        return facts_of(next(iter(read_bundle(self.certificate.encode()).values())))

    def lacks(self, spec: IssueSpec, now: datetime) -> str:
        """Say why it does not give a credential of this spec now; empty when it does."""
        wrong = mismatches(self.spec, spec)
        if wrong:
            return f"it was asked for otherwise ({wrong[0]})"
        facts = self.facts
        if facts is None:
            return "it waits"
        return f"it expired on {facts.not_after:%Y-%m-%d}" if now > facts.not_after else ""

    def to_dict(self) -> dict[str, Any]:
        """Give the record as plain data."""
        return {
            "name": self.name,
            "spec": self.spec.to_dict(),
            "csr": self.csr,
            "key": self.key,
            "since": self.since,
            "file": self.file,
            "certificate": self.certificate,
            "chain": self.chain,
            "taken": self.taken,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Requested:
        """Read a record; raises KeyError or PkiError where it is damaged."""
        texts = ("name", "csr", "key", "since", "file", "certificate", "chain", "taken")
        spec = IssueSpec.from_dict(data["spec"])
        return cls(spec=spec, **{text: str(data[text]) for text in texts})


Requests = Mapping[str, Requested]
"""Every request of a site, by the name of its credential."""
