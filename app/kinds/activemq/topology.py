"""Who dials whom in a network of brokers: hub and spokes, and links drawn between spokes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.errors import PkiError
from app.kinds.activemq.options import BY_KEY
from app.model import Link, Node, Scalar, Site, Topology
from app.pki.names import san_entries
from app.site.options import value_of
from app.site.report import Fault

TRUST = "trust"
_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def value(topology: Topology, key: str, host: str = "") -> Scalar:
    """Give an option's value for the topology or for one of its hosts."""
    return value_of(BY_KEY[key], topology, host)


def nodes(site: Site, topology: Topology) -> tuple[Node, ...]:
    """Give the brokers: the hub first, since everyone dials it; then acceptors among the spokes."""
    accepting = {acceptor for _, acceptor in topology.drawn}
    spokes = topology.roles.get("spoke", ())
    ordered = [h for h in spokes if h in accepting] + [h for h in spokes if h not in accepting]
    pairs = [("hub", h) for h in topology.roles.get("hub", ())] + [("spoke", h) for h in ordered]
    return tuple(
        Node(
            host=host,
            kind="activemq",
            role=role,
            names=site.hosts[host].dialled,
            port=int(value(topology, "port", host)),
            options={key: value(topology, key, host) for key in BY_KEY},
        )
        for role, host in pairs
    )


def links(site: Site, topology: Topology) -> tuple[Link, ...]:
    """Give every dial: spoke to hub, drawn ones, and the way back where bridges are not duplex."""
    pairs = [(s, h) for h in topology.roles.get("hub", ()) for s in topology.roles.get("spoke", ())]
    pairs += [pair for pair in topology.drawn if pair not in pairs]
    if not value(topology, "duplex"):
        pairs += [(b, a) for a, b in pairs if (b, a) not in pairs]
    return tuple(
        Link(a, b, site.hosts[b].dialled[0], int(value(topology, "port", b))) for a, b in pairs
    )


def problems(site: Site, topology: Topology) -> tuple[str, ...]:
    """Say what is wrong with the topology itself."""
    found: list[str] = []
    hubs, spokes = topology.roles.get("hub", ()), topology.roles.get("spoke", ())
    if len(hubs) != 1:
        found.append(f"a hub-spoke topology has one hub, this one has {len(hubs)}")
    if not spokes:
        found.append("a hub-spoke topology has at least one spoke")
    for a, b in topology.drawn:
        if a in hubs or b in hubs:
            text = f"the link {a} to {b} is implied: every spoke has a link with the hub"
            found.append(Fault(text, "links"))
        if (b, a) in topology.drawn and a < b and value(topology, "duplex"):
            text = f"{a} and {b} are linked in both directions: with duplex one is enough"
            found.append(Fault(text, "links"))
    if not _bindable(str(value(topology, "bind"))):
        text = f"the bind address {value(topology, 'bind')!r} is neither a name nor an address"
        found.append(Fault(text, "bind"))
    if TRUST in topology.hosts:
        found.append(f"a host cannot be named {TRUST}: its key store would be its trust store")
    names: dict[str, str] = {}
    for host in topology.hosts:
        place = f"{site.hosts[host].dialled[0]}:{value(topology, 'port', host)}"
        if place in names:
            text = f"{names[place]} and {host} are both dialled as {place}"
            found.append(Fault(text, "names", host))
        names[place] = host
    return (*found, *_unseen(site, topology))


def _unseen(site: Site, topology: Topology) -> Iterator[str]:
    """Say which hosts no bundle can be made for."""
    for host in topology.hosts:
        if site.hosts[host].by_hand and site.hosts[host].system != "linux":
            yield f"{host}: bundles for ActiveMQ are made for Debian's layout, on Linux alone"
        instance = str(value(topology, "instance", host))
        if site.hosts[host].by_hand and instance and not _INSTANCE.fullmatch(instance):
            yield f"{host}: {instance!r} is no name of an instance"


def _bindable(text: str) -> bool:
    """Judge an address to listen on: it becomes part of a URI whose options decide who comes in."""
    try:
        san_entries((text,))
    except PkiError:
        return False
    return "*" not in text


def accepts(node: Node, all_links: tuple[Link, ...]) -> bool:
    """Tell whether a node has a TLS listener."""
    everyone = node.options["listeners"] == "all"
    return everyone or any(link.acceptor == node.name for link in all_links)
