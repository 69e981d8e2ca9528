"""Judge a certificate that came back from an outside CA against what was asked for.

Faults forbid its use, for a link would break; notes are to be known.  Each fault says what the
outside CA's operator must do, since nobody here can mend it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.pki import chains
from app.pki.chains import extension, fault
from app.pki.expiry import due
from app.pki.flaw import Flaw
from app.pki.flaws import path_flaws
from app.pki.names import San
from app.pki.reading import UNREADABLE, purposes_of, sans_of
from app.pki.spec import IssueSpec

SERVER = (ExtendedKeyUsageOID.SERVER_AUTH.dotted_string, "serverAuth")
CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string, "clientAuth")
COPY = (
    "The CA left out what the request asks for: let it copy the request's extensions, or sign "
    "with the NAME.ext file beside the request (README.txt there has the commands)."
)
PUBLIC = (
    "Each peer dials as well as it answers, so its certificate needs both. Public CAs no longer "
    "issue for clientAuth: use a private CA, or a profile of yours with both purposes."
)
_SLACK = timedelta(days=2)
_KNOWN_CRITICAL = frozenset(
    f"2.5.29.{number}" for number in (14, 15, 17, 19, 30, 31, 32, 33, 35, 36, 37, 54)
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold what was found of one certificate; `chain` leads to the anchor, which is not in it."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    faults: tuple[Flaw, ...]
    notes: tuple[str, ...]


def judge(
    certificate: x509.Certificate,
    spec: IssueSpec,
    others: Iterable[x509.Certificate],
    anchor: x509.Certificate,
    now: datetime,
) -> Judgement:
    """Judge a certificate whose key is that of the request; every fault is found at once.

    `others` are the certificates that a chain may be made of; `now` is aware.
    """
    pool = [one for one in others if one != certificate]
    chain = chains.path_to(certificate, pool, anchor)
    faults = [*judge_alone(certificate, spec, now)]
    if chain is None:
        faults.append(chains.broken_path(certificate, pool, anchor))
    else:
        above = path_flaws((*chain, anchor), now, spec.sans)
        faults += [flaw for flaw in above if flaw.fatal]
        faults += _hangs_on(certificate, (*chain, anchor)[0])
    notes = [*_notes(certificate, spec, now)]
    if chain is not None:
        notes += chains.signature_notes(certificate, (*chain, anchor)[0])
        ends = min(one.not_valid_after_utc for one in (*chain, anchor))
        if certificate.not_valid_after_utc > ends:
            notes.append(f"its CA ends before it does, on {ends:%Y-%m-%d}: it is no use after that")
    once = tuple(dict.fromkeys(faults))
    return Judgement(certificate, chain or (), once, tuple(dict.fromkeys(notes)))


def judge_alone(certificate: x509.Certificate, spec: IssueSpec, now: datetime) -> tuple[Flaw, ...]:
    """Give the faults of a certificate that peers know by itself, whoever signed it."""
    faults = [*_shape(certificate), *_names(certificate, spec), *_purposes(certificate, spec)]
    faults += [*_life(certificate, now), *chains.weaknesses(certificate, "it")]
    return tuple(dict.fromkeys(faults))


def _shape(certificate: x509.Certificate) -> Iterator[Flaw]:
    """Find what makes it no leaf."""
    try:
        extensions = list(certificate.extensions)
    except UNREADABLE as error:
        yield fault(f"its extensions cannot be read: {str(error)[:80]}", "Have it made anew.")
        return
    if not extensions:
        yield fault("it has no extensions at all", COPY)
    for one in extensions:
        if one.critical and one.oid.dotted_string not in _KNOWN_CRITICAL:
            yield fault(
                f"it has a critical extension that TLS libraries refuse: {one.oid.dotted_string}",
                "Have it signed without that extension, or with it not critical.",
            )
    basic, usage = extension(certificate, x509.BasicConstraints), _usage(certificate)
    if (basic is not None and basic.ca) or (usage is not None and usage.key_cert_sign):
        yield fault(
            "it is a CA certificate: whoever takes its key could vouch for anybody",
            "Sign it with the profile for servers and clients, not with the one for CAs "
            "(basicConstraints = CA:FALSE).",
        )
    if usage is not None and not usage.digital_signature:
        yield fault("its key usage lacks digitalSignature, which TLS needs", COPY)


def _names(certificate: x509.Certificate, spec: IssueSpec) -> Iterator[Flaw]:
    have = _lower(certificate)
    missing = [san for san in spec.sans if san not in have]
    if spec.sans and not have:
        yield fault(
            "it has no alternative names: its CN alone is looked at by nobody; it lacks "
            + ", ".join(san.value for san in missing),
            COPY,
        )
        return
    for san in missing:
        if san.kind == "ip" and San("dns", san.value) in have:
            yield fault(
                f"it holds the address {san.value} as a DNS name",
                f"The entry must be IP:{san.value}, not DNS:{san.value}.",
            )
        else:
            yield fault(f"it lacks the name {san.value}, which peers dial", COPY)


def _purposes(certificate: x509.Certificate, spec: IssueSpec) -> Iterator[Flaw]:
    have = purposes_of(certificate)
    if not have:
        return
    wanted = (SERVER, CLIENT) if spec.usage == "peer" else (CLIENT,)
    missing = [word for oid, word in wanted if oid not in have]
    if missing:
        remedy = PUBLIC if missing == ["clientAuth"] and SERVER[0] in have else COPY
        yield fault(f"its extended key usage lacks {' and '.join(missing)}", remedy)


def _life(certificate: x509.Certificate, now: datetime) -> Iterator[Flaw]:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now > end:
        yield fault(f"it expired on {end:%Y-%m-%d}", "Have the request signed anew.")
    elif now < start:
        yield fault(
            f"it is not valid before {start:%Y-%m-%d %H:%M} UTC",
            "Take it in again then; where that surprises you, the CA's clock or this one is off.",
        )


def _hangs_on(certificate: x509.Certificate, issuer: x509.Certificate) -> Iterator[Flaw]:
    named = extension(certificate, x509.AuthorityKeyIdentifier)
    own = extension(issuer, x509.SubjectKeyIdentifier)
    if named and own and named.key_identifier not in (None, own.digest):
        yield fault(
            "the key identifier of its issuer in it is not that of its issuer: OpenSSL refuses it",
            "Have it signed with `authorityKeyIdentifier = keyid`.",
        )


def _notes(certificate: x509.Certificate, spec: IssueSpec, now: datetime) -> Iterator[str]:
    extra = [san.value for san in _lower(certificate) if san not in spec.sans]
    if extra:
        more = f" and {len(extra) - 5} more" if len(extra) > 5 else ""
        names = ", ".join(_quiet(name) for name in extra[:5])
        yield f"it holds names that were not asked for: {names}{more}"
    if not purposes_of(certificate):
        yield "it has no extended key usage: it is good for anything"
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    asked = now + timedelta(days=spec.days)
    days = f"{spec.days} days were asked for"
    if start <= now <= end and end < asked - _SLACK:
        yield f"it lives shorter than asked for, until {end:%Y-%m-%d} ({days})"
    elif end > asked + _SLACK:
        yield f"it lives longer than asked for, until {end:%Y-%m-%d} ({days})"
    if start <= now <= end and due(start, end, now):
        yield "two thirds of its life are over: it is due already"
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if spec.subject not in (str(one.value) for one in common):
        yield f"the CA made its subject {chains.words(certificate.subject)}"
    named = extension(certificate, x509.AuthorityKeyIdentifier)
    if named is not None and named.authority_cert_serial_number is not None:
        yield (
            "it names its CA by serial number: it is refused once that CA's certificate is renewed"
        )


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    return extension(certificate, x509.KeyUsage)


def _lower(certificate: x509.Certificate) -> tuple[San, ...]:
    return tuple(San(san.kind, san.value.lower()) for san in sans_of(certificate))


def _quiet(text: str) -> str:
    from app.quoting import calm

    return calm(text, 80).replace("\n", " ")
