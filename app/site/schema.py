"""The keys of site.yaml and their defaults, taken from the model so that they cannot part."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import get_args

from app.model import (
    AuthoritySpec,
    Host,
    KeyType,
    Privilege,
    Reach,
    Scalar,
    Source,
    System,
    Trust,
)

TOP_KEYS = ("version", "site", "authority", "hosts", "topologies")
TOPOLOGY_KEYS = ("kind", "shape", "roles", "links", "options", "nodes")
PRIVILEGES: tuple[str, ...] = get_args(Privilege)
REACHES: tuple[str, ...] = get_args(Reach)
SYSTEMS: tuple[str, ...] = get_args(System)
TRUSTS: tuple[str, ...] = get_args(Trust)
SOURCES: tuple[str, ...] = get_args(Source)
KEY_TYPES: tuple[str, ...] = get_args(KeyType)


def _defaults(model: type[Host] | type[AuthoritySpec]) -> dict[str, Scalar | list[str]]:
    return {
        f.name: list(f.default) if isinstance(f.default, tuple) else f.default
        for f in fields(model)
        if f.default is not MISSING
    }


HOST_DEFAULTS = _defaults(Host)
"""Every key of a host but `address`, which has none."""
HOST_KEYS = ("address", *HOST_DEFAULTS)
AUTHORITY_DEFAULTS = _defaults(AuthoritySpec)
AUTHORITY_KEYS = tuple(AUTHORITY_DEFAULTS)
