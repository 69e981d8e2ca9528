"""Prove links: dial with the right certificate, let the product prove itself, dial wrongly.

The wrong dials come last, since the acceptor logs them as errors of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue
from threading import Event

from app.errors import PkiError, TlswrightError
from app.findings import Finding
from app.kinds.base import Proof
from app.model import Link
from app.pki.facts import CertificateFacts
from app.verify import matrix, rows
from app.verify.blame import blame
from app.verify.checks import ClientCheck, LinkCheck, Probes
from app.verify.clients import verify_client_port
from app.verify.explain import advice
from app.verify.proofs import prove_why
from app.verify.remote_probe import probe_from
from app.verify.result import TlsResult
from app.verify.s_client import STORE_FAULTS

WORKERS = 8


def provable(link: Link) -> str:
    """Say that every proof of the product can be run."""
    return ""


def verify_site(
    checks: Sequence[LinkCheck],
    proofs: Sequence[Proof],
    probes: Probes,
    clients: Sequence[ClientCheck] = (),
    *,
    unprovable: Callable[[Link], str] = provable,
    workers: int = WORKERS,
) -> Iterator[Finding]:
    """Yield the findings of all links and ports for clients as they come, several at a time.

    Those of one link keep their order.  Closing the generator ends the work after the probes that
    are under way.
    """
    found: SimpleQueue[Finding | BaseException | None] = SimpleQueue()
    halt = Event()

    def findings(check: LinkCheck | ClientCheck) -> Iterator[Finding]:
        if isinstance(check, ClientCheck):
            return verify_client_port(check, probes, halt.is_set)
        own = tuple(proof for proof in proofs if proof.link == check.link)
        return verify_link(check, own, probes, unprovable=unprovable, halted=halt.is_set)

    def work(check: LinkCheck | ClientCheck) -> None:
        try:
            for finding in findings(check):
                found.put(finding)
            found.put(None)
        except BaseException as error:
            found.put(error)

    pool = ThreadPoolExecutor(max(1, workers), thread_name_prefix="verify")
    try:
        everything: list[LinkCheck | ClientCheck] = [*checks, *clients]
        left = len([pool.submit(work, check) for check in everything])
        while left:
            item = found.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                left -= 1
            else:
                yield item
    finally:
        halt.set()
        pool.shutdown(wait=True, cancel_futures=True)


def verify_link(
    check: LinkCheck,
    proofs: Sequence[Proof],
    probes: Probes,
    *,
    unprovable: Callable[[Link], str] = provable,
    halted: Callable[[], bool] = lambda: False,
) -> Iterator[Finding]:
    """Yield the findings of one link, each probe's as soon as it is known.

    `unprovable` says why the product cannot prove a link here (a demo runs none), empty where
    it can.  No error of a host or a peer escapes: it becomes a finding.
    """
    result, seen = _rightly(check, probes)
    yield from seen
    why = unprovable(check.link)
    since = probes.clock()
    for proof in proofs:
        if halted():
            return
        if why:
            yield Finding(check.link.id, proof.title, "skip", why, source=proof.host)
        else:
            finding, known = prove_why(proof, check.kind, probes, halted, since)
            yield finding if known else blame(finding, check, probes)
    conclusive = result.outcome not in ("refused", "unreachable", "not-tls")
    for dial in (_without_certificate, _foreign, _plainly):
        if halted():
            return
        yield dial(check, probes, conclusive)


def _rightly(check: LinkCheck, probes: Probes) -> tuple[TlsResult, tuple[Finding, ...]]:
    result = _from_host(check, probes)
    if result.outcome != "unproven" or result.detail in STORE_FAULTS:
        return result, _judged(check, probes, result)
    instead = result.detail
    own = probes.own(check)
    at_control = probes.tls(
        check.address, check.link.port, name=check.link.name, trust=check.trust, identity=own
    )
    if own is not None:
        note = f"{at_control.detail} (with a probe certificate from here: {instead})"
        at_control = replace(at_control, detail=note)
        return at_control, _judged(check, probes, at_control)
    # Without a key that the acceptor trusts, its certificate can be judged, its judgement cannot.
    _, *rest = _judged(check, probes, at_control)
    if at_control.outcome not in ("accepted", "refused"):
        return at_control, _judged(check, probes, at_control)
    why = f"{instead}, and there is no other key that the peer would accept"
    first = matrix.skipped(check.link, rows.HANDSHAKE, f"not checked: {why}")
    return replace(at_control, outcome="unproven"), (first, *rest)


def _from_host(check: LinkCheck, probes: Probes) -> TlsResult:
    if check.dial is None:
        return TlsResult("unproven", "its host cannot be asked")
    try:
        remote = probes.remote(check.link.initiator)
        if remote is None:
            return TlsResult("unproven", f"there is no connection to {check.link.initiator}")
        return probe_from(remote, check.dial, probes.token())
    except TlswrightError as error:
        return TlsResult("unproven", error.text, source=check.link.initiator)


def _judged(check: LinkCheck, probes: Probes, result: TlsResult) -> tuple[Finding, ...]:
    facts = _facts(probes, result)
    first, *rest = matrix.positive(check.link, result, facts, check.expected, probes.now())
    if result.outcome == "refused":
        first = blame(first, check, probes)
    return (first, *rest)


def _facts(probes: Probes, result: TlsResult) -> CertificateFacts | None:
    if not result.peer:
        return None
    try:
        return probes.facts(result.peer)
    except PkiError:
        return None


def _without_certificate(check: LinkCheck, probes: Probes, conclusive: bool) -> Finding:
    link = check.link
    result = probes.tls(check.address, link.port, name=link.name, trust=None)
    return _refusal(check, rows.NO_CERTIFICATE, result, conclusive)


def _foreign(check: LinkCheck, probes: Probes, conclusive: bool) -> Finding:
    link = check.link
    foreign = probes.foreign(check)
    result = probes.tls(check.address, link.port, name=link.name, trust=None, identity=foreign)
    return _refusal(check, rows.FOREIGN, result, conclusive)


def _plainly(check: LinkCheck, probes: Probes, conclusive: bool) -> Finding:
    result = probes.plain(check.address, check.link.port)
    return _refusal(check, rows.PLAIN, result, conclusive=True)


def _refusal(check: LinkCheck, tried: str, result: TlsResult, conclusive: bool) -> Finding:
    remedy = advice(check.kind, tried)
    return matrix.refusal(check.link, tried, result, conclusive=conclusive, remedy=remedy)
