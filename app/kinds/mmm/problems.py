"""What stands in the way of TLS for MySQL-MMM on a host, and what its user should know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.kinds.mmm.reading import Read
from app.kinds.mmm.topology import AGENT, CONTROL, MONITOR, value
from app.model import Node, Site, Topology
from app.quoting import calm

Facts = Mapping[str, str]
ANY = "0.0.0.0"  # noqa: S104 - what is refused, not what is bound


def problems(
    site: Site,
    node: Node,
    read: Read,
    version: Facts,
    facts: Facts,
    units: Facts | None,
) -> Iterator[str]:
    """Say why a host cannot be changed; `units` are systemd's, None where it was not asked."""
    yield from _files(read)
    yield from _product(node, read, version)
    if node.role != CONTROL and units is not None:
        yield from _unit(facts, units)
    yield from _address(site, node, read)
    yield from _ports(site, node, read)
    if node.role == MONITOR:
        yield from _mode(facts)


def warnings(site: Site, node: Node, read: Read, facts: Facts) -> Iterator[str]:
    """Say what the user should know before the host is changed."""
    yield from (f"{trap}" for trap in read.traps if trap.weight == "warn")
    for other in read.others:
        yield (
            f"{calm(other, 100)} of another cluster reads the same files: what gets TLS in them "
            "gets it for that cluster too. Give each cluster a file of its own"
        )
    if node.role != MONITOR:
        return
    if len(site.topologies) > 1:
        yield (
            "every certificate of this site's CA can drive the MMM cluster: give MMM a site, "
            "and so a CA, of its own"
        )
    if facts["held"] and facts["mode"].lower() != "active":
        yield (
            "an earlier run holds the roles (mode manual): nothing fails over by itself until an "
            "apply has gone to its end, or a rollback"
        )
    if facts["running"] == "no":
        yield "the monitor does not run: it cannot be asked for roles and states"
    elif read.two and not facts["mode"]:
        yield "the monitor gives us no answer: its mode, roles and states are not known"
    if read.two and not facts["manual"]:
        yield (
            "this MMM knows no mode manual: where MySQL fails during the change, the monitor may "
            "give its roles to others while it cannot reach the agent"
        )
    if facts["warned"]:
        yield f"the monitor warns: {facts['warned']}"
    if facts["failing"]:
        yield f"its checks fail: {facts['failing']}: mend that first"
    if facts["away"]:
        yield f"not every host is online: {facts['away']}"


def _files(read: Read) -> Iterator[str]:
    yield from (f"{trap} ({trap.hint})" for trap in read.traps if trap.weight == "fatal")
    if read.unread:
        path = calm(read.unread[0], 200)
        yield f"{read.start} includes a file that could not be read: {path}"


def _product(node: Node, read: Read, version: Facts) -> Iterator[str]:
    if not read.two and not version.get("tls"):
        yield (
            f"this MMM 1.x cannot do TLS (there is no {node.options['base']}/lib/socket.pm): it "
            "would read socket_type ssl and stay in plain text without a word. Install the branch "
            "with SSL, or 2.x"
        )
    if not version.get("perl"):
        yield (
            "Perl's IO::Socket::SSL is missing: install libio-socket-ssl-perl (Debian), "
            "perl-IO-Socket-SSL (Red Hat)"
        )
    if read.two and not node.options["verify_server"]:
        yield "MMM 2.x has no option to leave the server unverified: set verify_server true"


def _unit(facts: Facts, units: Facts) -> Iterator[str]:
    if not units:
        yield "systemd does not run this host: MMM could not be restarted"
    elif "loaded" not in units.get(facts["unit"], "").split():
        yield f"there is no systemd unit {facts['unit']}: set option service for this host"


def _topology(site: Site, node: Node) -> Topology:
    return next(t for t in site.topologies if t.kind == "mmm" and node.host in t.hosts)


def _address(site: Site, node: Node, read: Read) -> Iterator[str]:
    """Compare what MMM's files make peers dial with what the certificate will hold."""
    names, dialled = node.names, "the monitor dials this agent"
    if node.role != AGENT:
        monitors = _topology(site, node).roles.get(MONITOR, ())
        names = tuple(name for host in monitors for name in site.hosts[host].dialled)
        dialled = "mmm_control dials the monitor"
    ip = calm(read.ip, 200)
    if not read.ip:
        whose = "this" if node.role == AGENT else "the monitor"
        yield f"{read.start} gives no address for {whose}: MMM does not start"
    elif ip == ANY:
        yield (
            f"{read.start} says ip {ANY}, and MMM dials the very address that it listens on: "
            "give it an address of this host"
        )
    elif ip != ip.strip():
        yield f"{read.start}: blanks follow the address {ip.strip()}, and MMM dials it with them"
    elif names and read.ip not in names:
        yield (
            f"{dialled} as {ip}, which its certificate would not hold: give the host that name in "
            f"site.yaml (names: [{ip}, …])"
        )


def _ports(site: Site, node: Node, read: Read) -> Iterator[str]:
    """Compare ports; 1.x has none by default."""
    if node.role != CONTROL and read.port != node.port:
        if read.port:
            key = f"{node.role}_port"
            yield f"MMM's files say port {read.port}, not {node.port}: set option {key}"
        elif not read.two:
            yield f"{read.start} has no bind_port, and MMM 1.x has none by default"
    if node.role != MONITOR:
        return
    topology = _topology(site, node)
    for host in topology.roles.get(AGENT, ()):
        port = int(value(topology, "agent_port", host))
        for name, ip in read.hosts.items():
            if ip in site.hosts[host].dialled and read.agent_ports[name] != port:
                said = read.agent_ports[name] or "no port"
                yield (
                    f"the monitor dials {calm(name, 100)} on {said}, not {port}: set option "
                    f"agent_port (nodes: {{{host}: {{agent_port: …}}}} for one host)"
                )


def _mode(facts: Facts) -> Iterator[str]:
    """Refuse what a restart of the monitor would make worse."""
    mode, written = facts["mode"].lower(), facts["file_mode"]
    if mode == "passive":
        yield (
            "the monitor is in mode PASSIVE, in which it says nothing of agents that it cannot "
            "reach: mmm_control set_active first"
        )
    elif mode == "wait":
        yield (
            "the monitor is in mode WAIT until it has seen every master: wait until it is ACTIVE, "
            "or mmm_control set_active first"
        )
    elif facts["held"]:
        return
    elif mode == "manual" and written != "manual":
        yield (
            "somebody set the monitor to MANUAL, which a restart would end: mmm_control "
            "set_active first, or write mode manual into <monitor>"
        )
    elif mode == "active" and written == "manual":
        yield (
            "the monitor is ACTIVE, and its files say mode manual, in which it would come back: "
            "mmm_control set_manual first, or take mode manual out of <monitor>"
        )
