"""Java's own store format, JKS, through pyjks, which is imported when a store is made or read."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.errors import PkiError
from app.pki.credential import Credential
from app.pki.keys import PrivateKey, load_private_der, private_der
from app.pki.reading import der, load_der
from app.pki.secret import Secret

if TYPE_CHECKING:
    from cryptography import x509

MAGIC = bytes.fromhex("feedfeed")


def write_key_store(credential: Credential, password: Secret, alias: str) -> bytes:
    """Return a store with one private key entry; store and key have the same password."""
    jks = _pyjks()
    chain = [credential.cert_der, *(der(certificate) for certificate in credential.chain)]
    entry = jks.PrivateKeyEntry.new(alias, chain, private_der(credential.key), "pkcs8")
    return bytes(jks.KeyStore.new("jks", [entry]).saves(password.reveal()))


def write_trust_store(entries: Mapping[str, bytes], password: Secret) -> bytes:
    """Return a store of trusted certificates; pyjks would take PEM for DER, so each is parsed."""
    jks = _pyjks()
    trusted = [
        jks.TrustedCertEntry.new(alias, der(load_der(data))) for alias, data in entries.items()
    ]
    return bytes(jks.KeyStore.new("jks", trusted).saves(password.reveal()))


def read_key_entry(
    data: bytes, password: Secret
) -> tuple[str, x509.Certificate, PrivateKey | None, tuple[bytes, ...]]:
    """Return alias, certificate, key and the rest of the chain (DER)."""
    entries = _load(data, password).private_keys
    if len(entries) != 1:
        raise PkiError(f"the JKS key store holds {len(entries)} keys, expected one")
    alias, entry = next(iter(entries.items()))
    if not entry.is_decrypted():
        raise PkiError(
            f"the key {alias!r} in the JKS store has another password than the store",
            hint="Java services need the same password for both.",
        )
    chain = [bytes(data) for _, data in entry.cert_chain]
    if not chain:
        raise PkiError(f"the key {alias!r} in the JKS store has no certificate")
    return alias, load_der(chain[0]), load_private_der(bytes(entry.pkey_pkcs8)), tuple(chain[1:])


def read_trusted(data: bytes, password: Secret) -> dict[str, bytes]:
    """Return alias to DER of a store of trusted certificates."""
    store = _load(data, password)
    if store.private_keys:
        raise PkiError("the JKS trust store holds a private key")
    return {alias: bytes(entry.cert) for alias, entry in store.certs.items()}


def read_entries(
    data: bytes, password: Secret, others: Iterable[Secret] = ()
) -> Iterator[tuple[str, tuple[bytes, ...], bytes | None, bool]]:
    """Give every entry: alias, certificates (DER, the leaf first), key (PKCS8), whether it is one.

    A key that neither the store's password nor one of `others` opens is None.
    """
    store = _load(data, password)
    for alias, entry in store.private_keys.items():
        for other in others:
            if entry.is_decrypted():
                break
            # Beside its own error pyjks lets those of its ASN.1 reader escape, of the key's bytes.
            with suppress(Exception):
                entry.decrypt(other.reveal())
        key = bytes(entry.pkey_pkcs8) if entry.is_decrypted() else None
        yield alias, tuple(bytes(one) for _, one in entry.cert_chain), key, True
    for alias, entry in store.certs.items():
        yield alias, (bytes(entry.cert),), None, False


def _load(data: bytes, password: Secret) -> Any:
    jks = _pyjks()
    try:
        return jks.KeyStore.loads(data, password.reveal())
    except jks.util.KeystoreSignatureException:
        raise PkiError("the JKS store is damaged, or its password is another") from None
    # pyjks lets errors of its ASN.1 and struct readers escape, each of another type.
    except Exception:
        raise PkiError("the JKS store is damaged") from None


def _pyjks() -> Any:
    try:
        return importlib.import_module("jks")
    except ImportError:
        raise PkiError(
            "stores of the format JKS need the Python package pyjks, which is not installed",
            hint="pip install 'tlswright[jks]', or choose PKCS12: every Java from 8 on reads it.",
        ) from None
