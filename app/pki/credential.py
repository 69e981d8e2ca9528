"""An issued key with its certificate, in memory only."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.pki.facts import CertificateFacts, authority_subject
from app.pki.keys import PrivateKey, key_type_of, public_der
from app.pki.names import San
from app.pki.profiles import name_of
from app.pki.reading import der, facts_of, purposes_of, sans_of
from app.pki.spec import IssueSpec, san_mismatches


@dataclass(frozen=True, slots=True)
class Credential:
    """Hold a certificate, its private key, and the chain above it.

    `chain` are the issuing certificates without the root (peers hold that in their trust store),
    so it is empty for a leaf that the root signed and for a self-signed one.  `clipped` is true
    where the issuer's end cut the life short.  The key never shows in `repr`.
    """

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()
    clipped: bool = False

    @property
    def cert_der(self) -> bytes:
        """Return the certificate's DER bytes, as trust stores take them."""
        return der(self.certificate)

    @property
    def key_matches(self) -> bool:
        """Tell whether the private key belongs to the certificate."""
        return matches(self.certificate, self.key)

    def facts(self) -> CertificateFacts:
        """Return what is recorded of the certificate."""
        return facts_of(self.cert_der)

    def satisfies(self, spec: IssueSpec, issuer: str = "") -> tuple[str, ...]:
        """Return every way in which the certificate is not what the spec says, in words.

        `issuer` is the subject (RFC 4514) of the CA that is to have signed it, empty for an own CA,
        whose name follows from the spec.  Read from the certificate itself, not from a record.  Its
        life is not judged here: see `expiry`.
        """
        words = [] if self.key_matches else ["the key does not belong to the certificate"]
        have, want = self._compared(spec, issuer)
        words += [f"{k} is {have[k]}, wanted {want[k]}" for k in have if have[k] != want[k]]
        words += san_mismatches(sans_of(self.certificate), spec.sans)
        return tuple(words)

    def lacks(self, spec: IssueSpec) -> tuple[str, ...]:
        """Return what a peer would miss in the certificate of an outside CA, in words."""
        words = [] if self.key_matches else ["the key does not belong to the certificate"]
        have = {San(san.kind, san.value.lower()) for san in sans_of(self.certificate)}
        words += [f"name {san.value} is missing" for san in spec.sans if san not in have]
        kind = key_type_of(self.certificate.public_key())
        return (*words, *([f"key type is {kind}"] if kind != spec.key_type else []))

    def _compared(self, spec: IssueSpec, issuer: str) -> tuple[dict[str, str], dict[str, str]]:
        certificate, subject = self.certificate, name_of(spec.subject).rfc4514_string()
        server = ExtendedKeyUsageOID.SERVER_AUTH.dotted_string
        own = name_of(authority_subject(spec.issuer, spec.generation)).rfc4514_string()
        have = {
            "subject": certificate.subject.rfc4514_string(),
            "issuer": certificate.issuer.rfc4514_string(),
            "usage": "peer" if server in purposes_of(certificate) else "client",
            "key type": key_type_of(certificate.public_key()),
        }
        want = {
            "subject": subject,
            "issuer": subject if spec.self_signed else issuer or own,
            "usage": spec.usage,
            "key type": spec.key_type,
        }
        return have, want


def matches(certificate: x509.Certificate, key: PrivateKey) -> bool:
    """Tell whether a private key belongs to a certificate."""
    public = certificate.public_key()
    mine = key.public_key()
    return type(public) is type(mine) and public_der(public) == public_der(mine)
