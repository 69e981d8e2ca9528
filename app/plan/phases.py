"""Order a change of trust into phases, each a desired state of all nodes with a gate behind it.

With a CA a new leaf is trusted by everyone at once: one phase.  Pinned trust knows each leaf by
itself, so a node that peers already trust gets a new one in three: `trust` (peers trust the old
and the new), `leaf` (the node presents the new), `drop` (peers trust only the new).  Another CA
takes the same three, all nodes together.  Closing the
plain listeners is a phase of its own, behind the gate that proves every link.  Where a product
would act on what it sees meanwhile, all of it is framed: `guard` comes first, `free` last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from app.kinds.base import Guard
from app.model import Link, Node, Site
from app.plan.succession import Succession

PhaseName = Literal["guard", "deploy", "trust", "leaf", "drop", "close", "free"]
Trust = tuple[tuple[str, str], ...]

CA_TITLES: Mapping[PhaseName, str] = {
    "trust": "Trust the new CA beside the old",
    "leaf": "Present certificates of the new CA",
    "drop": "Trust only the new CA",
}
TITLES: Mapping[PhaseName, str] = {
    "guard": "Hold everything where it is",
    "deploy": "Deploy keys, certificates and configuration",
    "trust": "Trust the new certificates beside the old",
    "leaf": "Present the new certificates",
    "drop": "Trust only the new certificates",
    "close": "Close the plain-text listeners",
    "free": "Let the product act again",
}


@dataclass(frozen=True, slots=True)
class NodeState:
    """Say what one node should present and trust in a phase.

    `leaf` is `current` (what it has) or `next` (made in this run); `trust` are the entries of its
    trust store, alias to reference (app.kinds.resources.TrustWant).
    """

    leaf: Literal["current", "next"]
    trust: Trust


@dataclass(frozen=True, slots=True)
class Phase:
    """Hold one desired state of all nodes; `reverse` activates initiators before acceptors."""

    name: PhaseName
    nodes: Mapping[str, NodeState]
    close_plain: bool = False
    reverse: bool = False
    of_ca: bool = False

    @property
    def guard(self) -> Guard:
        """Say where it stands in a framed change; one that is not framed has no such phases."""
        return guard_of(self.name)

    @property
    def title(self) -> str:
        """Give the phase in words."""
        return CA_TITLES.get(self.name, TITLES[self.name]) if self.of_ca else TITLES[self.name]


def guard_of(name: str) -> Guard:
    """Say where a phase stands in a framed change."""
    return "set" if name == "guard" else "lift" if name == "free" else "hold"


def phases(
    site: Site,
    nodes: tuple[Node, ...],
    links: tuple[Link, ...],
    fresh: frozenset[str],
    known: frozenset[str],
    close_plain: bool,
    *,
    change: Succession = Succession(),  # noqa: B008 (frozen)
    framed: bool = False,
) -> tuple[Phase, ...]:
    """Give the phases that lead from what is deployed to what should be.

    `fresh` are the nodes that need a new leaf, `known` those that peers may already trust by an
    old one; `change` says how a change of the CA stands; `framed` puts a phase before all others,
    and one behind them.
    """
    if site.authority.trust == "ca":
        result = _ca(site, nodes, fresh, change)
    else:
        result = _pinned(nodes, links, fresh, fresh & known)
    if close_plain:
        last = {name: NodeState("current", state.trust) for name, state in result[-1].nodes.items()}
        result.append(Phase("close", last, close_plain=True, reverse=True))
    if framed:
        now = {name: NodeState("current", state.trust) for name, state in result[-1].nodes.items()}
        closed = result[-1].close_plain
        return (Phase("guard", now), *result, Phase("free", now, close_plain=closed))
    return tuple(result)


def peers(node: str, links: tuple[Link, ...]) -> tuple[str, ...]:
    """Give the nodes that a node has a link with, in the order of the links."""
    found = [li.acceptor if li.initiator == node else li.initiator for li in links
             if node in (li.initiator, li.acceptor)]  # fmt: skip
    return tuple(dict.fromkeys(found))


def trusted(site: Site, others: Iterable[int] = ()) -> Trust:
    """Give the trust entries of the wanted CA, behind those of other generations."""
    return tuple((f"ca-g{g}", f"ca:{g}") for g in sorted({*others, site.authority.generation}))


def _ca(
    site: Site, nodes: tuple[Node, ...], fresh: frozenset[str], change: Succession
) -> list[Phase]:
    def states(trust: Trust, fresh: frozenset[str] = frozenset()) -> dict[str, NodeState]:
        return {node.name: NodeState(_leaf(node, fresh), trust) for node in nodes}

    last = trusted(site, change.stay)
    if not change.old:
        return [Phase("deploy", states(last, fresh))]
    both = trusted(site, (*change.old, *change.stay))
    result = [Phase("trust", states(both), of_ca=True)]
    if not change.halted:
        result.append(Phase("leaf", states(both, fresh), reverse=True, of_ca=True))
        result.append(Phase("drop", states(last), reverse=True, of_ca=True))
    return result


def _leaf(node: Node, fresh: frozenset[str]) -> Literal["current", "next"]:
    return "next" if node.name in fresh else "current"


def _pinned(
    nodes: tuple[Node, ...], links: tuple[Link, ...], fresh: frozenset[str], rolled: frozenset[str]
) -> list[Phase]:
    first = fresh - rolled
    if not rolled:
        return [Phase("deploy", {n.name: _pinned_state(n.name, links, first, _one) for n in nodes})]
    drop = {n.name: _pinned_state(n.name, links, frozenset(), _one) for n in nodes}
    both = {n.name: _pinned_state(n.name, links, first, _both(rolled)) for n in nodes}
    present = {
        name: NodeState("next" if name in rolled else "current", state.trust)
        for name, state in both.items()
    }
    return [
        Phase("trust", both),
        Phase("leaf", present, reverse=True),
        Phase("drop", drop, reverse=True),
    ]


def _pinned_state(
    name: str, links: tuple[Link, ...], leaf_next: frozenset[str], entries: _Entries
) -> NodeState:
    everyone = (name, *peers(name, links))
    trust = tuple(entry for peer in everyone for entry in entries(peer, peer in leaf_next))
    return NodeState("next" if name in leaf_next else "current", trust)


class _Entries:
    """Give the trust entries of one peer: one certificate, or the old and the new."""

    def __init__(self, rolled: frozenset[str] = frozenset()) -> None:
        self.rolled = rolled

    def __call__(self, peer: str, is_new: bool) -> Trust:
        which = "next" if is_new else "current"
        entry = (peer, f"leaf:{peer}:{which}")
        if peer in self.rolled:
            return (entry, (f"{peer}-next", f"leaf:{peer}:next"))
        return (entry,)


_one = _Entries()


def _both(rolled: frozenset[str]) -> _Entries:
    return _Entries(rolled)
