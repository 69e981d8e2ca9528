"""What a plan must never do: leave a link whose ends no longer accept each other.

A service reads key and trust store when it starts, so what counts is what each node runs: the leaf
that it presents and the trust that it read at its last start.  Both change at once, in the step
that restarts the node; between two steps nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import PreflightError
from app.model import Link


@dataclass(frozen=True, slots=True)
class Running:
    """Hold what one node runs, as SHA-256 fingerprints (or a plan's stand-ins for them).

    `issuer` is the root that signed its leaf, empty where the leaf signed itself; `trust` is what
    its trust store held when it started.
    """

    leaf: str
    issuer: str
    trust: frozenset[str]

    def accepts(self, peer: Running) -> bool:
        """Tell whether this node trusts what a peer presents: the leaf itself or its root."""
        return peer.leaf in self.trust or (bool(peer.issuer) and peer.issuer in self.trust)


def broken(running: Mapping[str, Running], links: tuple[Link, ...]) -> tuple[str, ...]:
    """Say which links do not hold, both ways, where both ends run with a certificate."""
    found: list[str] = []
    for link in links:
        ends = (link.initiator, link.acceptor)
        if not all(end in running for end in ends):
            continue
        for judge, peer in (ends, ends[::-1]):
            if not running[judge].accepts(running[peer]):
                found.append(f"{link.id}: {judge} does not trust what {peer} presents")
    return tuple(found)


class Watch:
    """Follow a plan step by step, and note every link that a step breaks.

    A link that was broken before is not held against a step: mending it may take several.  Nor is
    one whose ends both lost their keys (`lost`): whichever starts first is not known to the other.
    """

    def __init__(
        self,
        running: Mapping[str, Running],
        links: tuple[Link, ...],
        lost: frozenset[str] = frozenset(),
    ) -> None:
        self.running = dict(running)
        self.problems: list[str] = []
        self._links = links
        self._judged = tuple(li for li in links if not {li.initiator, li.acceptor} <= lost)

    def step(self, name: str, changed: Mapping[str, Running]) -> None:
        """Let the nodes of one step restart."""
        before = set(broken(self.running, self._judged))
        self.running.update(changed)
        after = broken(self.running, self._judged)
        self.problems += [f"step {name} breaks {text}" for text in after if text not in before]

    def end(self) -> None:
        """Refuse a plan that breaks a link on its way or leaves one broken.

        Raises PreflightError that names every such link with its step.
        """
        left = [f"the plan leaves {text}" for text in broken(self.running, self._links)]
        problems = tuple(dict.fromkeys((*self.problems, *left)))
        if problems:
            raise PreflightError(
                f"this plan would break a link: {problems[0]}",
                problems=problems,
                hint="Nothing was changed. A change of the trust itself (a CA instead of pinned "
                "certificates) needs a phase in which both are trusted; undo it in site.yaml.",
            )
