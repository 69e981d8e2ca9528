"""Who dials whom in a cluster: every node every other, by the host part of its node name."""

from __future__ import annotations

import re

from app.kinds.rabbitmq.options import BY_KEY
from app.kinds.rabbitmq.unseen import unseen_problems
from app.model import Link, Node, Scalar, Site, Topology
from app.site.options import value_of
from app.site.report import Fault

# What Erlang takes for a node name, and no more than a shell, a path or a term bears unquoted.
_NODE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}@[A-Za-z0-9._-]{1,253}")
_UNIT = re.compile(r"[A-Za-z0-9@_][A-Za-z0-9@._:-]{0,120}")


def value(topology: Topology, key: str, host: str = "") -> Scalar:
    """Give an option's value for the topology or for one of its hosts."""
    return value_of(BY_KEY[key], topology, host)


def node_name(site: Site, topology: Topology, host: str) -> str:
    """Give the name that the node on a host calls itself: `rabbit@HOST`."""
    own = str(value(topology, "node_name", host))
    return own or f"rabbit@{site.hosts[host].dialled[0]}"


def host_part(name: str) -> str:
    """Give the part of a node name that is dialled, and that certificates must hold."""
    return name.partition("@")[2]


def nodes(site: Site, topology: Topology) -> tuple[Node, ...]:
    """Give the nodes in the user's order; the name that Erlang dials comes first."""
    return tuple(_node(site, topology, host) for host in topology.roles.get("node", ()))


def _node(site: Site, topology: Topology, host: str) -> Node:
    name = node_name(site, topology, host)
    options = {key: value(topology, key, host) for key in BY_KEY}
    shares, presents = _shared(site, topology)
    return Node(
        host=host,
        kind="rabbitmq",
        role="node",
        names=tuple(dict.fromkeys((host_part(name), *site.hosts[host].dialled))),
        port=int(value(topology, "dist_port", host)),
        options={**options, "node_name": name},
        presents=presents,
        shares=shares,
        dials_with=f"{shares or host}/client" if options["client_pair"] else "",
    )


def _shared(site: Site, topology: Topology) -> tuple[str, tuple[str, ...]]:
    """Give the name of the credential that all nodes share, and its names; empty for none."""
    how, hosts = value(topology, "certificate"), topology.roles.get("node", ())
    if how == "node":
        return "", ()
    parts = [host_part(node_name(site, topology, host)) for host in hosts]
    if how == "wildcard":
        return "cluster", tuple(dict.fromkeys(f"*.{part.partition('.')[2]}" for part in parts))
    names = [name for host in hosts for name in site.hosts[host].dialled]
    return "cluster", tuple(dict.fromkeys((*parts, *names)))


def links(site: Site, topology: Topology) -> tuple[Link, ...]:
    """Give every dial: each node may open the connection to each other."""
    found = nodes(site, topology)
    return tuple(
        Link(a.name, b.name, b.names[0], b.port) for a in found for b in found if a is not b
    )


def problems(site: Site, topology: Topology) -> tuple[str, ...]:
    """Say what is wrong with the topology itself."""
    found: list[str] = []
    hosts = topology.roles.get("node", ())
    if len(hosts) < 2:
        found.append(f"a cluster has at least two nodes, this one has {len(hosts)}")
    names: dict[str, str] = {}
    for host in hosts:
        name = node_name(site, topology, host)
        if not _NODE_NAME.fullmatch(name):
            text = f"{name!r} is no name of an Erlang node: write NAME@HOST"
            found.append(Fault(text, _named_by(topology, host), host))
        elif name in names:
            text = f"{names[name]} and {host} are both the node {name}"
            found.append(Fault(text, _named_by(topology, host), host))
        names[name] = host
        unit = str(value(topology, "service", host))
        if not _UNIT.fullmatch(unit):
            found.append(Fault(f"{unit!r} is no name of a systemd unit", "service", host))
    dotted = {"." in host_part(name) for name in names}
    if len(dotted) == 2:
        text = "short and long node names are mixed: a cluster has one or the other"
        found.append(Fault(text, "names", hosts[0]))
    if value(topology, "fail_if_no_peer_cert") and not value(topology, "verify_peer"):
        text = "fail_if_no_peer_cert needs verify_peer: Erlang refuses one without the other"
        found.append(Fault(text, "fail_if_no_peer_cert"))
    if value(topology, "certificate") == "wildcard" and False in dotted:
        text = (
            "a wildcard certificate needs long node names (rabbit@r1.example.net): a short one is "
            "in no domain"
        )
        found.append(Fault(text, "certificate"))
    found += _clashes(topology)
    found += unseen_problems(site, nodes(site, topology))
    return tuple(found)


def _named_by(topology: Topology, host: str) -> str:
    """Say which answer decides the name of the node on a host."""
    return "node_name" if value(topology, "node_name", host) else "names"


def _clashes(topology: Topology) -> list[str]:
    """Say which options do not go together."""
    found: list[str] = []
    if value(topology, "strategy") == "flags":
        found += [
            Fault(f"{key} needs the strategy optfile: {why}", key)
            for key, usual, why in (
                ("key_password", False, "flags stand in the process list, which all may read"),
                ("client_pair", False, "a flag names one file with certificate and key"),
                ("check_names", True, "no flag of RabbitMQ 3.10 can say so"),
            )
            if value(topology, key) != usual
        ]
        if value(topology, "certificate") == "wildcard":
            text = "a wildcard certificate needs the strategy optfile: flags hold no function"
            found.append(Fault(text, "certificate"))
    if value(topology, "key_password") and (
        value(topology, "listener_port") or value(topology, "management_port")
    ):
        text = "key_password is not written into rabbitmq.conf: leave it off with listeners"
        found.append(Fault(text, "key_password"))
    if value(topology, "management_port") and not value(topology, "listener_port"):
        text = "management_port needs listener_port: both use the same certificate files"
        found.append(Fault(text, "management_port"))
    if value(topology, "plain") == "close" and not value(topology, "listener_port"):
        text = "plain: close needs listener_port: clients would have no way in"
        found.append(Fault(text, "plain"))
    return found
