"""RabbitMQ: a cluster whose nodes and CLI tools trust each other over TLS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.kinds.base import ClientPort, Guard, NamedStore, Proof, Render
from app.kinds.bundle import Bundle
from app.kinds.existing import with_others
from app.kinds.rabbitmq import topology as shape
from app.kinds.rabbitmq.activation import activation
from app.kinds.rabbitmq.bundle import bundle
from app.kinds.rabbitmq.existing import stores
from app.kinds.rabbitmq.files import resources
from app.kinds.rabbitmq.layout import ENV, find_layout, survey
from app.kinds.rabbitmq.options import OPTIONS
from app.kinds.rabbitmq.proofs import proofs
from app.kinds.rabbitmq.unseen import assumed
from app.kinds.resources import Activation, FileResource, Layout
from app.model import Link, Node, Site, Topology, Trust
from app.observed import HostObservation, Survey
from app.pki.facts import CertificateFacts


class RabbitMQ:
    """Describe RabbitMQ to the engine (see app.kinds.base.Kind)."""

    name = "rabbitmq"
    title = "RabbitMQ cluster"
    summary = "Nodes of a cluster, and the CLI tools on their hosts, over TLS with certificates."
    shapes = ("cluster",)
    roles = (("node", "a member of the cluster: every node dials every other"),)
    options = OPTIONS
    trusts: tuple[Trust, ...] = ("ca",)
    draws_links = False
    naming = (
        "Nodes dial each other by the part of the node's name behind the @, such as r1 of "
        "rabbit@r1: let that name be the first."
    )
    gets = (
        "key and certificate on each host",
        "rabbitmq-env.conf edited in place",
        "one stop of the cluster to get there",
        "nodes and CLI tools both proven",
    )
    clients = (
        "A machine that is no node but runs rabbitmqctl needs one, and so do AMQP clients where a "
        "TLS port asks for certificates."
    )
    allows = (
        "Whoever has a certificate of this CA and the Erlang cookie is let in as a node: keep the "
        "CA for this cluster."
    )

    def nodes(self, site: Site, topology: Topology) -> tuple[Node, ...]:
        """Give the nodes in the user's order."""
        return shape.nodes(site, topology)

    def groups(
        self, topology: Topology, nodes: tuple[Node, ...], layouts: Mapping[str, Layout]
    ) -> tuple[tuple[Node, ...], ...]:
        """Change the whole cluster at once while any node is not on TLS, else node by node.

        Nodes that do not run come first: the one that is stopped last starts first.
        """
        transports = {node: layouts[node.host].facts.get("transport") for node in nodes}
        if all(transport == "tls" for transport in transports.values()):
            return tuple((node,) for node in nodes)
        return (tuple(sorted(nodes, key=lambda node: transports[node] != "down")),)

    def links(self, site: Site, topology: Topology) -> tuple[Link, ...]:
        """Give every dial between nodes."""
        return shape.links(site, topology)

    def problems(self, site: Site, topology: Topology) -> tuple[str, ...]:
        """Say what is wrong with the topology itself."""
        return shape.problems(site, topology)

    def survey(self, site: Site, node: Node) -> Survey:
        """Ask for files, unit, running process and cluster."""
        return survey(node)

    def layout(self, site: Site, node: Node, observation: HostObservation) -> Layout:
        """Say which node was found and what it runs with."""
        found = find_layout(node, observation)
        return with_others(found, stores(node, observation), f"{node.options['folder']}/tls")

    def settled(self, layout: Layout) -> Layout:
        """Say that the node runs over TLS: the next wave finds a cluster that can roll."""
        return replace(layout, facts={**layout.facts, "transport": "tls"}, stale="")

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
        """Say how the node takes up what has changed.

        The only node in reach that goes back to plain has peers that are down: there is no quorum
        to wait for.
        """
        hosts = (site.hosts[h] for t in site.topologies if t.kind == self.name for h in t.hosts)
        last = sum(not host.by_hand for host in hosts) == 1
        back = restored and f"{layout.facts['folder']}/{ENV}" in changed
        return activation(node, layout, changed=changed, alone=alone and not (last and back))

    def proofs(
        self, site: Site, topology: Topology, layouts: Mapping[str, Layout]
    ) -> tuple[Proof, ...]:
        """Ask the CLI tools, the nodes' own links, and the cluster."""
        by_hand = frozenset(h for h in topology.hosts if site.hosts[h].by_hand)
        return proofs(shape.nodes(site, topology), shape.links(site, topology), layouts, by_hand)

    def client_ports(self, site: Site, topology: Topology) -> tuple[ClientPort, ...]:
        """Give none."""
        return ()

    def stores(
        self, site: Site, node: Node, observation: HostObservation
    ) -> tuple[NamedStore, ...]:
        """Name the PEM files that it uses."""
        return stores(node, observation)

    def assumed(self, site: Site, node: Node) -> Layout:
        """Take RabbitMQ's own packages for granted."""
        return assumed(site.hosts[node.host], node)

    def bundle(self, render: Render, facts: CertificateFacts) -> Bundle:
        """Give files and a page for Linux or for Windows."""
        return bundle(render, facts)

    def guards(self, topology: Topology, layouts: Mapping[str, Layout]) -> bool:
        """Frame nothing: no other node acts on what it sees of one that restarts."""
        return False

    def closes_plain(self, topology: Topology) -> bool:
        """Tell whether the plain listeners for clients are to go."""
        return shape.value(topology, "plain") == "close"


KIND = RabbitMQ()
