"""The nouns of a site: hosts, nodes, links, topologies, and the authority that they trust.

All values are frozen; nothing here reads a file, a clock or a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Scalar = str | int | bool
Options = Mapping[str, Scalar]
Privilege = Literal["root", "sudo"]
Reach = Literal["ssh", "bundle"]
System = Literal["linux", "windows"]
Trust = Literal["ca", "pinned"]
KeyType = Literal["ec-p256", "rsa-3072", "rsa-2048"]
Source = Literal["own", "imported", "outside"]

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Host:
    """Say where a host is and how we log in.

    `names` are the names and addresses under which peers dial it, the preferred one first; without
    any, peers dial `address`.  `host_key` is the pinned key as `type base64`.  `root` is a prefix
    for every path on the host: empty but for the demo and for tests without privileges, whose
    hosts are folders.  A host with `reach` bundle is never connected to: a person brings its files
    there; `system` says what it runs.
    """

    name: str
    address: str
    port: int = 22
    user: str = ""
    privilege: Privilege = "root"
    identity: str = ""
    jump: str = ""
    host_key: str = ""
    names: tuple[str, ...] = ()
    root: str = ""
    reach: Reach = "ssh"
    system: System = "linux"

    @property
    def by_hand(self) -> bool:
        """Tell whether a person brings the files to this host."""
        return self.reach == "bundle"

    @property
    def dialled(self) -> tuple[str, ...]:
        """Give every name that a peer may dial, the preferred one first."""
        return self.names or (self.address,)


@dataclass(frozen=True, slots=True)
class Node:
    """Name one process of one kind in one role on a host."""

    host: str
    kind: str
    role: str
    names: tuple[str, ...]
    port: int
    options: Options = field(default_factory=dict, hash=False)
    presents: tuple[str, ...] = ()
    """The names in its certificate, where they are others than those that its peers dial."""
    shares: str = ""
    """The name of a credential that other nodes present too; empty for one of its own."""
    dials_with: str = ""
    """The name of another credential, good for dialling only; empty where one does for both."""

    @property
    def name(self) -> str:
        """Give the node's name: the host's, since a host holds one node of a kind."""
        return self.host

    @property
    def credential(self) -> str:
        """Give the name of the credential that the node presents."""
        return self.shares or self.name

    @property
    def certified(self) -> tuple[str, ...]:
        """Give the names that its certificate must hold."""
        return self.presents or self.names


@dataclass(frozen=True, slots=True)
class Link:
    """Direct one dial: the initiator node dials `name`:`port` of the acceptor node."""

    initiator: str
    acceptor: str
    name: str
    port: int

    @property
    def id(self) -> str:
        """Give the link in one word for tables and events."""
        return f"{self.initiator}>{self.acceptor}"


@dataclass(frozen=True, slots=True)
class Topology:
    """Hold the nodes of one kind in one shape, the links drawn by hand, and the options.

    `roles` maps a role to host names in the user's order; `drawn` are (initiator, acceptor)
    pairs beyond those that the shape implies; `options` and `node_options` hold only what differs
    from the kind's declared defaults.
    """

    kind: str
    shape: str
    roles: Mapping[str, tuple[str, ...]]
    drawn: tuple[tuple[str, str], ...] = ()
    options: Options = field(default_factory=dict)
    node_options: Mapping[str, Options] = field(default_factory=dict)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Give the hosts of all roles, in order, each once."""
        return tuple(dict.fromkeys(h for hosts in self.roles.values() for h in hosts))


@dataclass(frozen=True, slots=True)
class AuthoritySpec:
    """Say what makes trust on this site; lifetimes are in days.

    `source` says where the CA comes from: made here, imported with its key, or outside, where
    others sign.  `anchor` is the SHA-256 (lower-case hex) of the certificate that hosts trust, for
    a CA that was not made here: it says which one is meant.
    """

    trust: Trust = "ca"
    name: str = ""
    source: Source = "own"
    anchor: str = ""
    key_type: KeyType = "ec-p256"
    ca_days: int = 3650
    leaf_days: int = 397
    generation: int = 1


@dataclass(frozen=True, slots=True)
class Site:
    """Hold one authority, its hosts, and the topologies on them."""

    name: str
    authority: AuthoritySpec
    hosts: Mapping[str, Host]
    topologies: tuple[Topology, ...]
    path: str = "site.yaml"
