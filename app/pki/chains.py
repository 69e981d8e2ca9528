"""Build the chain from a leaf to a trust anchor out of what was given, and say where it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed448, ed25519
from cryptography.x509.oid import SignatureAlgorithmOID

from app.pki.flaw import Flaw
from app.pki.paths import signed_by
from app.pki.reading import UNREADABLE, der

_E = TypeVar("_E", bound=x509.ExtensionType)
LONGEST = 8
_WEAK = ("md2", "md4", "md5", "sha1")
CHAIN = "Give the CA's intermediate certificates too (one more file, or all in one)."


def fault(what: str, remedy: str) -> Flaw:
    """Say what forbids a certificate's use, and what its CA's operator is to do."""
    return Flaw(True, what, "", remedy)


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
        return fault(
            f"it comes from another CA: {words(at.subject)}",
            f"Have it signed below {site}, the CA that the site trusts.",
        )
    if at.issuer == anchor.subject:
        return fault(
            f"it names {site} as its issuer, but that key did not sign it",
            "Another CA of that name signed it, or the CA has a new key: have it signed by the one "
            "whose certificate the site trusts.",
        )
    if any(one.subject == at.issuer for one in pool):
        return fault(
            f"the certificate of {words(at.issuer)} in the files did not sign it",
            "It is of another generation or of another CA of that name. " + CHAIN,
        )
    if at.subject == at.issuer:
        return fault("it signed itself", "Let the CA sign the request, not the request itself.")
    return fault(
        f"its issuer, {words(at.issuer)}, is neither the site's CA nor among the files",
        f"{CHAIN} Where there are none, it was not signed below {site}.",
    )


def weaknesses(certificate: x509.Certificate, who: str) -> Iterator[Flaw]:
    """Say whether a certificate is signed in a way that TLS libraries refuse."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        yield fault(f"{who} is signed in a way that is not known here", "Use SHA-256 or better.")
        return
    if algorithm is not None and algorithm.name in _WEAK:
        yield fault(
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


def extension(certificate: x509.Certificate, kind: type[_E]) -> _E | None:
    """Give one extension's value, None where the certificate has none that can be read."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None
