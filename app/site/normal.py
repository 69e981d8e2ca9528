"""Write a site in one form: nothing that equals what would hold without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.model import Options, Scalar, Site, Topology
from app.site.catalogue import Kinds, option_defaults


def normal(site: Site, kinds: Kinds) -> Site:
    """Leave out defaults, empty roles and empty node options, so that equal sites are equal."""
    return replace(
        site,
        hosts=dict(site.hosts),
        topologies=tuple(_topology(topology, kinds) for topology in site.topologies),
    )


def inherited(topology: Topology, kinds: Kinds) -> dict[str, Scalar]:
    """Give what each option is for a node that sets nothing itself."""
    return {**option_defaults(kinds.load(topology.kind)), **topology.options}


def _topology(topology: Topology, kinds: Kinds) -> Topology:
    defaults = option_defaults(kinds.load(topology.kind))
    base = inherited(topology, kinds)
    nodes = {host: differing(own, base) for host, own in topology.node_options.items()}
    return replace(
        topology,
        roles={role: tuple(hosts) for role, hosts in topology.roles.items() if hosts},
        options=differing(topology.options, defaults),
        node_options={host: own for host, own in nodes.items() if own},
    )


def differing(values: Options, base: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Keep the values that differ from those of the base, true and 1 being different."""
    return {
        key: value
        for key, value in values.items()
        if key not in base or base[key] != value or type(base[key]) is not type(value)
    }
