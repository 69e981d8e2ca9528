"""Judge the certificate and the connection that an acceptor served: pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime

from app.findings import Finding
from app.model import Link
from app.pki.expiry import health
from app.pki.facts import CertificateFacts
from app.pki.names import San
from app.verify.result import TlsResult
from app.verify.rows import EXPIRY, ISSUER, NAME, PROTOCOL, Expected, Row


def name_matches(name: str, sans: Iterable[San]) -> bool:
    """Tell whether a certificate is for the name that was dialled (RFC 6125, 6.4).

    An address matches address entries only; a wildcard stands for exactly one leftmost label.  The
    common name does not count.
    """
    wanted = name.rstrip(".").lower()
    try:
        address = ipaddress.ip_address(wanted)
    except ValueError:
        return any(san.kind == "dns" and _dns_matches(wanted, san.value.lower()) for san in sans)
    return any(san.kind == "ip" and san.value == address.compressed for san in sans)


def _dns_matches(wanted: str, pattern: str) -> bool:
    if not pattern.startswith("*."):
        return wanted == pattern
    first, dot, rest = wanted.partition(".")
    return bool(first and dot) and rest == pattern[2:] and "." in rest


def name(link: Link, result: TlsResult, facts: CertificateFacts) -> Finding:
    make = Row(link, NAME, result.source)
    names = ", ".join(san.value for san in facts.sans[:8]) or "no name at all"
    if len(facts.sans) > 8:
        names += f" and {len(facts.sans) - 8} more"
    if name_matches(link.name, facts.sans):
        return make("ok", f"dialled {link.name}; the certificate is for {names}")
    return make(
        "fail",
        f"dialled {link.name}; the certificate is for {names}",
        f"The certificate of {link.acceptor} does not hold the name that {link.initiator} dials.",
        f"Add {link.name} to the names of {link.acceptor} and apply: it gets a new certificate.",
    )


def issuer(link: Link, result: TlsResult, facts: CertificateFacts, expected: Expected) -> Finding:
    make = Row(link, ISSUER, result.source)
    seen = f"serial {facts.serial_hex}, SHA-256 {facts.sha256[:16]}…, {_issued_by(facts)}"
    if expected.sha256 and facts.sha256 != expected.sha256.lower():
        other = _other_issuer(facts, expected)
        return make(
            "fail",
            f"{seen}; on record is SHA-256 {expected.sha256[:16]}…{other}",
            f"{link.acceptor} serves another certificate than the one last deployed: it "
            "was not restarted since, or its files were replaced.",
            "Run `tlswright apply`; if nothing is to be changed, restart the service on "
            f"{link.acceptor}.",
        )
    if other := _other_issuer(facts, expected):
        return make(
            "fail",
            f"{seen}{other}",
            "The certificate was issued by another authority or generation than this site's.",
            f"Run `tlswright plan --host {link.acceptor}` to see what differs.",
        )
    return make("ok", seen)


def _issued_by(facts: CertificateFacts) -> str:
    if facts.self_signed:
        return "self-signed"
    generation = f", generation {facts.generation}" if facts.generation is not None else ""
    return f"issued by {facts.issuer}{generation}"


def _other_issuer(facts: CertificateFacts, expected: Expected) -> str:
    if expected.issuer and facts.issuer != expected.issuer:
        return f"; expected is {expected.issuer}"
    if (
        expected.generation is not None
        and not expected.pinned
        and facts.generation != expected.generation
    ):
        return f"; expected is generation {expected.generation}"
    return ""


def expiry(
    link: Link, result: TlsResult, facts: CertificateFacts, expected: Expected, now: datetime
) -> Finding:
    make = Row(link, EXPIRY, result.source)
    end = facts.not_after.strftime("%Y-%m-%d %H:%M UTC")
    if now < facts.not_before:
        start = facts.not_before.strftime("%Y-%m-%d %H:%M UTC")
        return make(
            "fail",
            f"valid only from {start}",
            "A clock is wrong, here or where it was issued.",
            "Set the clocks.",
        )
    state, days = health(facts.not_after, now), (facts.not_after - now).days
    if state == "ok":
        return make("ok", f"until {end}, {days} days left")
    renew = f"Run `tlswright rotate leaves --host {link.acceptor}`."
    if state != "expired":
        return make("warn", f"until {end}, {days} days left", "The certificate ends soon.", renew)
    if expected.pinned:
        cause = (
            "It has expired. Java accepts a pinned certificate all the same, other clients do not; "
            "nothing else warns of it."
        )
        return make("warn", f"ended {end}", cause, renew)
    return make("fail", f"ended {end}", "The certificate has expired.", renew)


def protocol(link: Link, result: TlsResult) -> tuple[Finding, ...]:
    if not result.protocol:
        return ()
    make = Row(link, PROTOCOL, result.source)
    seen = f"{result.protocol}, {result.cipher}"
    if result.protocol in ("TLSv1.3", "TLSv1.2"):
        return (make("ok", seen),)
    return (
        make(
            "fail", seen, "The protocol is older than TLS 1.2.", "Update the service or its Java."
        ),
    )
