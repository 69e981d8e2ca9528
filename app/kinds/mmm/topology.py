"""Who dials whom: the monitor every agent, mmm_control the monitor, also on the monitor's host."""

from __future__ import annotations

import re

from app.kinds.mmm.options import BY_KEY
from app.model import Link, Node, Scalar, Site, Topology
from app.site.options import value_of
from app.site.report import Fault

MONITOR, AGENT, CONTROL = "monitor", "agent", "control"
# mmm_mon_log.conf is the file of its log.
_CLUSTER = re.compile(r"(?!log$)[A-Za-z0-9_-]{0,60}")
_UNIT = re.compile(r"(?:[A-Za-z0-9@_][A-Za-z0-9@._:-]{0,120})?")
# 0.0.0.0 is every address, and so nobody's.
ADDRESS = re.compile(r"(?!0\.0\.0\.0$)[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
# MMM cuts lines at blanks and its init scripts expand paths unquoted.
_PATH = re.compile(r"/[A-Za-z0-9_./+-]*[A-Za-z0-9_.+-]")


def value(topology: Topology, key: str, host: str = "") -> Scalar:
    """Give an option's value for the topology or for one of its hosts."""
    return value_of(BY_KEY[key], topology, host)


def nodes(site: Site, topology: Topology) -> tuple[Node, ...]:
    """Give the agents, then the monitor that dials them, then the hosts with mmm_control alone."""
    return tuple(
        Node(
            host=host,
            kind="mmm",
            role=role,
            names=site.hosts[host].dialled,
            port=_port(topology, role, host),
            options={key: value(topology, key, host) for key in BY_KEY},
        )
        for role in (AGENT, MONITOR, CONTROL)
        for host in topology.roles.get(role, ())
    )


def links(site: Site, topology: Topology) -> tuple[Link, ...]:
    """Give every dial; mmm_control on the monitor's own host dials it as any other does."""
    found: list[Link] = []
    for monitor in topology.roles.get(MONITOR, ()):
        for agent in topology.roles.get(AGENT, ()):
            found.append(_link(site, topology, monitor, agent, AGENT))
        for control in (monitor, *topology.roles.get(CONTROL, ())):
            found.append(_link(site, topology, control, monitor, MONITOR))
    return tuple(found)


def _link(site: Site, topology: Topology, initiator: str, acceptor: str, role: str) -> Link:
    name = site.hosts[acceptor].dialled[0]
    return Link(initiator, acceptor, name, _port(topology, role, acceptor))


def _port(topology: Topology, role: str, host: str) -> int:
    """Give the port on which a node listens; 0 where it never does."""
    return 0 if role == CONTROL else int(value(topology, f"{role}_port", host))


def problems(site: Site, topology: Topology) -> tuple[str, ...]:
    """Say what is wrong with the topology itself."""
    found: list[str] = []
    monitors = topology.roles.get(MONITOR, ())
    if not monitors:
        found.append("no host has the role monitor: give it to the host of MMM's monitor")
    elif len(monitors) > 1:
        found.append(
            f"{' and '.join(monitors)} each have the role monitor, and a cluster has one: a host "
            "from which mmm_control alone is run has the role control"
        )
    if not topology.roles.get(AGENT, ()):
        found.append("no host has the role agent: give it to each database host")
    if not _CLUSTER.fullmatch(str(value(topology, "cluster"))):
        name = value(topology, "cluster")
        text = (
            f"{name!r} is no name of a cluster: letters, digits, _ and -, and not log; leave it "
            "empty where the monitor reads mmm_mon.conf"
        )
        found.append(Fault(text, "cluster"))
    if not _PATH.fullmatch(str(value(topology, "base"))):
        text = "MMM's configuration cannot hold every path: letters, digits and . _ + - / alone"
        found.append(Fault(text, "base"))
    places: dict[str, str] = {}
    for node in nodes(site, topology):
        place = f"{node.names[0]}:{node.port}"
        if node.port and place in places:
            text = (
                f"{places[place]} and {node.host} are both dialled as {place}: take one of them "
                "out, or let its own address come first"
            )
            found.append(Fault(text, "names", node.host))
        places[place] = node.host
        unit = str(node.options["service"])
        if not _UNIT.fullmatch(unit):
            found.append(Fault(f"{unit!r} is no name of a systemd unit", "service", node.host))
        if site.hosts[node.host].by_hand and site.hosts[node.host].system != "linux":
            found.append(f"{node.host}: MySQL-MMM runs on Linux alone")
    return tuple(found)
