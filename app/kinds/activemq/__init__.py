"""ActiveMQ: a network of brokers, hub and spokes, over ssl:// with client certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.kinds.activemq import topology as shape
from app.kinds.activemq.activation import activation
from app.kinds.activemq.bundle import assumed, bundle
from app.kinds.activemq.clients import client_ports, connectors_of
from app.kinds.activemq.existing import stores
from app.kinds.activemq.files import resources
from app.kinds.activemq.layout import find_layout, survey
from app.kinds.activemq.options import OPTIONS
from app.kinds.activemq.proofs import proofs
from app.kinds.base import ClientPort, Guard, NamedStore, Proof, Render
from app.kinds.bundle import Bundle
from app.kinds.resources import Activation, FileResource, Layout
from app.model import Link, Node, Site, Topology, Trust
from app.observed import HostObservation, Survey
from app.pki.facts import CertificateFacts


class ActiveMQ:
    """Describe ActiveMQ to the engine (see app.kinds.base.Kind)."""

    name = "activemq"
    title = "ActiveMQ hub and spokes"
    summary = "Brokers in a network of brokers over ssl:// transports with client certificates."
    shapes = ("hub-spoke",)
    roles = (
        ("hub", "a broker that spokes have a bridge with; several hubs are linked with each other"),
        ("spoke", "a broker that dials its hub, and others where you draw a link"),
    )
    options = OPTIONS
    trusts: tuple[Trust, ...] = ("ca", "pinned")
    draws_links = True
    naming = ""
    gets = (
        "key and trust store on each host",
        "activemq.xml edited in place",
        "restarts that keep the system up",
        "every link proven from both ends",
    )
    clients = "Clients that are not brokers need one as soon as a TLS port asks for certificates."
    allows = ""

    def nodes(self, site: Site, topology: Topology) -> tuple[Node, ...]:
        """Give the brokers, the hubs first."""
        return shape.nodes(site, topology)

    def groups(
        self, topology: Topology, nodes: tuple[Node, ...], layouts: Mapping[str, Layout]
    ) -> tuple[tuple[Node, ...], ...]:
        """Change one broker at a time."""
        return tuple((node,) for node in nodes)

    def links(self, site: Site, topology: Topology) -> tuple[Link, ...]:
        """Give every dial between brokers."""
        return shape.links(site, topology)

    def problems(self, site: Site, topology: Topology) -> tuple[str, ...]:
        """Say what is wrong with the topology itself."""
        return shape.problems(site, topology)

    def survey(self, site: Site, node: Node) -> Survey:
        """Ask for brokers of either layout, and who holds the ports that ours is to have."""
        ports = {f"{one.protocol}_port": one.port for one in connectors_of(node)}
        return survey(node, {"port": node.port, **ports} if self._listens(site, node) else ports)

    def layout(self, site: Site, node: Node, observation: HostObservation) -> Layout:
        """Say which broker was found, and how it is started."""
        found = find_layout(node, observation)
        topology = next((t for t in site.topologies if node.host in t.hosts), None)
        if topology is None or topology.hosts[0] != node.host:
            return found
        return replace(found, warnings=(*found.warnings, *shape.warnings(site, topology)))

    def settled(self, layout: Layout) -> Layout:
        """Say that the broker runs with its files."""
        return replace(layout, stale="")

    def resources(self, render: Render) -> tuple[FileResource, ...]:
        """Give the broker's files."""
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
        """Say how the broker restarts."""
        listens = not restored and self._listens(site, node)
        return activation(node, layout, listens=listens, demo=bool(site.hosts[node.host].root))

    def proofs(
        self, site: Site, topology: Topology, layouts: Mapping[str, Layout]
    ) -> tuple[Proof, ...]:
        """Ask the brokers' logs for their bridges."""
        return proofs(shape.nodes(site, topology), shape.links(site, topology), layouts)

    def client_ports(self, site: Site, topology: Topology) -> tuple[ClientPort, ...]:
        """Give the connectors for clients."""
        return client_ports(shape.nodes(site, topology))

    def stores(
        self, site: Site, node: Node, observation: HostObservation
    ) -> tuple[NamedStore, ...]:
        """Name the stores of the broker's sslContext."""
        return stores(node, observation)

    def assumed(self, site: Site, node: Node) -> Layout:
        """Take Debian's layout for granted."""
        return assumed(node)

    def bundle(self, render: Render, facts: CertificateFacts) -> Bundle:
        """Give the stores, and what to paste into the broker's configuration."""
        return bundle(render, facts)

    def guards(self, topology: Topology, layouts: Mapping[str, Layout]) -> bool:
        """Frame nothing: no other node acts on what it sees of one that restarts."""
        return False

    def closes_plain(self, topology: Topology) -> bool:
        """Tell whether the plain listeners are to go."""
        return shape.value(topology, "plain") == "close"

    def _listens(self, site: Site, node: Node) -> bool:
        """Tell whether a node is to have a TLS listener; one without a port has none."""
        all_links = tuple(li for t in site.topologies if t.kind == self.name
                          for li in shape.links(site, t))  # fmt: skip
        return node.port > 0 and shape.accepts(node, all_links)


KIND = ActiveMQ()
