"""Find the path from a CA to its root among certificates in any order (RFC 5280, 6.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

DEPTH_MAX = 8
_WAYS_MAX = 1000
Path = tuple[x509.Certificate, ...]


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether one certificate was signed by the key of another, which bears its issuer's name.

    Old algorithms count too, and one that is not known here counts by its name: how it was signed
    is judged elsewhere.
    """
    if certificate.issuer != issuer.subject:
        return False
    try:
        _check(certificate, issuer)
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, ValueError):
        return True
    return True


def _check(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    """Check a signature; `verify_directly_issued_by` knows no SHA-1, as many roots have it."""
    public, digest = issuer.public_key(), certificate.signature_hash_algorithm
    signature, signed = certificate.signature, certificate.tbs_certificate_bytes
    if isinstance(public, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        public.verify(signature, signed)
    elif digest is not None and isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(signature, signed, ec.ECDSA(digest))
    elif digest is not None and isinstance(public, rsa.RSAPublicKey):
        how = certificate.signature_algorithm_parameters
        scheme = how if isinstance(how, padding.PSS) else padding.PKCS1v15()
        public.verify(signature, signed, scheme, digest)


def vouches(new: x509.Certificate, old: x509.Certificate) -> bool:
    """Tell whether who trusts one CA lets in what another signs: they share a key, or it signed."""
    from app.pki.keys import public_der

    return signed_by(old, new) or public_der(old.public_key()) == public_der(new.public_key())


def self_signed(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate is its own issuer: a root."""
    return signed_by(certificate, certificate)


def best_path(first: Sequence[x509.Certificate], others: Sequence[x509.Certificate]) -> Path:
    """Give the best way up from one of `first`, lowest first; it may end short of a root.

    A CA that was renewed or cross-signed has several: a way that reaches a root goes before one
    that does not, then one that lasts longer, then the shorter one.
    """
    ways = (way for one in first for way in _ways((one,), others))
    return max(islice(ways, _WAYS_MAX), key=_rank)


def _rank(path: Path) -> tuple[bool, float, int]:
    ends = min(one.not_valid_after_utc.timestamp() for one in path)
    return self_signed(path[-1]), ends, -len(path)


def _ways(path: Path, others: Sequence[x509.Certificate]) -> Iterator[Path]:
    last = path[-1]
    if self_signed(last) or len(path) == DEPTH_MAX:
        yield path
        return
    known = {one.subject for one in path}
    above = [one for one in others if one.subject not in known and signed_by(last, one)]
    if not above:
        yield path
    for one in above:
        yield from _ways((*path, one), others)
