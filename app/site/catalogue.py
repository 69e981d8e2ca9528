"""What the site file needs to know of a kind: its roles, shapes, options and own rules.

The site stands below the kinds, so it says here what it asks of them; the registry of
`app.kinds` answers, or whatever a caller passes in.
"""

from __future__ import annotations

from typing import Protocol

from app.model import Scalar, Site, Topology
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


def option_defaults(kind: KindFacts) -> dict[str, Scalar]:
    """Give the default of every option that may stand in site.yaml."""
    return {option.key: option.default for option in kind.options if not option.secret}
