"""Which wave of a change of the CA comes next, read from the record; pure, and asks no host."""

from __future__ import annotations

from dataclasses import dataclass

from app.model import Site
from app.plan.deployed import Deployed, DeployedNode
from app.plan.given import Clients
from app.plan.phases import CA_TITLES, PhaseName
from app.plan.succession import anchors, generations, knows, superseded

WAVES: tuple[PhaseName, ...] = ("trust", "leaf", "drop")


@dataclass(frozen=True, slots=True)
class Stage:
    """Say which of the three waves (1 to 3) comes next, and what it waits for.

    `old` are the generations that are to go; `hosts` those that a person brings files to and
    `clients` those by name that must have theirs behind the first wave.
    """

    wave: int
    old: tuple[int, ...]
    hosts: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Give the wave in words."""
        return CA_TITLES[WAVES[self.wave - 1]]

    @property
    def waits(self) -> tuple[str, ...]:
        """Name everybody whom the next wave waits for; the first one waits for nobody."""
        if self.wave == 1:
            return ()
        return (*self.hosts, *(f"client {name}" for name in self.clients))


def stage(site: Site, deployed: Deployed, clients: Clients = ()) -> Stage | None:
    """Say how far a change of the CA got; None where none is under way.

    Hosts in reach decide; `clients` are those whose certificates have not ended.
    """
    if site.authority.trust != "ca":
        return None
    resolve = anchors(deployed)
    wanted = resolve(f"ca:{site.authority.generation}")
    everyone = [r for r in deployed.nodes.values() if r.facts and r.host in site.hosts]
    reached = [r for r in everyone if not site.hosts[r.host].by_hand]
    old = {*superseded(site, reached, resolve)}
    held = {g for r in reached for g in generations(r.trust, wanted)}
    if not old and not held:
        return None
    wave = 3
    if any(wanted not in record.trust.values() for record in reached):
        wave = 1
    elif old:
        wave = 2
    hosts = [r.host for r in everyone if site.hosts[r.host].by_hand and not knows(r, wanted)]
    names = behind(clients, site, deployed)
    return Stage(wave, tuple(sorted(old | held)), tuple(dict.fromkeys(hosts)), names)


def left_over(site: Site, deployed: Deployed, record: DeployedNode | None) -> bool:
    """Tell whether a host by hand still trusts a CA that a finished change has left behind."""
    wanted = anchors(deployed)(f"ca:{site.authority.generation}")
    known = record is not None and bool(generations(record.trust, wanted))
    return known and stage(site, deployed) is None


def behind(clients: Clients, site: Site, deployed: Deployed) -> tuple[str, ...]:
    """Name the clients that may use a certificate of another CA than the wanted one."""
    resolve = anchors(deployed)
    wanted = resolve(f"ca:{site.authority.generation}")
    found = (one.client for one in clients if resolve(f"ca:{one.generation}") != wanted)
    return tuple(dict.fromkeys(found))


def stage_words(found: Stage) -> str:
    """Say which wave comes next and whom it waits for."""
    waits = f", once these have theirs: {', '.join(found.waits)}" if found.waits else ""
    return f"wave {found.wave} of 3 comes next ({found.title}){waits}"
