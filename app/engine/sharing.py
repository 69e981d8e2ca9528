"""A pair that is shared by hosts in reach and hosts that a person brings it to is one pair for all.

Keys of hosts in reach are kept nowhere.  So a pair that others are to get by hand too is kept in
the vault for each of those hosts, until somebody says that it was delivered there.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.kinds.base import Kind
from app.model import Node, Site

Holders = Mapping[str, tuple[tuple[str, str], ...]]
"""The name of a shared credential -> (host, kind) of each node that gets it by hand."""


def holders(site: Site, kinds: Mapping[str, Kind]) -> Holders:
    """Give who gets which shared credential by hand."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for topology in site.topologies:
        for node in kinds[topology.kind].nodes(site, topology):
            if node.shares and site.hosts[node.host].by_hand:
                found[node.shares] = (*found.get(node.shares, ()), (node.host, node.kind))
    return found


def sharers(site: Site, kinds: Mapping[str, Kind], name: str) -> tuple[Node, ...]:
    """Give the nodes in reach that share a credential."""
    return tuple(
        node
        for topology in site.topologies
        for node in kinds[topology.kind].nodes(site, topology)
        if node.shares == name and not site.hosts[node.host].by_hand
    )
