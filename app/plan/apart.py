"""Say which nodes would be parted: one of a link's ends goes back to before TLS, one keeps it."""

from __future__ import annotations

from collections.abc import Mapping

from app.kinds.base import Kind
from app.model import Site
from app.plan.deployed import Deployed


def apart(site: Site, kinds: Mapping[str, Kind], now: Deployed, after: Deployed) -> str:
    """Say what becomes of links between nodes that both have a certificate `now`.

    `after` is the record once some of them were taken back; empty where no link is parted.
    """
    parted: dict[str, list[str]] = {}
    for topology in site.topologies:
        kind = kinds[topology.kind]
        keys = {node.name: f"{node.kind}/{node.host}" for node in kind.nodes(site, topology)}
        hosts = {node.name: node.host for node in kind.nodes(site, topology)}
        for link in kind.links(site, topology):
            ends = (link.initiator, link.acceptor)
            for one, other in (ends, ends[::-1]):
                if not all(_runs(now, keys[end]) for end in ends):
                    continue
                if not _runs(after, keys[one]) and _runs(after, keys[other]):
                    parted.setdefault(hosts[one], []).append(hosts[other])
    return "; ".join(
        f"{host} goes back to before it had TLS, {', '.join(dict.fromkeys(peers))} "
        f"{'keep' if len(set(peers)) > 1 else 'keeps'} it: what links them is down, or in plain "
        "text, until an apply"
        for host, peers in parted.items()
    )


def _runs(deployed: Deployed, key: str) -> bool:
    record = deployed.nodes.get(key)
    return record is not None and record.facts is not None
