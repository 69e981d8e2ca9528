"""Say what is wrong with certificates that stand where others were put, in an operator's words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.errors import PkiError
from app.pki.pem import read_bundle
from app.pki.reading import load_der, load_pem, purposes_of, sans_of
from app.pki.spec import IssueSpec

_SERVER = (ExtendedKeyUsageOID.SERVER_AUTH, "it is not good for servers (serverAuth is missing)")
_CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH, "it is not good for clients (clientAuth is missing)")


def certificate_faults(pem: bytes, spec: IssueSpec, root: str, now: datetime) -> tuple[str, ...]:
    """Say what makes the leaf of a PEM chain unfit for a spec; none where it would do as well.

    `root` is the certificate (PEM) of the authority that is to have issued it, empty under pinned
    trust; `now` is aware.
    """
    certificate = _leaf(pem)
    if certificate is None:
        return ("it holds no certificate that can be read",)
    found = [*_life(certificate, now)]
    names = sans_of(certificate)
    found += [f"it lacks the name {san.value}" for san in spec.sans if san not in names]
    purposes = purposes_of(certificate)
    for oid, words in (_SERVER, _CLIENT) if spec.usage == "peer" else (_CLIENT,):
        if purposes and oid.dotted_string not in purposes:
            found.append(words)
    if root and not _signed(certificate, root):
        issuer = certificate.issuer.rfc4514_string()[:200]
        found.append(f"it was issued by a foreign CA ({issuer})")
    return tuple(found)


def trust_faults(pem: bytes, wanted: Iterable[str]) -> tuple[str, ...]:
    """Say what a PEM trust store holds that it should not, and lacks that it should hold.

    `wanted` are SHA-256 fingerprints.
    """
    try:
        held = {hashlib.sha256(data).hexdigest(): data for data in read_bundle(pem).values()}
    except PkiError:
        return ("it holds no certificate that can be read",)
    missing = set(wanted) - held.keys()
    found = [f"it lacks {len(missing)} of the certificates to trust"] if missing else []
    for fingerprint in held.keys() - set(wanted):
        subject = load_der(held[fingerprint]).subject.rfc4514_string()[:200]
        found.append(f"it trusts a foreign certificate ({subject})")
    return tuple(sorted(found))


def _leaf(pem: bytes) -> x509.Certificate | None:
    try:
        return load_pem(pem)
    except PkiError:
        return None


def _life(certificate: x509.Certificate, now: datetime) -> list[str]:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now > end:
        return [f"it expired on {end:%Y-%m-%d}"]
    return [f"it is not valid before {start:%Y-%m-%d %H:%M} UTC"] if now < start else []


def _signed(certificate: x509.Certificate, root: str) -> bool:
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(root.encode()))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
