"""What a product must be able to say: one package per product implements Kind, and nothing else.

Every function here is pure: what it needs from a host it asks for with a Survey, and finds in the
HostObservation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from app.kinds.bundle import Bundle
from app.kinds.resources import Activation, FileResource, Layout
from app.model import Link, Node, Site, Topology, Trust
from app.observed import HostObservation, Output, Survey
from app.pki.facts import CertificateFacts
from app.pki.secret import Secret
from app.pki.spec import IssueSpec
from app.site.options import Option

Guard = Literal["", "set", "hold", "lift"]
"""Where a change under guard stands: nowhere, in its first phase, between, in its last."""


@dataclass(frozen=True, slots=True)
class Render:
    """Hold what a kind needs to render one node's files.

    `trust` are this phase's trust store entries (alias, reference); `passwords` gives the password
    of a store by its name (`key`, `trust`) on this node's host; `secrets` a secret option by key.
    `close_plain` is true only in the last phase, when every link is proven.  With `guard` at `set`
    only the files that the guard itself needs are wanted (see Kind.guards).
    """

    site: Site
    topology: Topology
    node: Node
    spec: IssueSpec
    links: tuple[Link, ...]
    layout: Layout
    observation: HostObservation
    trust: tuple[tuple[str, str], ...]
    passwords: Callable[[str], Secret] = field(repr=False)
    secrets: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    close_plain: bool = False
    guard: Guard = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Say how the product itself proves a link: a command on a host, and who judges its output.

    `judge` gives (holds, evidence); the command is repeated until it holds, `seconds` pass, or it
    ends with the code `useless`, where there is one: what it asks for will not come any more.
    `why` is a POSIX-sh snippet that says why it does not hold, in lines that the kind's
    explanations know: run once on the same host, for at most half a minute.  Proofs that fail for
    one reason have the same.
    """

    link: Link
    host: str
    title: str
    command: str
    judge: Callable[[Output], tuple[bool, str]]
    seconds: int = 60
    why: str = ""
    useless: int | None = None


PEM_KEY = "a key in PEM files stays where it is: a new one is made beside it"
"""Why nothing is kept of such a key."""


@dataclass(frozen=True, slots=True)
class NamedStore:
    """Name a key store or trust store that the product's own configuration names.

    `named` is how it does, at `where` (file:line); `paths` are where that may be on the host, the
    first one that is there counts, none where it is no file.  `passwords` are those that stand
    beside it in plain text.  `pem` tells that it is a file of certificates, `aside` why nothing of
    it can be kept; it is empty where something can.
    """

    role: Literal["key", "trust"]
    named: str
    where: str
    paths: tuple[str, ...] = ()
    passwords: tuple[Secret, ...] = field(default=(), repr=False)
    pem: bool = False
    aside: str = ""


@dataclass(frozen=True, slots=True)
class ClientPort:
    """Name a TLS port of a node for clients that are no nodes, and say how a client begins there.

    `name` is what clients dial, `title` names the port among those of its node.  `asks` tells
    whether they must have a certificate, `option` which choice of the user's says so.  `hello` is
    what a client says first, empty where the node does; `judge` gives (holds, evidence) of the
    first bytes of its answer in the protocol that it `speaks`.  `versions` are the TLS versions
    that it is held to (`TLSv1.3`); empty for any.
    """

    node: str
    name: str
    title: str
    port: int
    asks: bool
    option: str
    speaks: str
    hello: bytes
    judge: Callable[[bytes], tuple[bool, str]]
    versions: tuple[str, ...] = ()


class Kind(Protocol):
    """Describe one product to the engine."""

    name: str
    title: str
    summary: str
    shapes: tuple[str, ...]
    roles: tuple[tuple[str, str], ...]
    """(role, help) pairs, the hub or monitor first."""
    options: tuple[Option, ...]
    trusts: tuple[Trust, ...]
    """The ways of trust that the product can live with, the usual one first."""
    draws_links: bool
    """Whether links beyond those of the shape may be drawn by hand."""
    naming: str
    """Which of a host's names must come first, in a sentence; empty where any may."""
    gets: tuple[str, ...]
    """What the hosts have afterwards, at most 36 characters each."""
    clients: str
    """Who else needs a certificate of the site, in a sentence; empty when nobody does."""
    allows: str
    """What a certificate of the site's CA is good for beyond its own link; empty for nothing."""

    def nodes(self, site: Site, topology: Topology) -> tuple[Node, ...]:
        """Give the nodes: acceptors before the initiators that dial them."""

    def groups(
        self, topology: Topology, nodes: tuple[Node, ...], layouts: Mapping[str, Layout]
    ) -> tuple[tuple[Node, ...], ...]:
        """Give the nodes in the order of activation; those of one group change in one step.

        What runs now decides too: a cluster that goes from plain to TLS changes as a whole.
        """

    def links(self, site: Site, topology: Topology) -> tuple[Link, ...]:
        """Give every directed dial."""

    def problems(self, site: Site, topology: Topology) -> tuple[str, ...]:
        """Say what is wrong with the topology itself, before any host is asked."""

    def survey(self, site: Site, node: Node) -> Survey:
        """Say what must be read on the node's host."""

    def layout(self, site: Site, node: Node, observation: HostObservation) -> Layout:
        """Say what was found of the product on the host."""

    def settled(self, layout: Layout) -> Layout:
        """Say what a host will be like once a step was carried out there."""

    def resources(self, render: Render) -> tuple[FileResource, ...]:
        """Give the node's desired files; raises EditError where the user's file refuses."""

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
        """Say how the node takes up new files; `changed` are their paths, none for a mere restart.

        Without `alone` the whole group stops before any of it starts again.  With `guard` at `set`
        or `lift` a running service is only told.

        With `restored` an older configuration comes back, whose listeners are not known: any
        listener of the process will do.
        """

    def proofs(
        self, site: Site, topology: Topology, layouts: Mapping[str, Layout]
    ) -> tuple[Proof, ...]:
        """Give the product's own proofs of its links; empty entries are not made up."""

    def client_ports(self, site: Site, topology: Topology) -> tuple[ClientPort, ...]:
        """Give the ports for clients that are to be proven from outside."""

    def stores(
        self, site: Site, node: Node, observation: HostObservation
    ) -> tuple[NamedStore, ...]:
        """Name the stores that the product uses now; raises EditError for a file that refuses."""

    def assumed(self, site: Site, node: Node) -> Layout:
        """Say what is taken for granted of a host that cannot be looked at."""

    def bundle(self, render: Render, facts: CertificateFacts) -> Bundle:
        """Give what a person brings to such a host; `facts` are those of the node's certificate.

        The observation is empty, and the layout is the one that `assumed` gave.
        """

    def guards(self, topology: Topology, layouts: Mapping[str, Layout]) -> bool:
        """Tell whether a change has to be framed: a first phase that keeps the product from acting
        on what it sees meanwhile, and a last one, behind the gate, that lets it act again.
        """

    def closes_plain(self, topology: Topology) -> bool:
        """Tell whether the user chose to close the plain-text listeners in a last phase."""
