"""What the site file needs to know of a kind: its roles, shapes, options and own rules.

The site stands below the kinds, so it says here what it asks of them; the registry of
`app.kinds` answers, or whatever a caller passes in.
"""

from __future__ import annotations

from typing import Protocol

from app.model import Link, Node, Scalar, Site, Topology, Trust
from app.site.options import Option


class KindFacts(Protocol):
    """Describe one product as far as the site file and the wizard show it."""

    @property
    def name(self) -> str:
        """Give the word that site.yaml and flags use."""

    @property
    def title(self) -> str:
        """Give the product's name as its makers write it."""

    @property
    def summary(self) -> str:
        """Say in a sentence what will trust what."""

    @property
    def shapes(self) -> tuple[str, ...]:
        """Give the shapes, the usual one first."""

    @property
    def roles(self) -> tuple[tuple[str, str], ...]:
        """Give (role, help) pairs, the hub or monitor first."""

    @property
    def options(self) -> tuple[Option, ...]:
        """Give the options that site.yaml may set."""

    @property
    def trusts(self) -> tuple[Trust, ...]:
        """Give the ways of trust that the product can live with, the usual one first."""

    @property
    def draws_links(self) -> bool:
        """Tell whether links beyond those of the shape may be drawn by hand."""

    @property
    def naming(self) -> str:
        """Say which of a host's names must come first; empty where any may."""

    @property
    def gets(self) -> tuple[str, ...]:
        """Say in a few words each what the hosts have afterwards."""

    @property
    def clients(self) -> str:
        """Say who else needs a certificate of the site; empty when nobody does."""

    @property
    def allows(self) -> str:
        """Say what a certificate of the site's CA is good for; empty when just for its links."""

    def nodes(self, site: Site, topology: Topology) -> tuple[Node, ...]:
        """Give the nodes, each with the names that its peers dial, the preferred one first."""

    def links(self, site: Site, topology: Topology) -> tuple[Link, ...]:
        """Give every directed dial."""

    def problems(self, site: Site, topology: Topology) -> tuple[str, ...]:
        """Say what is wrong with the topology itself."""


class Kinds(Protocol):
    """List kinds without importing them, and load one by name."""

    def names(self) -> tuple[str, ...]:
        """Give the names of all kinds, sorted."""

    def load(self, name: str, /) -> KindFacts:
        """Give one kind; raises UsageError when there is none of that name."""


def installed() -> Kinds:
    """Give the kinds that came with this program."""
    from app import kinds

    return kinds


def role_names(kind: KindFacts) -> tuple[str, ...]:
    """Give the roles without their help."""
    return tuple(role for role, _ in kind.roles)


def only_role(kind: KindFacts) -> str:
    """Give the role of a kind that has but one, which need not be said; else nothing."""
    roles = role_names(kind)
    return roles[0] if len(roles) == 1 else ""


def hosts_example(kind: KindFacts | None) -> str:
    """Show how hosts are typed, in the words of the kind's roles."""
    first, *others = role_names(kind) if kind else ("host",)
    if not others:
        return f"root@{first}-1, {first}-[2-3].example.net"
    return f"root@{first}, {others[0]}-[01-03].example.net"


def option_defaults(kind: KindFacts) -> dict[str, Scalar]:
    """Give the default of every option that may stand in site.yaml."""
    return {option.key: option.default for option in kind.options if not option.secret}
