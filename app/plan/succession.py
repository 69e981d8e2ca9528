"""How far a change of the CA got, read from what the hosts hold; pure.

Nothing remembers that a change is going on: it is what is between the CA that the site wants and
those that the certificates of its nodes hang on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from app.model import Node, Site
from app.plan.deployed import Deployed, DeployedNode, fingerprint
from app.plan.given import Clients

_ALIAS = re.compile(r"ca-g([1-9][0-9]{0,4})")
Resolve = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Succession:
    """Say which generations must be trusted beside the wanted one, and for how long.

    `old` are those that certificates hang on now; `stay` those that something still needs when
    this run is over; `behind` the hosts, and `clients` the names, that must trust the wanted one
    before any node presents a certificate of it.
    """

    old: tuple[int, ...] = ()
    stay: tuple[int, ...] = ()
    behind: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()

    @property
    def halted(self) -> bool:
        """Tell whether nothing but trust may change yet."""
        return bool(self.behind or self.clients)


def succession(
    site: Site,
    nodes: tuple[Node, ...],
    by_hand: tuple[Node, ...],
    deployed: Deployed,
    resolve: Resolve,
    *,
    gets: Collection[str],
    held: Collection[str],
    stray: Collection[str] = (),
    clients: Clients = (),
) -> Succession:
    """Compare the wanted CA with those that are in use.

    `resolve` turns a trust reference into a fingerprint; `gets` are the nodes that can have a new
    certificate in this run, `held` those that nothing is done to, `stray` those by hand that do not
    present what was brought to them; `clients` is what may be in use beside the nodes.
    """
    if site.authority.trust != "ca":
        return Succession()
    wanted = f"ca:{site.authority.generation}"
    records = {n.name: deployed.node(n.kind, n.host) for n in (*nodes, *by_hand)}
    old = superseded(site, records.values(), resolve)
    behind = {n.host for n in by_hand if not knows(records[n.name], resolve(wanted))}
    behind |= {n.host for n in by_hand if n.name in stray}
    behind |= {n.host for n in nodes if n.name in held and records[n.name] is not None}
    others = {
        one.generation for one in clients if resolve(f"ca:{one.generation}") != resolve(wanted)
    }
    names = dict.fromkeys(one.client for one in clients if one.generation in others)
    left = [record for name, record in records.items() if name not in gets or name in held]
    stay = set(old if (behind or others) and old else superseded(site, left, resolve)) | others
    waits = {n.host for n in by_hand if n.name in stray or _waits(records[n.name])}
    if waits:
        # Until its bundle is installed, that host runs with what the record no longer says.
        stay |= _trusted(records.values(), resolve(wanted))
    stay &= set(deployed.authorities)
    last = tuple(sorted(stay))
    if not old:
        return Succession((), last, tuple(sorted(waits if stay else ())), tuple(names))
    return Succession(old, last, tuple(sorted(behind)), tuple(names))


def anchors(deployed: Deployed) -> Resolve:
    """Give a function that turns a reference to a CA into its fingerprint, or a stand-in."""

    def resolve(reference: str) -> str:
        pem = deployed.authorities.get(int(reference.removeprefix("ca:")), "")
        return fingerprint(pem) if pem else f"new:{reference}"

    return resolve


def superseded(
    site: Site, records: Collection[DeployedNode | None], resolve: Resolve
) -> tuple[int, ...]:
    """Give the generations under another root than the wanted one that certificates hang on."""
    wanted = resolve(f"ca:{site.authority.generation}")
    found = {r.spec.generation for r in records if r and r.spec and not r.spec.self_signed}
    return tuple(sorted(g for g in found if resolve(f"ca:{g}") != wanted))


def in_use(deployed: Deployed, generation: int) -> frozenset[int]:
    """Give the generations that hosts have certificates of, or trust, with the wanted one."""
    records = (*deployed.nodes.values(), *deployed.pending.values())
    found = {r.spec.generation for r in records if r.spec and not r.spec.self_signed}
    return frozenset({generation} | found | _trusted(records, ""))


def knows(record: DeployedNode | None, wanted: str) -> bool:
    """Tell whether a host that is reached by hand trusts the wanted CA, or runs nothing yet."""
    if record is None or record.facts is None:
        return True
    return record.delivery == "delivered" and wanted in record.trust.values()


def _waits(record: DeployedNode | None) -> bool:
    return record is not None and record.delivery == "exported"


def _trusted(records: Collection[DeployedNode | None], wanted: str) -> set[int]:
    found: set[int] = set()
    for trust in (record.trust for record in records if record is not None):
        found |= generations(trust, wanted)
    return found


def generations(trust: Mapping[str, str], wanted: str) -> set[int]:
    """Give the generations of the CA that a trust store holds beside the wanted one."""
    aliases = (alias for alias, fingerprint in trust.items() if fingerprint != wanted)
    return {int(found[1]) for alias in aliases if (found := _ALIAS.fullmatch(alias))}
