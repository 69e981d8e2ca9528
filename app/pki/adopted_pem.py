"""Read the certificates of a PEM file that a service uses: those that it trusts, or its own."""

from __future__ import annotations

from typing import Literal

from cryptography import x509

from app.errors import GivenError, PkiError
from app.pki.adopted import MOST_BYTES, MOST_ENTRIES, Entry, OpenedStore, too_big
from app.pki.pem import certificate_blocks
from app.pki.reading import der, facts_of, is_authority, load_pem

NO_CA = "it is no CA: nobody is let in by it"


def open_pem(data: bytes, role: Literal["key", "trust"], *, where: str = "") -> OpenedStore:
    """Give what a bundle trusts, each by itself, or a certificate with those above it.

    A key in the same file is not looked at.  Raises GivenError for a file without certificates.
    """
    if len(data) > MOST_BYTES:
        raise too_big(where)
    found: list[x509.Certificate] = []
    unread: list[str] = []
    for number, block in enumerate(certificate_blocks(data)[:MOST_ENTRIES], 1):
        try:
            found.append(load_pem(block))
        except PkiError:
            unread.append(f"certificate {number}")
    if not found and not unread:
        raise GivenError("it is no PEM file with a certificate", where=where)
    if role == "key":
        first = (Entry("", "key", found[0], tuple(found[1:])),) if found else ()
        return OpenedStore("PEM", first, tuple(unread))
    entries = (
        Entry(facts_of(der(one)).common_name or f"cert-{number}", "trusted", one,
              problem="" if _is_ca(one) else NO_CA)
        for number, one in enumerate(found, 1)
    )  # fmt: skip
    return OpenedStore("PEM", tuple(entries), tuple(unread))


def _is_ca(one: x509.Certificate) -> bool:
    """Tell whether it lets others in; one that signed itself lets itself in."""
    return is_authority(one) or facts_of(der(one)).self_signed
