"""Certificate profiles: which extensions each kind of certificate carries (RFC 5280).

They are the ones that pkilint, OpenSSL with -x509_strict, Java, Erlang, GnuTLS and cryptography's
verifier all accept.  No path length on the root: 0 makes OpenSSL refuse a later cross-signing.
Authority key identifiers hold the key identifier only: with issuer and serial in them, renewing
an authority with the same key breaks every old leaf in OpenSSL and Java.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.pki.keys import PrivateKey
from app.pki.names import San
from app.pki.spec import IssueSpec

BACK_DATE = timedelta(hours=1)


def name_of(common_name: str) -> x509.Name:
    """Return a distinguished name of nothing but a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def root(common_name: str, key: PrivateKey, life: tuple[datetime, datetime]) -> x509.Certificate:
    """Build and sign a root: it may sign certificates and revocation lists, nothing else."""
    subject = name_of(common_name)
    builder = (
        _builder(subject, subject, key, life)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
    )
    return builder.sign(key, hashes.SHA256())


def leaf(
    spec: IssueSpec,
    key: PrivateKey,
    life: tuple[datetime, datetime],
    issuer: x509.Certificate,
    issuer_key: PrivateKey,
) -> x509.Certificate:
    """Build a leaf for a peer (dials and answers) or for a client (dials only), and sign it."""
    builder = _leaf_builder(spec, key, life, issuer.subject, _key_id(issuer))
    return builder.sign(issuer_key, hashes.SHA256())


def self_signed(
    spec: IssueSpec, key: PrivateKey, life: tuple[datetime, datetime]
) -> x509.Certificate:
    """Build a leaf that signs itself, for peers that pin each other's certificates.

    It is a leaf in everything else: CA:FALSE and no right to sign, so that a stolen key cannot
    issue for others.  Java and OpenSSL (strict too) accept a certificate that stands itself in
    their trust store, Java even after its end; both refuse what its key has signed.  GnuTLS refuses
    anchors that are no CA.  Unlike a root it carries its own key identifier as its issuer's:
    RFC 5280 (4.2.1.1) lets only an authority leave that out.
    """
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = _leaf_builder(spec, key, life, name_of(spec.subject), own)
    return builder.sign(key, hashes.SHA256())


def clip(
    now: datetime, days: int, within: tuple[datetime, datetime] | None = None
) -> tuple[datetime, datetime, bool]:
    """Return not-before, not-after and whether the issuer's end cut the life short.

    Not-before lies one hour back, for clocks that lag, but never before the issuer's own.
    """
    start = now.replace(microsecond=0) - BACK_DATE
    end = now.replace(microsecond=0) + timedelta(days=days)
    if within is None:
        return start, end, False
    return max(start, within[0]), min(end, within[1]), end > within[1]


def _key_id(issuer: x509.Certificate) -> x509.SubjectKeyIdentifier:
    """Give the identifier by which a CA's key is known, counted where it does not say it."""
    try:
        return issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        public = issuer.public_key()
        assert isinstance(public, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey))
        return x509.SubjectKeyIdentifier.from_public_key(public)


def _leaf_builder(
    spec: IssueSpec,
    key: PrivateKey,
    life: tuple[datetime, datetime],
    issuer: x509.Name,
    issuer_key_id: x509.SubjectKeyIdentifier,
) -> x509.CertificateBuilder:
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key_id)
    builder = _builder(name_of(spec.subject), issuer, key, life)
    for extension, critical in leaf_extensions(spec, key):
        builder = builder.add_extension(extension, critical)
    return builder.add_extension(issued_by, critical=False)


def leaf_extensions(
    spec: IssueSpec, key: PrivateKey
) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """Give what a leaf must say of itself whoever signs it, each with whether it is critical."""
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
    if spec.usage == "peer":
        purposes.insert(0, ExtendedKeyUsageOID.SERVER_AUTH)
    encipher = isinstance(key, rsa.RSAPrivateKey)
    found: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(digital_signature=True, encipher_keys=encipher), True),
        (x509.ExtendedKeyUsage(purposes), False),
    )
    if not spec.sans:
        return found
    names = x509.SubjectAlternativeName([_general_name(san) for san in spec.sans])
    return (*found, (names, False))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, life: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(life[0])
        .not_valid_after(life[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _general_name(san: San) -> x509.GeneralName:
    if san.kind == "ip":
        return x509.IPAddress(ipaddress.ip_address(san.value))
    return x509.DNSName(san.value)


def _usage(
    *,
    sign_certificates: bool = False,
    digital_signature: bool = False,
    encipher_keys: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=encipher_keys,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )
