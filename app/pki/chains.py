"""Build the chain from a leaf to a trust anchor out of what was given, and say where it breaks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed448, ed25519, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from app.pki.names import San
from app.pki.reading import der, purposes_of

_E = TypeVar("_E", bound=x509.ExtensionType)
LONGEST = 8
_WEAK = ("md2", "md4", "md5", "sha1")
CHAIN = "Give the CA's intermediate certificates too (one more file, or all in one)."


@dataclass(frozen=True, slots=True)
class Flaw:
    """Say what is wrong with a certificate, and what its CA's operator is to do."""

    text: str
    remedy: str


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether a certificate names the issuer and bears its signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def path_to(
    leaf: x509.Certificate, others: Iterable[x509.Certificate], anchor: x509.Certificate
) -> tuple[x509.Certificate, ...] | None:
    """Give the certificates between a leaf and the anchor, the leaf's issuer first.

    None where the signatures do not lead there.
    """
    pool = [one for one in others if one != anchor]

    def search(
        at: x509.Certificate, used: tuple[x509.Certificate, ...]
    ) -> tuple[x509.Certificate, ...] | None:
        if signed_by(at, anchor):
            return used
        if len(used) >= LONGEST:
            return None
        for one in pool:
            if one not in used and one.subject == at.issuer and signed_by(at, one):
                found = search(one, (*used, one))
                if found is not None:
                    return found
        return None

    return search(leaf, ())


def broken_path(
    leaf: x509.Certificate, others: Iterable[x509.Certificate], anchor: x509.Certificate
) -> Flaw:
    """Say why no path leads from a leaf to the anchor."""
    at, seen, pool = leaf, {der(leaf)}, list(others)
    while True:
        above = [one for one in pool if signed_by(at, one) and der(one) not in seen]
        if not above:
            break
        at = above[0]
        seen.add(der(at))
    site = words(anchor.subject)
    if at.subject == at.issuer and at is not leaf:
        return Flaw(
            f"it comes from another CA: {words(at.subject)}",
            f"Have it signed below {site}, the CA that the site trusts.",
        )
    if at.issuer == anchor.subject:
        return Flaw(
            f"it names {site} as its issuer, but that key did not sign it",
            "Another CA of that name signed it, or the CA has a new key: have it signed by the one "
            "whose certificate the site trusts.",
        )
    if any(one.subject == at.issuer for one in pool):
        return Flaw(
            f"the certificate of {words(at.issuer)} in the files did not sign it",
            "It is of another generation or of another CA of that name. " + CHAIN,
        )
    if at.subject == at.issuer:
        return Flaw("it signed itself", "Let the CA sign the request, not the request itself.")
    return Flaw(
        f"its issuer, {words(at.issuer)}, is neither the site's CA nor among the files",
        f"{CHAIN} Where there are none, it was not signed below {site}.",
    )


def path_flaws(
    chain: tuple[x509.Certificate, ...],
    anchor: x509.Certificate,
    purposes: Iterable[tuple[str, str]],
    sans: tuple[San, ...],
    now: datetime,
) -> Iterator[Flaw]:
    """Say what is wrong with the CA certificates above a leaf.

    `purposes` are (OID, name) of what the leaf is for; `sans` its names.
    """
    for below, one in enumerate((*chain, anchor)):
        name, is_anchor = words(one.subject), one is anchor
        if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            ends = f"{one.not_valid_before_utc:%Y-%m-%d} to {one.not_valid_after_utc:%Y-%m-%d}"
            yield Flaw(f"{name}, above it, is valid from {ends}, not now", _NEWER)
        yield from _rights(one, name, below, is_anchor=is_anchor)
        allowed = purposes_of(one)
        missing = [word for oid, word in purposes if allowed and oid not in allowed]
        if missing and not is_anchor:
            yield Flaw(
                f"{name}, above it, may not issue for {' and '.join(missing)}",
                "Have it signed by an issuing CA without such a limit.",
            )
        yield from _outside_names(one, name, sans)
        if not is_anchor:
            yield from weaknesses(one, f"{name}, above it,")
        key = one.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
            yield Flaw(f"{name} has an RSA key of {key.key_size} bits", "2048 or more are needed.")


_NEWER = "Ask for the CA certificate that is valid now, and give it with the others."


def weaknesses(certificate: x509.Certificate, who: str) -> Iterator[Flaw]:
    """Say whether a certificate is signed in a way that TLS libraries refuse."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        yield Flaw(f"{who} is signed in a way that is not known here", "Use SHA-256 or better.")
        return
    if algorithm is not None and algorithm.name in _WEAK:
        yield Flaw(
            f"{who} is signed with {algorithm.name.upper()}, which TLS libraries refuse",
            "The CA must sign with SHA-256 or better (`default_md = sha256` in openssl.cnf).",
        )


def signature_notes(certificate: x509.Certificate, issuer: x509.Certificate) -> tuple[str, ...]:
    """Say which peers may not know the kind of signature that a certificate bears."""
    if isinstance(issuer.public_key(), (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        return ("it is signed with an Edwards curve: Java 8 and 11 cannot check that",)
    if certificate.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
        return ("it is signed with RSA-PSS: Java before 8u251 cannot check that",)
    return ()


def words(name: x509.Name) -> str:
    """Give a distinguished name for a sentence: bounded, in one line."""
    from app.quoting import calm

    return calm(name.rfc4514_string(), 120).replace("\n", " ") or "(no name)"


def _rights(one: x509.Certificate, name: str, below: int, *, is_anchor: bool) -> Iterator[Flaw]:
    basic = extension(one, x509.BasicConstraints)
    if (basic is None and not is_anchor) or (basic is not None and not basic.ca):
        yield Flaw(f"{name}, which signed it, is no CA certificate", "Have it signed by a CA.")
    elif basic is not None and basic.path_length is not None and basic.path_length < below:
        yield Flaw(
            f"{name} allows {basic.path_length} CAs below it, here are {below} (path length)",
            "Have it signed by the CA directly below, or have that limit lifted.",
        )
    usage = extension(one, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        yield Flaw(
            f"{name} may not sign certificates (keyCertSign is missing)",
            "Have it signed by a CA that may.",
        )


def _outside_names(one: x509.Certificate, name: str, sans: tuple[San, ...]) -> Iterator[Flaw]:
    limits = extension(one, x509.NameConstraints)
    if limits is None:
        return
    for san in sans:
        kind = x509.IPAddress if san.kind == "ip" else x509.DNSName
        permitted = [n for n in limits.permitted_subtrees or () if isinstance(n, kind)]
        excluded = [n for n in limits.excluded_subtrees or () if isinstance(n, kind)]
        if (permitted and not any(_within(san, n) for n in permitted)) or any(
            _within(san, n) for n in excluded
        ):
            yield Flaw(
                f"{name} may not vouch for {san.value} (name constraints)",
                "Have it signed by a CA that may, or let peers dial a name that is allowed.",
            )


def _within(san: San, limit: x509.GeneralName) -> bool:
    if isinstance(limit, x509.IPAddress) and not isinstance(
        limit.value, ipaddress.IPv4Address | ipaddress.IPv6Address
    ):
        address = ipaddress.ip_address(san.value)
        return address.version == limit.value.version and address in limit.value
    base = str(limit.value).lower().removeprefix(".")
    return not base or san.value == base or san.value.endswith(f".{base}")


def extension(certificate: x509.Certificate, kind: type[_E]) -> _E | None:
    """Give one extension's value, None where the certificate has none that can be read."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None
