"""Say through which machines a host is reached: its jump hosts, theirs, and itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.errors import UnreachableError
from app.model import Host
from app.quoting import bracketed, calm
from app.remote.config import SshConfig, Target, resolve
from app.remote.sshconf.words import Hop, hops

_MOST: Final = 8


@dataclass(frozen=True, slots=True)
class Leg:
    """Hold one machine on the way, and how it is dialled from the one before."""

    host: Host
    target: Target


def route(host: Host, config: SshConfig, sites: Mapping[str, Host]) -> tuple[Leg, ...]:
    """Give the machines on the way, the nearest to us first and the host itself last.

    A jump host may be one of `sites`, by its name or address: then what the site says of it holds,
    its pinned key and its own jump host too.  Raises UnreachableError for a circle.
    """
    legs: list[Leg] = []
    seen: list[str] = []
    now: Host | None = host
    while now is not None:
        target = resolve(now, config)
        place = f"{target.user}@{bracketed(now.address)}:{target.port}"
        if place in seen or len(legs) >= _MOST:
            way = " through ".join([*seen, place])
            raise UnreachableError(
                f"the jump hosts lead in a circle: {calm(way, 300)}", host=host.name,
                step="connect", hint="look at `jump` in site.yaml and ProxyJump in ~/.ssh/config",
            )  # fmt: skip
        seen.append(place)
        legs.insert(0, Leg(now, target))
        now = _before(now, target, sites)
    return tuple(legs)


def _before(host: Host, target: Target, sites: Mapping[str, Host]) -> Host | None:
    """Give the machine that the host is dialled from, with its own way as its jump."""
    if not target.jump:
        return None
    *first, last = target.jump.split(",")
    (hop,) = hops(last)
    known = _of_site(hop, sites)
    jump = ",".join(first)
    if known is not None:
        return replace(known, user=hop.user or known.user, jump=jump or known.jump)
    name = last.strip().removeprefix("ssh://").rstrip("/")
    return Host(name, hop.host, hop.port or 22, user=hop.user, jump=jump)


def _of_site(hop: Hop, sites: Mapping[str, Host]) -> Host | None:
    found = sites.get(hop.host)
    if found is None:
        found = next((h for h in sites.values() if h.address == hop.host), None)
    if found is None or found.by_hand or hop.port not in (0, found.port):
        return None
    return found
