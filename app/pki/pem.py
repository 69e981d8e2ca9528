"""PEM: keys, certificates, chains, and bundles whose entries keep their alias in a comment.

Text between the blocks is ignored by OpenSSL, GnuTLS, Erlang and Ruby (RFC 7468, 5.2).  A PEM key
is encrypted only where a service is told its password too: the file's owner and mode protect it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from app.errors import PkiError
from app.pki.credential import Credential
from app.pki.keys import PrivateKey, supported
from app.pki.reading import der, load_der, load_pem
from app.pki.secret import Secret

_BLOCK = re.compile(
    rb"(?:^# alias: (?P<alias>[^\r\n]*)\r?\n)?"
    rb"^-----BEGIN (?P<label>[A-Z0-9 ]+)-----.*?^-----END (?P=label)-----[ \t]*\r?$\n?",
    re.MULTILINE | re.DOTALL,
)


def pem_key(credential: Credential, password: Secret | None = None) -> bytes:
    """Return the private key as PKCS8 PEM, encrypted where there is a password.

    The derivation is weak (PBKDF2, 2048 rounds), so only a long random password protects it.
    """
    how: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        how = serialization.BestAvailableEncryption(password.reveal().encode())
    return credential.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how
    )


def pem_cert(cert_der: bytes) -> bytes:
    """Return one certificate as PEM; raises PkiError when it is none."""
    return load_der(cert_der).public_bytes(serialization.Encoding.PEM)


def pem_chain(credential: Credential) -> bytes:
    """Return the certificate and those above it, leaf first, without the root (RFC 8446)."""
    above = (der(certificate) for certificate in credential.chain)
    return b"".join(pem_cert(data) for data in (credential.cert_der, *above))


def pem_bundle(entries: Mapping[str, bytes]) -> bytes:
    """Return trusted certificates as one PEM file, each under a comment with its alias."""
    return b"".join(
        f"# alias: {alias}\n".encode() + pem_cert(data) for alias, data in entries.items()
    )


def read_bundle(data: bytes) -> dict[str, bytes]:
    """Return alias to DER of a PEM file; entries without a comment are `cert-1`, `cert-2` …"""
    found: dict[str, bytes] = {}
    for number, block in enumerate(_BLOCK.finditer(data), 1):
        alias = (block["alias"] or b"").decode(errors="replace").strip() or f"cert-{number}"
        if b"CERTIFICATE" not in block["label"] or alias in found:
            raise PkiError(f"the PEM trust store holds something else than certificates: {alias}")
        found[alias] = _load(block[0])
    if not found:
        raise PkiError("the PEM trust store holds no certificate")
    return found


def certificate_blocks(data: bytes) -> tuple[bytes, ...]:
    """Return the PEM of each certificate in a file, whatever else stands in it."""
    return tuple(b[0] for b in _BLOCK.finditer(data) if b["label"].endswith(b"CERTIFICATE"))


def read_combined(data: bytes) -> tuple[x509.Certificate, PrivateKey | None, tuple[bytes, ...]]:
    """Return certificate, key and the rest of the chain (DER) of a PEM file, in any order."""
    certificates: list[bytes] = []
    key: PrivateKey | None = None
    for block in _BLOCK.finditer(data):
        if block["label"].endswith(b"PRIVATE KEY"):
            key = _load_key(block[0])
        elif block["label"].endswith(b"CERTIFICATE"):
            certificates.append(_load(block[0]))
    if not certificates:
        raise PkiError("the PEM file holds no certificate")
    return load_der(certificates[0]), key, tuple(certificates[1:])


def _load(block: bytes) -> bytes:
    try:
        return der(load_pem(block))
    except PkiError:
        raise PkiError("a certificate in the PEM file cannot be read") from None


def _load_key(block: bytes) -> PrivateKey:
    try:
        return supported(serialization.load_pem_private_key(block, password=None))
    except (ValueError, TypeError):
        raise PkiError("the private key in the PEM file cannot be read or is encrypted") from None
