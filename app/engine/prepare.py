"""From a site to a plan: connect, observe, ask what is served, and compare.  Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.engine.gather import PARALLEL, Gathered, Say, gather, refuse_errors
from app.engine.keyring import Keyring
from app.engine.sharing import holders
from app.engine.waiting import own_keys, waiting_keys
from app.errors import PreflightError
from app.kinds.base import Kind
from app.model import Node, Site
from app.plan.adopted import Adopted
from app.plan.deployed import Deployed, resolve
from app.plan.given import Clients
from app.plan.make import Inputs, Intent, make_plan
from app.plan.plan import Plan
from app.plan.requested import Requests
from app.plan.stage import stage
from app.remote.base import Connector

if TYPE_CHECKING:
    from app.pki.vault import Vault

Served = Callable[[Site, Node], str]
"""Give the SHA-256 of the certificate that a node presents now, empty when it cannot be asked."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Hold a plan with the open connections and secrets that it was made with."""

    site: Site
    kinds: Mapping[str, Kind]
    gathered: Gathered
    keyring: Keyring = field(repr=False)
    deployed: Deployed
    plan: Plan

    def close(self) -> None:
        """Close every connection."""
        self.gathered.close()


def prepare(
    site: Site,
    kinds: Mapping[str, Kind],
    connector: Connector,
    vault: Vault | None,
    deployed: Deployed,
    intent: Intent,
    *,
    now: datetime,
    served: Served,
    say: Say,
    settle: Callable[[Gathered], Gathered] = lambda gathered: gathered,
    requests: Requests = MappingProxyType({}),
    clients: Clients = (),
    adopted: Adopted = MappingProxyType({}),
) -> Prepared:
    """Observe every host and make the plan; `settle` brings hosts to rest that are still at work.

    `requests` are those to an outside CA, where there is one; `clients` what clients were given;
    `adopted` is what hosts trusted before and go on to trust.

    Raises HostsError that lists every host which could not be asked; a single host's own error
    where there is just one.
    """
    check_topologies(site, kinds)
    gathered = gather(site, kinds, connector, say)
    try:
        refuse_errors(gathered.errors)
        gathered = settle(gathered)
        deployed = resolve(deployed, gathered.observed)
        keyring = Keyring(site, vault, holders(site, kinds), requests, adopted)
        if vault is not None:
            nodes = [n for t in site.topologies for n in kinds[t.kind].nodes(site, t)]
            keyring.hold(waiting_keys(vault, nodes, deployed))
        plan = planned(
            site, kinds, gathered, keyring, deployed, intent, now=now, served=served,
            requests=requests, clients=clients, adopted=adopted,
        )  # fmt: skip
    except BaseException:
        gathered.close()
        raise
    return Prepared(site, kinds, gathered, keyring, deployed, plan)


def check_topologies(site: Site, kinds: Mapping[str, Kind]) -> None:
    """Refuse a site whose topologies make no sense, before any host is asked."""
    found = tuple(p for t in site.topologies for p in kinds[t.kind].problems(site, t))
    if found:
        raise PreflightError(found[0], problems=found, hint="Change the topology in site.yaml.")


def planned(
    site: Site,
    kinds: Mapping[str, Kind],
    gathered: Gathered,
    keyring: Keyring,
    deployed: Deployed,
    intent: Intent,
    *,
    now: datetime,
    served: Served,
    requests: Requests = MappingProxyType({}),
    clients: Clients = (),
    adopted: Adopted = MappingProxyType({}),
) -> Plan:
    """Make the plan from what was gathered.

    While the CA is changed, hosts that are reached by hand are dialled too.
    """
    nodes = {n.name: n for t in site.topologies for n in kinds[t.kind].nodes(site, t)}
    changing = stage(site, deployed) is not None
    asked = [
        n for n in nodes.values()
        if (record := deployed.node(n.kind, n.host)) and record.facts and n.port
        and (n.host in gathered.observed or changing)
    ]  # fmt: skip
    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        presented = dict(
            zip((n.name for n in asked), pool.map(lambda n: served(site, n), asked), strict=True)
        )
    return make_plan(
        Inputs(
            site, kinds, gathered.observed, deployed, now, keyring.password,
            keyring.option_secrets(), presented, intent, keyring.shared(), requests, clients,
            adopted, own_keys(site, keyring, tuple(nodes.values()), deployed, now),
        )
    )  # fmt: skip
