"""Find in the logs of a link's two ends why it failed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import replace

from app.errors import TlswrightError
from app.findings import Finding
from app.verify.checks import LinkCheck, Probes
from app.verify.explain import Explanation, explain, names_peers

_FROM = re.compile(
    r"connection from \w{2,20}://(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9A-Fa-f:.]{2,45})):\d{1,5}\b"
)


_ALERT = re.compile(r"ALERT: Fatal - ([A-Z][A-Za-z]{1,20}(?: [A-Za-z]{1,20}){0,3})")


def blame(finding: Finding, check: LinkCheck, probes: Probes) -> Finding:
    """Put the cause from the logs into a failed finding; others stay as they are.

    The acceptor names causes, the initiator's words are racy: so the acceptor's come first, but of
    its complaints about a connection only those about this link's initiator.  Where the log does
    not say whose connection it was, an alert counts only when the finding saw the same one: probes
    that are to be refused leave alerts too.  A finding that no log explains may speak for itself.
    """
    if finding.verdict != "fail":
        return finding
    theirs = _explained(check, probes, check.link.acceptor, "acceptor's log")
    ours = _explained(check, probes, check.link.initiator, "initiator's log")
    named = names_peers(check.kind)
    for why in (*theirs, *ours):
        if named or concerns(finding.evidence, why.line):
            seen = f"{finding.evidence}; {why.where}: {why.line}"
            return replace(finding, evidence=seen, cause=why.cause, remedy=why.remedy)
    if not named and not finding.cause:
        for why in explain([finding.evidence], check.kind):
            return replace(finding, cause=why.cause, remedy=why.remedy)
    return finding


def concerns(evidence: str, line: str) -> bool:
    """Tell whether a log's line can be about what was seen: it holds no alert, or the same one."""
    found = _ALERT.search(line)
    return found is None or found[1].lower() in evidence.lower().replace("_", " ")


def about(lines: Iterable[str], addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Drop the lines that complain about a connection from somebody else."""
    kept: list[str] = []
    for line in lines:
        found = _FROM.search(line[:4000])
        if found is None or _same(found[1] or found[2], addresses):
            kept.append(line)
    return tuple(kept)


def _same(address: str, addresses: tuple[str, ...]) -> bool:
    """Compare as addresses: Java writes IPv6 uncompressed."""
    try:
        return ipaddress.ip_address(address).compressed in addresses
    except ValueError:
        return address in addresses


def _explained(check: LinkCheck, probes: Probes, host: str, where: str) -> tuple[Explanation, ...]:
    try:
        lines = about(probes.logs(host), check.seen_as)
    except TlswrightError:
        return ()
    wanted = (where, "start-up log")
    return tuple(found for found in explain(lines, check.kind) if found.where in wanted)
