"""How far messages go in a network of brokers, and whether there are two ways from one to another.

Each bridge is a line between two brokers, whoever dials.  ActiveMQ counts the bridges that a
message, and the word that somebody consumes, may cross (networkTTL).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from app.model import Link

LEAST, MOST = 2, 32
Neighbours = Mapping[str, frozenset[str]]


def neighbours(hosts: Iterable[str], links: Iterable[Link]) -> Neighbours:
    """Give the brokers that each broker has a bridge with."""
    found: dict[str, set[str]] = {host: set() for host in hosts}
    for link in links:
        found[link.initiator].add(link.acceptor)
        found[link.acceptor].add(link.initiator)
    return {host: frozenset(peers) for host, peers in found.items()}


def farthest(near: Neighbours) -> tuple[str, str, int]:
    """Give the two brokers that are farthest from each other, and the bridges between them.

    The shortest way counts; of equal pairs the first one in the order of the hosts is given.
    """
    best = ("", "", 0)
    for start in near:
        for end, hops in _hops(near, start).items():
            if hops > best[2]:
                best = (start, end, hops)
    return best


def enough_hops(near: Neighbours) -> int:
    """Give the bridges that no way without a detour exceeds.

    Only brokers with two bridges or more are passed through; where there is more than one way, the
    one that is taken may be any of them, so the shortest is not the measure.
    """
    passed = sum(len(peers) > 1 for peers in near.values())
    return max(LEAST, min(MOST, passed + 1))


def in_ring(near: Neighbours, link: Link) -> bool:
    """Tell whether another way than this link leads from its one end to the other.

    Then a message for a queue may be sent on by a way that is too long for it, and stay in a
    broker on that way (seen with 5.17.2: with a hub, three spokes and a link between two of them,
    half of the third one's messages).
    """
    ends = {link.initiator, link.acceptor}
    without = {host: peers - ends if host in ends else peers for host, peers in near.items()}
    return link.acceptor in _hops(without, link.initiator)


def _hops(near: Neighbours, start: str) -> dict[str, int]:
    """Give the bridges on the shortest way to each broker that can be reached."""
    found, pending = {start: 0}, deque([start])
    while pending:
        here = pending.popleft()
        for peer in near[here] - found.keys():
            found[peer] = found[here] + 1
            pending.append(peer)
    return found
