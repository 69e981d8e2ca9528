"""Write a site as plain values, and say which values are defaults where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from app.model import SCHEMA_VERSION, Host, Site, Topology
from app.site.catalogue import Kinds, role_names
from app.site.normal import inherited, normal
from app.site.report import Path
from app.site.schema import AUTHORITY_DEFAULTS, HOST_DEFAULTS
from app.site.tree import Plain


def to_plain(site: Site, kinds: Kinds) -> dict[str, Plain]:
    """Give the site as it stands in site.yaml, without whatever equals its default."""
    site = normal(site, kinds)
    authority = _changed(asdict(site.authority), AUTHORITY_DEFAULTS)
    return {
        "version": SCHEMA_VERSION,
        "site": site.name,
        **({"authority": authority} if authority else {}),
        "hosts": {name: _host(host) for name, host in site.hosts.items()},
        "topologies": [_topology(topology, kinds) for topology in site.topologies],
    }


def defaults_at(site: Site, kinds: Kinds, path: Path) -> Mapping[str, Plain]:
    """Give the defaults of the keys of the mapping at a path."""
    match path:
        case ():
            return {"authority": {}}
        case ("authority",):
            return AUTHORITY_DEFAULTS
        case ("hosts", str()):
            return HOST_DEFAULTS
        case ("topologies", int(i), *rest) if i < len(site.topologies):
            return _topology_defaults(site.topologies[i], kinds, tuple(rest))
    return {}


def _topology_defaults(topology: Topology, kinds: Kinds, rest: Path) -> Mapping[str, Plain]:
    kind = kinds.load(topology.kind)
    match rest:
        case ():
            return {"shape": kind.shapes[0], "links": [], "options": {}, "nodes": {}}
        case ("roles",):
            return {role: [] for role in role_names(kind)}
        case ("options",):
            return {o.key: o.default for o in kind.options if not o.secret}
        case ("nodes",):
            return {host: {} for host in topology.hosts}
        case ("nodes", str()):
            return inherited(topology, kinds)
    return {}


def _host(host: Host) -> dict[str, Plain]:
    values = asdict(host)
    values["names"] = list(host.names)
    return {"address": host.address, **_changed(values, HOST_DEFAULTS)}


def _topology(topology: Topology, kinds: Kinds) -> dict[str, Plain]:
    plain: dict[str, Plain] = {"kind": topology.kind}
    if topology.shape != kinds.load(topology.kind).shapes[0]:
        plain["shape"] = topology.shape
    plain["roles"] = {role: list(hosts) for role, hosts in topology.roles.items()}
    if topology.drawn:
        plain["links"] = [list(link) for link in topology.drawn]
    if topology.options:
        plain["options"] = dict(topology.options)
    if topology.node_options:
        plain["nodes"] = {host: dict(own) for host, own in topology.node_options.items()}
    return plain


def _changed(values: Mapping[str, Plain], defaults: Mapping[str, Plain]) -> dict[str, Plain]:
    return {key: values[key] for key in defaults if values[key] != defaults[key]}
