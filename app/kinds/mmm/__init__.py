"""MySQL-MMM: a monitor that dials its agents, and mmm_control that dials the monitor."""

from __future__ import annotations

from collections.abc import Mapping

from app.kinds.base import ClientPort, Guard, NamedStore, Proof, Render
from app.kinds.bundle import Bundle
from app.kinds.existing import with_others
from app.kinds.mmm import topology as shape
from app.kinds.mmm.activation import activation
from app.kinds.mmm.bundle import assumed, bundle
from app.kinds.mmm.existing import stores
from app.kinds.mmm.files import resources
from app.kinds.mmm.layout import find_layout, settled, survey
from app.kinds.mmm.options import OPTIONS
from app.kinds.mmm.proofs import proofs
from app.kinds.resources import Activation, FileResource, Layout
from app.model import Link, Node, Site, Topology, Trust
from app.observed import HostObservation, Survey
from app.pki.facts import CertificateFacts


class MySqlMmm:
    """Describe MySQL-MMM to the engine (see app.kinds.base.Kind)."""

    name = "mmm"
    title = "MySQL-MMM monitor and agents"
    summary = "A monitor, its agents and mmm_control over TLS; MySQL's own traffic is not touched."
    shapes = ("monitor-agent",)
    roles = (
        (shape.MONITOR, "the host of the monitor and of mmm_control: it dials every agent"),
        (shape.AGENT, "a database host with an agent"),
        (shape.CONTROL, "a host from which mmm_control alone is run"),
    )  # fmt: skip
    options = OPTIONS
    trusts: tuple[Trust, ...] = ("ca",)
    draws_links = False
    naming = (
        "The monitor dials an agent by the ip of its <host> section, mmm_control dials the monitor "
        "by the ip of <monitor>: let that be the first name of the host."
    )
    gets = (
        "key and certificate on each host",
        "MMM's configuration edited in place",
        "roles that stay where they are",
        "agents and mmm_control proven",
    )
    clients = "A machine from which mmm_control is run needs one, and can drive MMM with it."
    allows = (
        "Any certificate of this CA can drive the cluster, for MMM asks for no name and no "
        "password: keep the CA for MMM alone."
    )

    def nodes(self, site: Site, topology: Topology) -> tuple[Node, ...]:
        """Give agents, monitor, and hosts with mmm_control alone."""
        return shape.nodes(site, topology)

    def groups(
        self, topology: Topology, nodes: tuple[Node, ...], layouts: Mapping[str, Layout]
    ) -> tuple[tuple[Node, ...], ...]:
        """Change node by node where all speak TLS, else all in one step: the two do not mix.

        Agents come first, the one with the writer last of them; the monitor follows.  In one step
        the monitor is the first to stop: a plain agent of 1.x dies of a monitor that speaks TLS.
        """
        transports = {n: layouts[n.host].facts.get("transport") for n in nodes}
        agents = [n for n in nodes if n.role == shape.AGENT]
        monitors = [n for n in nodes if n.role == shape.MONITOR]
        controls = tuple((n,) for n in nodes if n.role == shape.CONTROL)
        if any(transports[n] != "tls" for n in (*agents, *monitors)):
            return ((*monitors, *agents), *controls)
        writers = {
            name
            for monitor in monitors
            for name in layouts[monitor.host].facts.get("writers", "").split()
        }
        agents.sort(key=lambda n: layouts[n.host].facts.get("this", "") in writers)
        return (*((n,) for n in agents), *((n,) for n in monitors), *controls)

    def links(self, site: Site, topology: Topology) -> tuple[Link, ...]:
        """Give every dial."""
        return shape.links(site, topology)

    def problems(self, site: Site, topology: Topology) -> tuple[str, ...]:
        """Say what is wrong with the topology itself."""
        return shape.problems(site, topology)

    def survey(self, site: Site, node: Node) -> Survey:
        """Ask for MMM's files, its units, its port, and what the monitor says."""
        return survey(node)

    def layout(self, site: Site, node: Node, observation: HostObservation) -> Layout:
        """Say which version was found and what it runs with."""
        found = find_layout(site, node, observation)
        return with_others(found, stores(node, observation), found.facts.get("folder", ""))

    def settled(self, layout: Layout) -> Layout:
        """Say that the node speaks TLS."""
        return settled(layout)

    def resources(self, render: Render) -> tuple[FileResource, ...]:
        """Give the node's files."""
        return resources(render)

    def activation(
        self,
        site: Site,
        node: Node,
        layout: Layout,
        *,
        changed: tuple[str, ...] = (),
        alone: bool = True,
        restored: bool = False,
        guard: Guard = "",
    ) -> Activation:
        """Say how the node restarts, or what the monitor is told."""
        return activation(site, node, layout, alone=alone, guard=guard)

    def proofs(
        self, site: Site, topology: Topology, layouts: Mapping[str, Layout]
    ) -> tuple[Proof, ...]:
        """Ask agents by the monitor's certificate, and the monitor by mmm_control."""
        return proofs(shape.nodes(site, topology), shape.links(site, topology), layouts)

    def client_ports(self, site: Site, topology: Topology) -> tuple[ClientPort, ...]:
        """Give none: only MMM itself dials."""
        return ()

    def stores(
        self, site: Site, node: Node, observation: HostObservation
    ) -> tuple[NamedStore, ...]:
        """Name the PEM files that it uses."""
        return stores(node, observation)

    def assumed(self, site: Site, node: Node) -> Layout:
        """Take MMM 2.x as Debian had it for granted."""
        return assumed(node)

    def bundle(self, render: Render, facts: CertificateFacts) -> Bundle:
        """Give key and certificates, and what to paste."""
        return bundle(render, facts)

    def guards(self, topology: Topology, layouts: Mapping[str, Layout]) -> bool:
        """Hold the roles of 2.2: an active monitor acts on what broken TLS hides from it.

        Not where the user holds them already: then they stay so.
        """
        found = [layouts[host] for host in topology.roles.get(shape.MONITOR, ()) if host in layouts]
        return any(
            one.facts.get("manual")
            and (one.facts.get("held") or one.facts.get("file_mode") != "manual")
            for one in found
        )

    def closes_plain(self, topology: Topology) -> bool:
        """Close nothing: MMM has one port for each, with TLS or without."""
        return False


KIND = MySqlMmm()
