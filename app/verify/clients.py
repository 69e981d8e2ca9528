"""Prove a port for clients from outside: as a client with and without a certificate, and wrongly.

The right dial is followed by the first words of the product's own protocol.  Where the control
machine cannot reach the port, its own host dials it: then the handshake is proven, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from app.errors import PkiError, TlswrightError
from app.findings import Finding
from app.model import Link
from app.verify import matrix, rows
from app.verify.checks import ClientCheck, Probes
from app.verify.explain import advice
from app.verify.remote_probe import probe_from
from app.verify.result import TlsResult

CLIENT = "a client"


@dataclass(frozen=True, slots=True)
class ClientLink(Link):
    """A link whose initiator is any client; several ports of a node differ by their titles."""

    title: str = ""

    @property
    def id(self) -> str:
        """Give node and port in one word."""
        return f"{self.acceptor}:{self.title}"


def verify_client_port(
    check: ClientCheck, probes: Probes, halted: Callable[[], bool] = lambda: False
) -> Iterator[Finding]:
    """Yield the findings of one port, each probe's as soon as it is known.

    No error of a host or a peer escapes: it becomes a finding.
    """
    port = check.port
    link = ClientLink(CLIENT, port.node, port.name, port.port, port.title)
    result = _dial(check, probes)
    yield from _judged(check, link, result, probes)
    yield _speaks(check, link, result)
    # Where the right dial was refused too, a refusal of a wrong one says nothing.
    conclusive = result.outcome == "accepted"
    for wrong in (_older, _without, _foreign, _plainly):
        if halted():
            return
        if (finding := wrong(check, link, probes, conclusive)) is not None:
            yield finding


def _dial(check: ClientCheck, probes: Probes) -> TlsResult:
    """Dial as a client would: with a certificate where one is asked for."""
    port, identity = check.port, None
    if port.asks:
        identity = probes.own(check)
        if identity is None:
            why = "there is no key here that it would accept"
            return _from_host(check, probes, TlsResult("unproven", why))
    result = probes.tls(
        check.address, port.port, name=port.name, trust=check.trust, identity=identity,
        hello=port.hello,
    )  # fmt: skip
    if result.outcome == "unreachable":
        return _from_host(check, probes, result)
    return result


def _from_host(check: ClientCheck, probes: Probes, here: TlsResult) -> TlsResult:
    """Let the port's own host dial it, with its own key; `here` is what came of it from here.

    That stands where the host cannot do it either.
    """
    try:
        remote = probes.remote(check.port.node)
        if remote is not None and check.dial is not None:
            seen = probe_from(remote, check.dial, probes.token())
            if seen.outcome != "unproven":
                return replace(seen, detail=f"{seen.detail} (by its own host: {here.detail})")
            here = replace(here, detail=f"{here.detail}; {seen.detail}")
    except TlswrightError as error:
        here = replace(here, detail=f"{here.detail}; {error.text}")
    return here


def _judged(
    check: ClientCheck, link: ClientLink, result: TlsResult, probes: Probes
) -> Iterator[Finding]:
    facts = None
    if result.peer:
        try:
            facts = probes.facts(result.peer)
        except PkiError:
            facts = None
    first, *rest = matrix.positive(link, result, facts, check.expected, probes.now())
    if not check.port.asks:
        first = replace(first, tried=rows.OPEN)
        if result.outcome == "refused":
            first = replace(
                first,
                cause=f"It wants certificates of its clients, though {check.port.option} is off.",
                remedy="Run `tlswright apply`; if nothing is to be changed, restart the service.",
            )
    yield first
    for finding in rest:
        yield _version(check, finding, result) if finding.tried == rows.PROTOCOL else finding


def _version(check: ClientCheck, finding: Finding, result: TlsResult) -> Finding:
    """Judge the version against those that the port is held to."""
    wanted = check.port.versions
    if finding.verdict != "ok" or not wanted or result.protocol in wanted:
        return finding
    return replace(
        finding, verdict="fail", evidence=f"{finding.evidence}; wanted is {', '.join(wanted)}",
        cause="It is not held to the versions that site.yaml names.",
        remedy="Run `tlswright apply`; if nothing is to be changed, restart the service.",
    )  # fmt: skip


def _speaks(check: ClientCheck, link: ClientLink, result: TlsResult) -> Finding:
    """Judge whether the port speaks its protocol."""
    make = rows.Row(link, rows.SPEAKS.format(check.port.speaks), result.source)
    if result.outcome != "accepted":
        return make("skip", f"not checked: {result.detail}")
    if result.source != "control":
        return make("skip", "not checked: it was dialled by its own host, which only shakes hands")
    holds, evidence = check.port.judge(result.said)
    if holds:
        return make("ok", evidence)
    return make(
        "fail", evidence,
        f"Port {link.port} of {link.acceptor} does TLS, but does not answer as {check.port.speaks}"
        " does.",
        "See its log: a library may be missing, or another connector may hold the port.",
    )  # fmt: skip


def _older(
    check: ClientCheck, link: ClientLink, probes: Probes, conclusive: bool
) -> Finding | None:
    """Dial with TLS 1.2 where only 1.3 is wanted."""
    if check.port.versions != ("TLSv1.3",):
        return None
    identity = probes.own(check) if check.port.asks else None
    result = probes.tls(
        check.address, link.port, name=link.name, trust=None, identity=identity, newest="TLSv1.2"
    )
    make = rows.Row(link, rows.OLDER.format("1.2"), result.source)
    if result.outcome == "accepted":
        cause = "It is not held to the versions that site.yaml names."
        return make("fail", f"accepted: {result.detail}", cause, "Run `tlswright apply`.")
    if result.outcome not in ("refused", "not-tls"):
        return make("skip", f"not checked: {result.detail}")
    if not conclusive:
        return make("skip", f"{result.detail}, but so did it with TLS 1.3: this says nothing")
    return make("ok", result.detail)


def _without(
    check: ClientCheck, link: ClientLink, probes: Probes, conclusive: bool
) -> Finding | None:
    if not check.port.asks:
        return None
    result = probes.tls(
        check.address, link.port, name=link.name, trust=None, hello=check.port.hello
    )
    return _refusal(check, link, rows.NO_CERTIFICATE, result, conclusive)


def _foreign(
    check: ClientCheck, link: ClientLink, probes: Probes, conclusive: bool
) -> Finding | None:
    if not check.port.asks:
        return None
    result = probes.tls(
        check.address, link.port, name=link.name, trust=None, identity=probes.foreign(check),
        hello=check.port.hello,
    )  # fmt: skip
    return _refusal(check, link, rows.FOREIGN, result, conclusive)


def _plainly(
    check: ClientCheck, link: ClientLink, probes: Probes, conclusive: bool
) -> Finding | None:
    result = probes.plain(check.address, link.port)
    return _refusal(check, link, rows.PLAIN, result, conclusive=True)


def _refusal(
    check: ClientCheck, link: ClientLink, tried: str, result: TlsResult, conclusive: bool
) -> Finding:
    remedy = advice(check.kind, tried)
    return matrix.refusal(link, tried, result, conclusive=conclusive, remedy=remedy)
