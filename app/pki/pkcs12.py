"""PKCS12 stores that Java, OpenSSL and Erlang open (RFC 7292).

Default: AES-256 under PBKDF2-SHA256 with an HMAC-SHA256, read from Java 8u301 and 11.0.12 on.
`legacy`: 3DES with a SHA-1 MAC, for older Javas.  Never PBMAC1.  10,000 rounds are what keytool
uses; the passwords are random.  Store and key have the same password: differing ones are the
classic failure of Java services.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    KeySerializationEncryption,
    PrivateFormat,
    pkcs12,
)

from app.errors import PkiError
from app.pki.credential import Credential
from app.pki.keys import PrivateKey, supported
from app.pki.reading import der, load_der
from app.pki.secret import Secret

if TYPE_CHECKING:
    from cryptography import x509

ROUNDS = 10_000


def write_key_store(
    credential: Credential, password: Secret, alias: str, *, legacy: bool = False
) -> bytes:
    """Return a store with one private key entry and its chain."""
    return pkcs12.serialize_key_and_certificates(
        alias.encode(),
        credential.key,
        credential.certificate,
        list(credential.chain) or None,
        _encryption(password, legacy),
    )


def write_trust_store(
    entries: Mapping[str, bytes], password: Secret, *, legacy: bool = False
) -> bytes:
    """Return a store of trusted certificates that Java counts as such.

    They need Oracle's trusted-key-usage attribute: a plain PKCS12 of certificates shows 0 entries.
    """
    certificates = [
        pkcs12.PKCS12Certificate(load_der(data), alias.encode()) for alias, data in entries.items()
    ]
    return pkcs12.serialize_java_truststore(certificates, _encryption(password, legacy))


def read_key_entry(
    data: bytes, password: Secret
) -> tuple[str, x509.Certificate, PrivateKey | None, tuple[bytes, ...]]:
    """Return alias, certificate, key and the rest of the chain (DER)."""
    store = _load(data, password)
    key = None if store.key is None else supported(store.key)
    if store.cert is None:
        raise PkiError("the PKCS12 store has no certificate for a key")
    alias = (store.cert.friendly_name or b"").decode(errors="replace")
    rest = tuple(der(entry.certificate) for entry in store.additional_certs)
    return alias, store.cert.certificate, key, rest


def read_trusted(data: bytes, password: Secret) -> dict[str, bytes]:
    """Return alias to DER of a store of trusted certificates."""
    store = _load(data, password)
    if store.key is not None:
        raise PkiError("the PKCS12 trust store holds a private key")
    found: dict[str, bytes] = {}
    for entry in store.additional_certs:
        alias = (entry.friendly_name or b"").decode(errors="replace")
        if alias in found:
            raise PkiError(f"the PKCS12 trust store holds two entries named {alias!r}")
        found[alias] = der(entry.certificate)
    return found


def _load(data: bytes, password: Secret) -> pkcs12.PKCS12KeyAndCertificates:
    try:
        return pkcs12.load_pkcs12(data, password.reveal().encode())
    except ValueError:
        raise PkiError("the PKCS12 store is damaged, or its password is another") from None


def _encryption(password: Secret, legacy: bool) -> KeySerializationEncryption:
    pbes = (
        pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC
        if legacy
        else pkcs12.PBES.PBESv2SHA256AndAES256CBC
    )
    mac = hashes.SHA1() if legacy else hashes.SHA256()  # noqa: S303 (what old Javas read)
    return (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(ROUNDS)
        .key_cert_algorithm(pbes)
        .hmac_hash(mac)
        .build(password.reveal().encode())
    )
