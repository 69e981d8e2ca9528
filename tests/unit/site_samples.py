"""A product that exists only here, and sites of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from app.errors import UsageError
from app.model import AuthoritySpec, Host, Link, Node, Site, Topology, Trust
from app.site.options import Option

HOST_KEY = (
    "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)).decode()
)


@dataclass(frozen=True)
class Courier:
    """A product of hubs and spokes."""

    name: str = "courier"
    title: str = "Courier"
    summary: str = "A hub and its spokes."
    shapes: tuple[str, ...] = ("hub-spoke", "ring")
    roles: tuple[tuple[str, str], ...] = (("hub", "in the middle"), ("spoke", "around it"))
    options: tuple[Option, ...] = (
        Option("port", "TLS port", "Where the broker listens.", "port", 61617),
        Option("duplex", "Duplex", "One dial for both ways.", "bool", True),
        Option("ttl", "Network TTL", "How far messages go.", "int", 1, low=1, high=9),
        Option("store", "Store", "The store's format.", "choice", "PKCS12", ("PKCS12", "JKS")),
        Option("title", "Title", "Any words.", "text", ""),
        Option("instance", "Instance", "Which instance.", "text", "main", scope="node"),
        Option("login", "Login", "The connector's password.", "text", "", secret=True),
    )
    trusts: tuple[Trust, ...] = ("ca", "pinned")
    draws_links: bool = True
    naming: str = ""
    gets: tuple[str, ...] = ("key and trust store on each host",)
    clients: str = "Others need one too."
    allows: str = ""

    def nodes(self, site: Site, topology: Topology) -> tuple[Node, ...]:
        return tuple(
            Node(host, self.name, role, site.hosts[host].dialled, 61617)
            for role, hosts in topology.roles.items()
            for host in hosts
        )

    def links(self, site: Site, topology: Topology) -> tuple[Link, ...]:
        return ()

    def problems(self, site: Site, topology: Topology) -> tuple[str, ...]:
        return () if len(topology.roles.get("hub", ())) == 1 else ("needs exactly one hub",)


@dataclass(frozen=True)
class Cluster(Courier):
    """A product of equal nodes."""

    name: str = "flock"
    title: str = "Flock"
    shapes: tuple[str, ...] = ("cluster",)
    roles: tuple[tuple[str, str], ...] = (("node", "one of many"),)
    options: tuple[Option, ...] = (
        Option("port", "Port", "Where it listens.", "port", 5671),
        Option("folder", "Folder", "Where its files stand.", "path", "/etc/flock"),
        Option("unit", "Unit", "What runs it.", "text", "flock", scope="node"),
    )
    trusts: tuple[Trust, ...] = ("ca",)
    draws_links: bool = False
    naming: str = "The name of the flock comes first."
    clients: str = ""

    def problems(self, site: Site, topology: Topology) -> tuple[str, ...]:
        return ()


class SampleKinds:
    """The registry of both."""

    def names(self) -> tuple[str, ...]:
        return ("courier", "flock")

    def load(self, name: str, /) -> Courier:
        found = {"courier": Courier(), "flock": Cluster()}.get(name)
        if found is None:
            raise UsageError(f"there is no kind {name!r}")
        return found


KINDS = SampleKinds()

SITE = """\
version: 1
site: prod-mq
authority: {trust: ca, name: "prod CA", ca_days: 3650}
hosts:
  hub: {address: 198.18.7.11, user: root, names: [hub.example.net]}
  spoke-a: {address: 198.18.7.12}
  spoke-b:
    address: 198.18.7.13
    privilege: sudo
topologies:
  - kind: courier
    shape: hub-spoke
    roles: {hub: [hub], spoke: [spoke-a, spoke-b]}
    links: [[spoke-a, spoke-b]]
    options: {port: 61700}
    nodes: {hub: {instance: first}}
"""

_words = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
_host_names = st.one_of(
    st.builds("h{}".format, _words),
    st.sampled_from(["yes", "no", "1", "null", "0x1f", "1e5", "007"]),
)
_titles = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=20).filter(
    lambda t: all(ord(c) >= 32 for c in t)
)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """Draw a valid site."""
    names = draw(st.lists(_host_names, min_size=2, max_size=6, unique=True))
    hosts = {
        name: Host(
            name,
            f"198.18.7.{10 + i}",
            port=draw(st.sampled_from([22, 2222])),
            user=draw(st.sampled_from(["", "root", "ops"])),
            privilege=draw(st.sampled_from(["root", "sudo"])),
            identity=draw(st.sampled_from(["", "~/.ssh/id", "/k/a b: c#d"])),
            host_key=draw(st.sampled_from(["", HOST_KEY])),
            names=tuple(
                draw(st.lists(st.sampled_from(["a.example", "::1", "10.0.0.1"]), unique=True))
            ),
            root=draw(st.sampled_from(["", "/srv/x"])),
        )
        for i, name in enumerate(names)
    }
    options: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "port": st.integers(1, 65535).filter(lambda n: n != 61617),
                "duplex": st.just(False),
                "store": st.just("JKS"),
                "title": _titles.filter(bool),
            },
        )
    )
    drawn = draw(st.lists(st.sampled_from(names[1:]), min_size=2, max_size=2, unique=True)
                 if len(names) > 2 else st.just([]))  # fmt: skip
    topology = Topology(
        "courier",
        draw(st.sampled_from(["hub-spoke", "ring"])),
        {"hub": (names[0],), "spoke": tuple(names[1:])},
        drawn=((drawn[0], drawn[1]),) if drawn else (),
        options=options,
        node_options={n: {"instance": "x"} for n in draw(st.sets(st.sampled_from(names)))},
    )
    authority = AuthoritySpec(
        trust=draw(st.sampled_from(["ca", "pinned"])),
        name=draw(st.sampled_from(["", "a CA", "no", "x: y # z"])),
        key_type=draw(st.sampled_from(["ec-p256", "rsa-3072", "rsa-2048"])),
        leaf_days=draw(st.integers(1, 3650)),
    )
    return Site(draw(st.builds("s{}".format, _words)), authority, hosts, (topology,))
