"""Who dials whom in a network of brokers: hubs, their spokes, and links that are drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.errors import PkiError
from app.kinds.activemq.clients import PROTOCOLS
from app.kinds.activemq.network import enough_hops, farthest, neighbours
from app.kinds.activemq.options import ALL, BY_KEY
from app.model import Link, Node, Scalar, Site, Topology
from app.pki.names import san_entries
from app.site.options import value_of
from app.site.report import Fault

TRUST = "trust"
_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def value(topology: Topology, key: str, host: str = "") -> Scalar:
    """Give an option's value for the topology or for one of its hosts."""
    return value_of(BY_KEY[key], topology, host)


def hubs_of(topology: Topology, spoke: str) -> tuple[str, ...]:
    """Give the hubs that a spoke has a bridge with: the first, those it names, or all."""
    hubs, named = topology.roles.get("hub", ()), str(value(topology, "hubs", spoke))
    if named == ALL:
        return hubs
    words = _words(named)
    return tuple(hub for hub in hubs if hub in words) if words else hubs[:1]


def nodes(site: Site, topology: Topology) -> tuple[Node, ...]:
    """Give the brokers: hubs first, since others dial them; then spokes, acceptors before others.

    Each hub dials those that stand before it.
    """
    pairs = [("hub", h) for h in topology.roles.get("hub", ())]
    pairs += [("spoke", h) for h in _ordered(topology)]
    enough = enough_hops(neighbours(topology.hosts, links(site, topology)))
    return tuple(
        Node(
            host=host,
            kind="activemq",
            role=role,
            names=site.hosts[host].dialled,
            port=int(value(topology, "port", host)),
            options=_options(topology, host, enough),
        )
        for role, host in pairs
    )


def _options(topology: Topology, host: str, enough: int) -> dict[str, Scalar]:
    found = {key: value(topology, key, host) for key in BY_KEY}
    return {**found, "network_ttl": found["network_ttl"] or enough}


def _ordered(topology: Topology) -> list[str]:
    """Give the spokes such that the acceptor of a drawn link comes before its initiator."""
    left = list(topology.roles.get("spoke", ()))
    accepting = {acceptor for _, acceptor in topology.drawn}
    left.sort(key=lambda host: host not in accepting)
    found: list[str] = []
    while left:
        waits = {a for a, b in topology.drawn if b in left and a != b}
        # Spokes that dial each other in a ring have no first one.
        host = next((h for h in left if h not in waits), left[0])
        left.remove(host)
        found.append(host)
    return found


def links(site: Site, topology: Topology) -> tuple[Link, ...]:
    """Give every dial: hubs among each other, spokes to their hubs, drawn ones, and back.

    The way back is dialled only where bridges are not duplex.
    """
    pairs = _implied(topology)
    pairs += [pair for pair in topology.drawn if pair not in pairs]
    if not value(topology, "duplex"):
        pairs += [(b, a) for a, b in pairs if (b, a) not in pairs]
    return tuple(
        Link(a, b, site.hosts[b].dialled[0], int(value(topology, "port", b))) for a, b in pairs
    )


def _implied(topology: Topology) -> list[tuple[str, str]]:
    """Give the dials of the shape: one for each two hubs, and one from each spoke to its hub."""
    hubs = topology.roles.get("hub", ())
    pairs = [(hubs[j], hubs[i]) for i in range(len(hubs)) for j in range(i + 1, len(hubs))]
    homes = {spoke: hubs_of(topology, spoke) for spoke in topology.roles.get("spoke", ())}
    return pairs + [(s, hub) for hub in hubs for s, own in homes.items() if hub in own]


def problems(site: Site, topology: Topology) -> tuple[str, ...]:
    """Say what is wrong with the topology itself."""
    found: list[str] = []
    hubs, spokes = topology.roles.get("hub", ()), topology.roles.get("spoke", ())
    if not hubs:
        found.append("a hub-spoke topology has at least one hub, this one has none")
    if not spokes and len(hubs) < 2:
        found.append("a hub-spoke topology has at least one spoke")
    found += [*_homes(topology), *_drawn(topology)]
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
        found += _clashes(topology, host)
    return (*found, *_unseen(site, topology))


def _clashes(topology: Topology, host: str) -> Iterator[str]:
    """Say which connectors of a broker have one port."""
    seen: dict[Scalar, str] = {}
    for key in ("port", *(f"{protocol}_port" for protocol in PROTOCOLS)):
        number = value(topology, key, host)
        if number and number in seen:
            text = f"{host}: {seen[number]} and {key} are both {number}: give each its own"
            yield Fault(text, key, host)
        seen[number] = key


def warnings(site: Site, topology: Topology) -> tuple[str, ...]:
    """Say what holds, but may not be what the user expects."""
    found: list[str] = []
    ttl = int(value(topology, "network_ttl"))
    start, end, hops = farthest(neighbours(topology.hosts, links(site, topology)))
    if 0 < ttl < hops:
        found.append(
            f"network_ttl is {ttl}, but from {start} to {end} a message crosses {hops} bridges: it "
            "never arrives there; leave the option out, and it is as many as it takes"
        )
    for protocol in PROTOCOLS if site.authority.trust == "pinned" else ():
        asked = (
            host for host in topology.hosts
            if value(topology, f"{protocol}_port", host)
            and value(topology, f"{protocol}_verify", host)
        )  # fmt: skip
        if any(asked):
            found.append(
                f"{protocol}_port asks clients for a certificate, but with pinned trust none but "
                f"the brokers have one: set {protocol}_verify to false, or trust to ca"
            )
    return tuple(found)


def _homes(topology: Topology) -> Iterator[str]:
    """Say which spokes name hubs that there are none of."""
    hubs = topology.roles.get("hub", ())
    for host in ("", *topology.node_options):
        own = topology.node_options.get(host, {}) if host else topology.options
        named = str(own.get("hubs", ""))
        unknown = [word for word in _words(named) if word not in hubs]
        if named != ALL and unknown:
            text = f"there is no hub {unknown[0]!r}: there is {', '.join(hubs) or 'none'}"
            yield Fault(text, "hubs", host)
        elif host in hubs and named:
            yield Fault(
                f"{host} is a hub itself, which all other hubs are linked with", "hubs", host
            )


def _drawn(topology: Topology) -> Iterator[str]:
    """Say which drawn links are there already."""
    implied, hubs = set(_implied(topology)), topology.roles.get("hub", ())
    for a, b in topology.drawn:
        if (a, b) in implied or (b, a) in implied:
            why = "every spoke has a link with the hub"
            if len(hubs) > 1:
                both = a in hubs and b in hubs
                why = "all hubs are linked" if both else "every spoke has a link with its hub"
            yield Fault(f"the link {a} to {b} is implied: {why}", "links")
        elif (b, a) in topology.drawn and a < b and value(topology, "duplex"):
            text = f"{a} and {b} are linked in both directions: with duplex one is enough"
            yield Fault(text, "links")


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _unseen(site: Site, topology: Topology) -> Iterator[str]:
    """Say which hosts no bundle can be made for."""
    for host in topology.hosts:
        if site.hosts[host].by_hand and site.hosts[host].system != "linux":
            yield f"{host}: bundles for ActiveMQ are made for Linux alone"
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
