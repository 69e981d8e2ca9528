"""Judge what the probes of one link saw: pure, from results and expectations to findings."""

from __future__ import annotations

from datetime import datetime

from app.findings import Finding
from app.model import Link
from app.pki.facts import CertificateFacts
from app.verify import served
from app.verify.result import TlsResult
from app.verify.rows import FOREIGN, HANDSHAKE, NO_CERTIFICATE, PLAIN, Expected, Row
from app.verify.s_client import STORE_FAULTS


def positive(
    link: Link, result: TlsResult, facts: CertificateFacts | None, expected: Expected, now: datetime
) -> tuple[Finding, ...]:
    """Judge the dial with the right certificate; `facts` are those of the peer's."""
    first = handshake(link, result)
    if facts is None:
        return (first,)
    return (
        first,
        served.name(link, result, facts),
        served.issuer(link, result, facts, expected),
        served.expiry(link, result, facts, expected, now),
        *served.protocol(link, result),
    )


def handshake(link: Link, result: TlsResult) -> Finding:
    """Judge whether both sides took each other."""
    make = Row(link, HANDSHAKE, result.source)
    match result.outcome:
        case "accepted":
            return make("ok", result.detail)
        case "untrusted":
            cause, remedy = _UNTRUSTED.get(_reason_word(result.reason), _UNTRUSTED[""])
            return make("fail", result.detail, cause.format(link=link), remedy.format(link=link))
        case "refused":
            return make("fail", result.detail, *_refusal(link, result))
        case "unreachable":
            return make(
                "fail",
                result.detail,
                "Nothing listens there, or it cannot be reached.",
                f"See on {link.acceptor} that the service runs and listens on port "
                f"{link.port}, and that no firewall is between.",
            )
        case "not-tls":
            return make(
                "fail",
                result.detail,
                f"Port {link.port} of {link.acceptor} does not speak TLS.",
                "Compare the port of the link with the port of the TLS listener.",
            )
        case _:
            return _unproven(make, link, result.detail)


def refusal(
    link: Link, tried: str, result: TlsResult, *, conclusive: bool, remedy: str = ""
) -> Finding:
    """Judge a dial that must be refused.

    `conclusive` is false where the right certificate was refused as well: then a refusal says
    nothing, and is not shown as green.
    """
    make = Row(link, tried, result.source)
    if result.outcome == "accepted":
        return make(
            "fail",
            f"accepted: {result.detail}",
            _ACCEPTED[tried].format(link=link),
            remedy or _CLOSE[tried],
        )
    if result.outcome != "refused":
        return make("skip", f"not checked: {result.detail}")
    if not conclusive:
        return make(
            "skip", f"{result.detail}, but so did it with the right certificate: this says nothing"
        )
    return make("ok", result.detail)


def skipped(link: Link, tried: str, why: str) -> Finding:
    """Say that a probe was not made, and why."""
    return Finding(link.id, tried, "skip", evidence=why, source="control")


def _unproven(make: Row, link: Link, detail: str) -> Finding:
    if detail in STORE_FAULTS:
        return make(
            "fail",
            detail,
            f"The stores on {link.initiator} are not as they were deployed.",
            f"Run `tlswright plan --host {link.initiator}` to see what differs.",
        )
    return make("skip", f"not checked: {detail}")


def _refusal(link: Link, result: TlsResult) -> tuple[str, str]:
    if not result.alert and not result.cipher:
        return (
            f"{link.acceptor} hung up before TLS began: port {link.port} does not speak TLS, or "
            "something in between cuts the connection.",
            "Compare the port of the link with the port of the TLS listener.",
        )
    if result.alert in ("protocol_version", "insufficient_security"):
        return "The two sides have no TLS version or cipher in common.", "Update the older side."
    if result.alert == "unrecognized_name":
        return (
            f"{link.acceptor} does not know the name {link.name}.",
            "Dial a name that it is configured for.",
        )
    return (
        f"{link.acceptor} did not accept the certificate of {link.initiator}: it does "
        "not trust its issuer, "
        "or it has expired, or it may not be used by clients.",
        f"See the log of {link.acceptor}; `tlswright plan` shows whether a trust store "
        "or key store differs.",
    )


def _reason_word(reason: str) -> str:
    low = reason.lower()
    for word in ("expired", "not yet valid", "mismatch", "not valid for", "pinned"):
        if word in low:
            return "mismatch" if word == "not valid for" else word
    return ""


_UNTRUSTED = {
    "": (
        "{link.initiator} does not trust the issuer of {link.acceptor}'s certificate.",
        "Run `tlswright plan`: a trust store or the certificate is of another "
        "authority or generation.",
    ),
    "expired": (
        "The certificate of {link.acceptor} or its authority has expired.",
        "Run `tlswright rotate leaves --host {link.acceptor}`.",
    ),
    "not yet valid": (
        "A clock is wrong, here or where the certificate was issued.",
        "Set the clocks.",
    ),
    "mismatch": (
        "The certificate of {link.acceptor} does not hold the name that "
        "{link.initiator} dials, {link.name}.",
        "Add {link.name} to the names of {link.acceptor} and apply.",
    ),
    "pinned": (
        "{link.acceptor} presents another certificate than the one that "
        "{link.initiator} holds for it.",
        "Run `tlswright plan`: after a new key, every peer needs the new certificate.",
    ),
}
_ACCEPTED = {
    NO_CERTIFICATE: "{link.acceptor} lets in clients that have no certificate.",
    FOREIGN: "{link.acceptor} lets in clients with a certificate of an authority that is "
    "not this site's.",
    PLAIN: "Port {link.port} of {link.acceptor} answers without TLS.",
}
_CLOSE = {
    NO_CERTIFICATE: "Make the listener require client certificates, and restart it.",
    FOREIGN: "Make the listener require client certificates, and keep only this site's "
    "authority in its trust store.",
    PLAIN: "See which listener owns the port, and make it a TLS listener.",
}
