"""Private keys: made, named, and turned into bytes and back."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from app.errors import PkiError
from app.pki.spec import KeyType

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_CURVES = {"secp256r1": "p256", "secp384r1": "p384", "secp521r1": "p521"}


def new_key(key_type: KeyType) -> PrivateKey:
    """Make a key in memory; the interpreter lock is released, so threads scale to the cores."""
    if key_type == "ec-p256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65_537, key_size=int(key_type[4:]))


def key_type_of(public: object) -> str:
    """Name the type of a public key as specs do (`ec-p256`, `rsa-3072`), foreign ones likewise."""
    if isinstance(public, rsa.RSAPublicKey):
        return f"rsa-{public.key_size}"
    if isinstance(public, ec.EllipticCurvePublicKey):
        return f"ec-{_CURVES.get(public.curve.name, public.curve.name)}"
    return type(public).__name__.removesuffix("PublicKey").lower().lstrip("_")


def public_der(public: PublicKeyTypes) -> bytes:
    """Return the SubjectPublicKeyInfo, by which keys and certificates are matched."""
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def private_der(key: PrivateKey) -> bytes:
    """Return the key as PKCS8 DER without encryption: for the vault and for stores only."""
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def load_private_der(data: bytes, *, where: str = "", sealed: bool = False) -> PrivateKey:
    """Read a PKCS8 DER key; raises PkiError, which never quotes the bytes.

    `sealed` is for bytes that the vault's cipher has authenticated: an RSA key of 4096 bits takes
    0.3 s to be tested for what it was tested for when it was put there.
    """
    try:
        key = serialization.load_der_private_key(
            data, password=None, unsafe_skip_rsa_key_validation=sealed
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PkiError("the private key cannot be read", where=where) from None
    return supported(key, where=where)


def supported(key: object, *, where: str = "") -> PrivateKey:
    """Return the key when it is of a kind that all peers take, or raise PkiError.

    Ed25519 fails on Java 8 and 11.
    """
    if isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        return key
    raise PkiError(
        "the private key is neither an RSA nor an elliptic curve key",
        where=where,
        hint="Use ec-p256, or RSA.",
    )
