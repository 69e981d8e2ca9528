"""Explain the logs of one host on request: connect, read, change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from app.engine import opening
from app.engine.gather import surveys
from app.errors import UsageError
from app.kinds.base import Kind
from app.model import Node, Site
from app.remote.base import Logins, Remote
from app.verify.explain import Explanation, explain

LINES = 5000


@dataclass(frozen=True, slots=True)
class Heard:
    """Say what one node's log told.

    `lines` counts what was read; `problem` says why nothing could be, empty where it could.
    """

    node: Node
    lines: int
    found: tuple[Explanation, ...]
    problem: str = ""


def explain_host(site: Site, host: str, logins: Logins, kind: str = "") -> tuple[Heard, ...]:
    """Read the log of each node on a host, of one kind or of all, and explain what it says.

    Raises UsageError for a host that has no such node, and HostError where it cannot be asked.
    """
    kinds = opening.kinds_of(site)
    nodes = _nodes_on(site, kinds, host, kind)
    remote = opening.connector(logins, site.hosts).connect(site.hosts[host])
    try:
        seen = remote.observe(surveys(site, kinds)[host])
        heard = []
        for node in nodes:
            product = kinds[node.kind]
            layout = product.layout(site, node, seen)
            if layout.problems:
                heard.append(Heard(node, 0, (), layout.problems[0]))
                continue
            heard.append(_heard(remote, node, product.activation(site, node, layout).logs))
        return tuple(heard)
    finally:
        remote.close()


def _heard(remote: Remote, node: Node, logs: str) -> Heard:
    lines = remote.run(logs).out.splitlines()[-LINES:]
    return Heard(node, len(lines), explain(lines, node.kind))


def _nodes_on(site: Site, kinds: Mapping[str, Kind], host: str, kind: str) -> tuple[Node, ...]:
    if host not in site.hosts:
        near = get_close_matches(host, site.hosts, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(site.hosts)}."
        raise UsageError(f"this site has no host {host!r}", hint=hint)
    if site.hosts[host].by_hand:
        raise UsageError(
            f"{host} is changed by hand: tlswright does not log in there",
            hint="Copy its log here: `tlswright explain FILE`.",
        )
    found = tuple(
        node
        for topology in site.topologies
        if kind in ("", topology.kind)
        for node in kinds[topology.kind].nodes(site, topology)
        if node.host == host
    )
    if not found:
        of_kind = f" of {kind}" if kind else ""
        raise UsageError(f"no node{of_kind} runs on {host}, so there is no log to read")
    return found
