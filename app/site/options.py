"""Declare an option once: it becomes a flag, a field of the wizard, a key of site.yaml, help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.model import Options, Scalar, Topology

OptionType = Literal["bool", "int", "text", "choice", "port", "path"]


@dataclass(frozen=True, slots=True)
class Option:
    """Describe one choice of the user's.

    `scope` says where in site.yaml it stands: among a topology's options, or for one node.
    A `secret` never stands in site.yaml: its value is kept in the vault under the option's key.
    `by_hand` means that it matters only where files are brought to a host by hand, `several` that
    it does only where several hosts have this role.  `each` tells that one host may well differ
    from the others: the wizard asks for it among a host's own options too.
    """

    key: str
    label: str
    help: str
    type: OptionType
    default: Scalar
    choices: tuple[str, ...] = ()
    scope: Literal["topology", "node"] = "topology"
    secret: bool = False
    by_hand: bool = False
    several: str = ""
    each: bool = False
    low: int = 0
    high: int = 2**31


def value_of(option: Option, topology: Topology, host: str = "") -> Scalar:
    """Give an option's value: the node's own, else the topology's, else the default."""
    own: Options = topology.node_options.get(host, {}) if host else {}
    return own.get(option.key, topology.options.get(option.key, option.default))


def problem(option: Option, value: Scalar) -> str:
    """Say what is wrong with a value of an option; empty when nothing is."""
    if option.type == "bool":
        return "" if isinstance(value, bool) else "must be true or false"
    if option.type in ("int", "port"):
        low, high = (1, 65535) if option.type == "port" else (option.low, option.high)
        if isinstance(value, bool) or not isinstance(value, int):
            return "must be a whole number"
        return "" if low <= value <= high else f"must be from {low} to {high}"
    if not isinstance(value, str):
        return "must be text"
    if option.type == "choice":
        return "" if value in option.choices else f"must be one of {', '.join(option.choices)}"
    if option.type == "path" and (value or option.default) and not value.startswith("/"):
        return "must be an absolute path"
    return "must not hold control characters" if any(ord(c) < 32 for c in value) else ""
