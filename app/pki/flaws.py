"""What is wrong with a CA that was made elsewhere, or will hurt one day: found before it is used.

Each rule says what it is, what comes of it, and what to do.  What some peer refuses is fatal; what
they bear is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import ExtensionOID, PublicKeyAlgorithmOID, SignatureAlgorithmOID

from app.pki.constraints import constraint_flaws
from app.pki.expiry import health
from app.pki.flaw import Flaw, short
from app.pki.names import San
from app.pki.paths import Path, self_signed
from app.pki.reading import UNREADABLE

RSA_BITS_MIN = 2048
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_WEAK = (hashes.MD5, hashes.SHA1)
_KNOWN = frozenset({
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS, ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.CRL_DISTRIBUTION_POINTS, ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.FRESHEST_CRL, ExtensionOID.INHIBIT_ANY_POLICY,
    ExtensionOID.ISSUER_ALTERNATIVE_NAME, ExtensionOID.KEY_USAGE, ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.POLICY_CONSTRAINTS, ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.SUBJECT_INFORMATION_ACCESS, ExtensionOID.SUBJECT_KEY_IDENTIFIER,
})  # fmt: skip


def path_flaws(
    path: Path, now: datetime, names: Sequence[San] = (), leaf_days: int = 0
) -> tuple[Flaw, ...]:
    """Judge the certificates from an issuing CA to its root, lowest first; fatal ones come first.

    `names` are those that leaves are to hold, `leaf_days` their life; `now` is aware.
    """
    found: list[Flaw] = []
    for below, certificate in enumerate(path):
        try:
            extensions = certificate.extensions
        except UNREADABLE:
            found.append(
                Flaw(True, f"the extensions of {short(certificate)} cannot be read", "", _ANOTHER)
            )
            continue
        found += _one(certificate, extensions, below, path, now)
        found += constraint_flaws(certificate, extensions, names)
    found += _whole(path, now, leaf_days)
    return tuple(sorted(dict.fromkeys(found), key=lambda flaw: not flaw.fatal))


_ANOTHER = "Have the CA's certificate made anew."
_MAKE_CA = "Have it made as a CA: basicConstraints=critical,CA:true and keyUsage=keyCertSign."


def _one(
    one: x509.Certificate, extensions: x509.Extensions, below: int, path: Path, now: datetime
) -> Iterator[Flaw]:
    anchor = one is path[-1]
    yield from _authority(one, extensions, below, anchor=anchor)
    yield from _life(one, now)
    yield from _key(one)
    yield from _signature(one, anchor=anchor)
    yield from _purposes(one, extensions)
    yield from _identifiers(one, extensions, anchor=anchor)
    yield from _others(one, extensions)


def _authority(
    one: x509.Certificate, extensions: x509.Extensions, below: int, *, anchor: bool
) -> Iterator[Flaw]:
    """Judge whether it may sign certificates at all, and with as many CAs below it."""
    basic = _value(extensions, x509.BasicConstraints)
    usage = _value(extensions, x509.KeyUsage)
    if basic is None and one.version is x509.Version.v1 and anchor:
        text = f"{short(one)} is a root of the old version 1, without extensions"
        yield Flaw(False, text, "Strict validators refuse it.", _ANOTHER)
    elif basic is None or not basic.ca:
        why = "Peers refuse whatever it signs."
        yield Flaw(True, f"{short(one)} is not a CA", why, _MAKE_CA)
        return
    if usage is not None and not usage.key_cert_sign:
        text = f"{short(one)} may not sign certificates (keyCertSign is missing in its key usage)"
        yield Flaw(True, text, "Peers refuse whatever it signs.", _MAKE_CA)
    if basic is not None and basic.path_length is not None and basic.path_length < below:
        text = f"{short(one)} allows {basic.path_length} CAs below it, and there are {below}"
        yield Flaw(
            True, text, "Peers refuse the path.",
            "Import the CA above as the one that signs, or have this one made with a greater "
            "path length.",
        )  # fmt: skip
    if basic is not None and usage is None:
        text = f"{short(one)} does not say what its key may be used for (no key usage)"
        yield Flaw(False, text, _STRICT, _ANOTHER)
    if basic is not None and not _critical(extensions, x509.BasicConstraints):
        text = f"the basic constraints of {short(one)} are not marked critical"
        yield Flaw(False, text, _STRICT, _ANOTHER)


_STRICT = (
    "Strict validators refuse it: Python from 3.13 on, and OpenSSL with -x509_strict; the brokers "
    "and monitors themselves bear it."
)


def _life(one: x509.Certificate, now: datetime) -> Iterator[Flaw]:
    start, end = one.not_valid_before_utc, one.not_valid_after_utc
    if now < start:
        yield Flaw(
            True, f"{short(one)} is not valid before {start:%Y-%m-%d %H:%M} UTC",
            "Until then peers refuse whatever it signs.",
            "Compare the clock of this machine; or wait until then.",
        )  # fmt: skip
    elif health(end, now, authority=True) == "expired":
        yield Flaw(
            True, f"{short(one)} has expired on {end:%Y-%m-%d}",
            "Peers refuse whatever it has signed.", "Have it renewed, or import another CA.",
        )  # fmt: skip
    elif health(end, now, authority=True) != "ok":
        days = (end - now).days
        yield Flaw(
            False, f"{short(one)} ends on {end:%Y-%m-%d}, in {days} day{'s' * (days != 1)}",
            "No certificate lives longer than it: on that day every link fails.",
            "Have it renewed in time: the change to a new CA takes all hosts.",
        )  # fmt: skip


def _key(one: x509.Certificate) -> Iterator[Flaw]:
    rsa_pss = one.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS
    try:
        public: object = one.public_key()
    except Exception:  # cryptography names several types for what it does not know
        public = None
    if isinstance(public, rsa.RSAPublicKey) and not rsa_pss:
        if public.key_size < RSA_BITS_MIN:
            yield Flaw(
                True, f"the RSA key of {short(one)} has only {public.key_size} bits",
                f"OpenSSL as Debian and others set it refuses paths with RSA keys under "
                f"{RSA_BITS_MIN} bits.",
                "Have a CA made with RSA-3072 or EC P-256.",
            )  # fmt: skip
        return
    if isinstance(public, ec.EllipticCurvePublicKey):
        if public.curve.name in _CURVES:
            return
        what = f"lies on the curve {public.curve.name}"
    elif rsa_pss:
        what = "is for RSA-PSS alone"
    else:
        name = type(public).__name__.removesuffix("PublicKey").lstrip("_")
        what = f"is of the kind {name}" if public is not None else "is of an unknown kind"
    yield Flaw(
        True, f"the key of {short(one)} {what}",
        "Not every Java, Erlang and Perl that is still in use can check what it signs.",
        "Have a CA made with EC P-256, P-384 or RSA-3072.",
    )  # fmt: skip


def _signature(one: x509.Certificate, *, anchor: bool) -> Iterator[Flaw]:
    """Judge how it was signed; how a root signed itself is checked by nobody."""
    if anchor and self_signed(one):
        return
    if one.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
        yield Flaw(
            False, f"{short(one)} was signed with RSA-PSS",
            "Java 8 before 8u251 cannot check that.", "Have it signed anew with PKCS #1 v1.5.",
        )  # fmt: skip
    try:
        algorithm = one.signature_hash_algorithm
    except Exception:  # an algorithm that is not known here
        algorithm = None
    if isinstance(algorithm, _WEAK):
        yield Flaw(
            True, f"{short(one)} was signed with {algorithm.name.upper().replace('SHA1', 'SHA-1')}",
            "OpenSSL 3 and Java refuse such signatures, which can be forged.",
            "Have the CA above sign it anew, with SHA-256.",
        )  # fmt: skip


def _purposes(one: x509.Certificate, extensions: x509.Extensions) -> Iterator[Flaw]:
    value = _value(extensions, x509.ExtendedKeyUsage)
    if value is None or Usage.ANY_EXTENDED_KEY_USAGE in value:
        return
    lacking = [w for o, w in ((Usage.SERVER_AUTH, "servers"), (Usage.CLIENT_AUTH, "clients"))
               if o not in value]  # fmt: skip
    if lacking:
        only = "clients" if lacking == ["servers"] else "servers"
        text = (
            f"{short(one)} is for certificates of {only} only (its extended key usage)"
            if len(lacking) == 1
            else f"{short(one)} is neither for servers nor for clients (its extended key usage)"
        )
        yield Flaw(
            True, text,
            "Peers dial and are dialled, so each certificate is for both; OpenSSL refuses what a "
            "CA's own usage does not cover.",
            "Have it made without extended key usage, or with serverAuth and clientAuth.",
        )  # fmt: skip


def _identifiers(
    one: x509.Certificate, extensions: x509.Extensions, *, anchor: bool
) -> Iterator[Flaw]:
    if _value(extensions, x509.SubjectKeyIdentifier) is None:
        text = f"{short(one)} has no subject key identifier"
        if one.version is not x509.Version.v1:
            yield Flaw(False, text, _STRICT, _ANOTHER)
    known = _value(extensions, x509.AuthorityKeyIdentifier)
    if known is None and not anchor:
        text = f"{short(one)} does not say which key signed it (no authority key identifier)"
        yield Flaw(False, text, _STRICT, "Have the CA above sign it anew.")
    if known is not None and known.authority_cert_serial_number is not None and not anchor:
        yield Flaw(
            False, f"{short(one)} names its issuer by serial number too",
            "Once the CA above is renewed, OpenSSL and Java refuse this one, even with the same "
            "key.",
            "Have it signed anew with authorityKeyIdentifier=keyid.",
        )  # fmt: skip


def _others(one: x509.Certificate, extensions: x509.Extensions) -> Iterator[Flaw]:
    policy = _value(extensions, x509.PolicyConstraints)
    if policy is not None and policy.require_explicit_policy is not None:
        yield Flaw(
            True, f"{short(one)} demands a certificate policy in all that it signs",
            "The certificates made here hold none: Java refuses them.",
            "Have it made without requireExplicitPolicy.",
        )  # fmt: skip
    for extension in extensions:
        if extension.critical and extension.oid not in _KNOWN:
            yield Flaw(
                True,
                f"{short(one)} has a critical extension that few know "
                f"({extension.oid.dotted_string})",
                "Whoever does not know it must refuse the path.", _ANOTHER,
            )  # fmt: skip


def _whole(path: Path, now: datetime, leaf_days: int) -> Iterator[Flaw]:
    if not self_signed(path[-1]):
        issuer = short(path[-1], issuer=True)
        yield Flaw(
            True, f"the root is missing: {short(path[-1])} was issued by {issuer}",
            "OpenSSL accepts only paths that end in a self-signed root.",
            "Put the certificates above it into the file too, in any order.",
        )  # fmt: skip
    if len(path) > 1:
        text = f"hosts will trust {short(path[-1])}, and so all that it and the CAs below it sign"
    else:
        text = f"hosts will let in whoever has a certificate of {short(path[0])}"
    yield Flaw(
        False, text, "TLS asks who signed a certificate, not what it was meant for.",
        "Take a CA that signs for these hosts alone.",
    )  # fmt: skip
    left = (min(one.not_valid_after_utc for one in path) - now).days
    if 0 <= left < leaf_days:
        yield Flaw(
            False, f"certificates will live {left} days, not {leaf_days}",
            "None may outlive the CA.", "Have the CA renewed.",
        )  # fmt: skip


def _value(extensions: x509.Extensions, kind: type[_Extension]) -> _Extension | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _critical(extensions: x509.Extensions, kind: type[x509.ExtensionType]) -> bool:
    return extensions.get_extension_for_class(kind).critical
