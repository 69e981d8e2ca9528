"""Key stores and trust stores in the formats that services read, and the check of what was made.

A store is never byte-identical when made twice (salts): compare contents, or recorded digests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.errors import PkiError
from app.pki import javastore, pem, pkcs12
from app.pki.aliases import check_alias, check_aliases
from app.pki.credential import Credential, matches
from app.pki.facts import CertificateFacts
from app.pki.reading import der, facts_of
from app.pki.secret import Secret

StoreFormat = Literal["PKCS12", "JKS", "PEM"]
PASSWORD_MIN = 6


@dataclass(frozen=True, slots=True)
class KeyStoreContents:
    """Say what a key store holds: `matches` is whether its key belongs to its certificate.

    `alias` is empty for PEM; `chain` are the certificates above the leaf.
    """

    facts: CertificateFacts
    has_key: bool
    matches: bool
    alias: str
    chain: tuple[CertificateFacts, ...]


def key_store(
    credential: Credential, fmt: StoreFormat, password: Secret, alias: str, *, legacy: bool = False
) -> bytes:
    """Return a store with the private key and its chain under one alias and one password.

    PEM is key and chain in one file, without a password.  `legacy` chooses PKCS12 algorithms for
    Javas before 8u301 and 11.0.12.  Raises PkiError for an alias or a password that Java refuses.
    """
    check_alias(alias)
    if not credential.key_matches:
        raise PkiError("the key does not belong to the certificate")
    if fmt == "PEM":
        return pem.pem_key(credential) + pem.pem_chain(credential)
    _check_password(password)
    if fmt == "JKS":
        return javastore.write_key_store(credential, password, alias)
    return pkcs12.write_key_store(credential, password, alias, legacy=legacy)


def trust_store(
    entries: Mapping[str, bytes], fmt: StoreFormat, password: Secret, *, legacy: bool = False
) -> bytes:
    """Return a store of trusted certificates; `entries` maps aliases to DER.

    Raises PkiError for no entries, aliases that Java would fold into one, and bytes that are no
    certificate.
    """
    if not entries:
        raise PkiError("a trust store needs at least one certificate")
    check_aliases(entries)
    if fmt == "PEM":
        return pem.pem_bundle(entries)
    _check_password(password)
    if fmt == "JKS":
        return javastore.write_trust_store(entries, password)
    return pkcs12.write_trust_store(entries, password, legacy=legacy)


def read_key_store(data: bytes, password: Secret) -> KeyStoreContents:
    """Open a key store of any format, told by its first bytes, and say what it holds.

    Raises PkiError when it cannot be opened with this password.
    """
    alias, key = "", None
    if store_format(data) == "PEM":
        certificate, key, rest = pem.read_combined(data)
    elif store_format(data) == "JKS":
        alias, certificate, key, rest = javastore.read_key_entry(data, password)
    else:
        alias, certificate, key, rest = pkcs12.read_key_entry(data, password)
    return KeyStoreContents(
        facts=facts_of(der(certificate)),
        has_key=key is not None,
        matches=key is not None and matches(certificate, key),
        alias=alias,
        chain=tuple(facts_of(above) for above in rest),
    )


def read_trust_store(data: bytes, password: Secret) -> dict[str, bytes]:
    """Open a trust store of any format and return alias to DER; raises PkiError."""
    match store_format(data):
        case "PEM":
            return pem.read_bundle(data)
        case "JKS":
            return javastore.read_trusted(data, password)
        case "PKCS12":
            return pkcs12.read_trusted(data, password)


def store_format(data: bytes) -> StoreFormat:
    """Tell the format by the first bytes: JKS has a magic number, PEM is text, the rest PKCS12."""
    if data.startswith(javastore.MAGIC):
        return "JKS"
    return "PEM" if b"-----BEGIN " in data[:4096] else "PKCS12"


def check_key_store(data: bytes, password: Secret, credential: Credential, alias: str) -> None:
    """Open again what is about to be shipped; raises PkiError unless it holds this credential."""
    held = read_key_store(data, password)
    if not held.has_key or not held.matches:
        raise PkiError("the key store made holds no key for its certificate")
    if held.facts != credential.facts():
        raise PkiError("the key store made holds another certificate")
    if len(held.chain) != len(credential.chain):
        raise PkiError("the key store made holds another chain")
    if held.alias not in ("", alias):
        raise PkiError(f"the key store made holds the alias {held.alias!r}, not {alias!r}")


def check_trust_store(data: bytes, password: Secret, entries: Mapping[str, bytes]) -> None:
    """Open again what is about to be shipped; raises PkiError unless it holds these entries."""
    held = read_trust_store(data, password)
    if held != dict(entries):
        raise PkiError(
            f"the trust store made holds {sorted(held)}, wanted {sorted(entries)}"
            if held.keys() != entries.keys()
            else "the trust store made holds other certificates under its aliases"
        )


def _check_password(password: Secret) -> None:
    text = password.reveal()
    if len(text) < PASSWORD_MIN or not text.isascii() or not text.isprintable():
        raise PkiError(
            f"Java refuses this store password: it needs {PASSWORD_MIN} or more ASCII characters",
            hint="Leave it to tlswright to make one.",
        )
