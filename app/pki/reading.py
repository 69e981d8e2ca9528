"""Read certificates: the facts of one, the names in it."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from app.errors import PkiError
from app.pki.facts import CertificateFacts, generation_of
from app.pki.keys import key_type_of
from app.pki.names import San

UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for a certificate, or for a part of it that it reads only when asked."""


def load_der(data: bytes, *, where: str = "") -> x509.Certificate:
    """Read one DER certificate; raises PkiError, with a hint where it is PEM."""
    try:
        return named(x509.load_der_x509_certificate(data))
    except UNREADABLE:
        pem = data.lstrip().startswith(b"-----BEGIN")
        hint = "It is PEM: give its DER bytes." if pem else ""
        raise PkiError("the certificate cannot be read", where=where, hint=hint) from None


def load_pem(text: bytes) -> x509.Certificate:
    """Read one certificate in PEM; raises PkiError."""
    try:
        return named(x509.load_pem_x509_certificate(text))
    except UNREADABLE:
        raise PkiError("the certificate cannot be read") from None


def named(certificate: x509.Certificate) -> x509.Certificate:
    """Let the library read both names now: it does so when asked, and raises ValueError."""
    _ = certificate.subject, certificate.issuer
    return certificate


def facts_of(cert_der: bytes) -> CertificateFacts:
    """Return the facts of a DER certificate, also of foreign ones; raises PkiError."""
    certificate = load_der(cert_der)
    try:
        public: object = certificate.public_key()
    except UNREADABLE:
        public = None
    issuer = certificate.issuer.rfc4514_string()
    return CertificateFacts(
        subject=certificate.subject.rfc4514_string(),
        issuer=issuer,
        serial_hex=f"{certificate.serial_number:x}",
        sha256=hashlib.sha256(cert_der).hexdigest(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sans=sans_of(certificate),
        generation=generation_of(issuer),
        key_type="unknown" if public is None else key_type_of(public),
    )


def sans_of(certificate: x509.Certificate) -> tuple[San, ...]:
    """Return the DNS names and addresses of a certificate, in its order."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return ()
    found: list[San] = []
    for name in extension.value:
        if isinstance(name, x509.DNSName):
            found.append(San("dns", name.value))
        elif isinstance(name, x509.IPAddress):
            found.append(San("ip", str(name.value)))
    return tuple(found)


def purposes_of(certificate: x509.Certificate) -> frozenset[str]:
    """Return the extended key usages as dotted identifiers; empty when there are none."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return frozenset()
    return frozenset(oid.dotted_string for oid in extension.value)


def der(certificate: x509.Certificate) -> bytes:
    """Return the DER bytes of a certificate."""
    return certificate.public_bytes(Encoding.DER)


def is_authority(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate says that it is a CA's."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
