"""Every certificate of a site with its end, from the record: what `status` and dashboard show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.engine.clients import CLIENT
from app.engine.given import load_clients
from app.engine.owing import owed_words
from app.engine.record import load_deployed
from app.engine.requests import load_requests
from app.kinds import load as load_kind
from app.model import Site
from app.pki.expiry import due, health
from app.pki.facts import CertificateFacts
from app.plan.deployed import Deployed, DeployedNode
from app.plan.given import in_use as in_hand
from app.plan.stage import Stage, stage, stage_words
from app.plan.succession import in_use
from app.site.places import Places


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Show one certificate: of a node (`subject` its host) or of the authority."""

    subject: str
    role: str
    health: str
    expires: datetime | None
    days: int | None
    due: bool
    facts: CertificateFacts | None
    generation: str
    text: str = ""


def status_rows(places: Places, site: Site, now: datetime) -> tuple[StatusRow, ...]:
    """Give the authority's certificates, those of the nodes, and the clients that are waited for.

    No host is asked, and the vault stays closed.
    """
    deployed = load_deployed(places.deployed)
    owed = owed_words(places, site, deployed, now)
    rows = _authority_rows(deployed, in_use(deployed, site.authority.generation), now)
    for topology in site.topologies:
        for node in load_kind(topology.kind).nodes(site, topology):
            recorded = deployed.node(node.kind, node.host)
            facts = recorded.facts if recorded else None
            spec = recorded.spec if recorded else None
            row = _row(node.host, node.role, facts, f"g{spec.generation}" if spec else "", now)
            by_hand = site.hosts[node.host].by_hand
            said = (_by_hand(recorded) if by_hand else "", owed.get(node.name, ""))
            text = ", ".join(word for word in said if word)
            rows.append(replace(row, text=text) if text else row)
    return (*_staged(rows, stage_of(places, site, now)), *_clients(places, now))


def stage_of(places: Places, site: Site, now: datetime) -> Stage | None:
    """Say how far a change of the CA got, from the record."""
    clients = in_hand(load_clients(places.clients), now)
    return stage(site, load_deployed(places.deployed), clients)


def _staged(rows: list[StatusRow], found: Stage | None) -> list[StatusRow]:
    """Say at each CA how far the change from one to the other got."""
    if found is None:
        return rows
    old = {f"g{generation}" for generation in found.old}
    told: list[StatusRow] = []
    for row in rows:
        if row.role == "authority":
            text = "goes with wave 3 of 3" if row.generation in old else stage_words(found)
            row = replace(row, text=text)
        told.append(row)
    for name in found.clients:
        text = "has no certificate of the new CA, or does not use it yet"
        told.append(StatusRow(name, "client", "none", None, None, False, None, "", text))
    return told


def _clients(places: Places, now: datetime) -> list[StatusRow]:
    """Show each client whose certificate an outside CA has signed, or is to sign."""
    rows: list[StatusRow] = []
    for name, one in load_requests(places.requests).items():
        if name.startswith(CLIENT):
            text = f"request waits since {one.since[:10]}"
            if one.taken:
                text = f"certificate came back {one.taken[:10]}, not exported yet"
            who = name.removeprefix(CLIENT)
            rows.append(StatusRow(who, "client", "none", None, None, False, None, "", text))
    return rows


def _authority_rows(deployed: Deployed, shown: frozenset[int], now: datetime) -> list[StatusRow]:
    """Show generations of the authority, each: what hosts trust, then what signs below it."""
    from app.pki.pem import read_bundle
    from app.pki.reading import facts_of

    rows: list[StatusRow] = []
    known = ((g, deployed.authorities[g]) for g in sorted(shown & deployed.authorities.keys()))
    for generation, anchor in known:
        below = deployed.issuers.get(generation, "")
        found = [facts_of(der) for der in read_bundle(f"{anchor}{below}".encode()).values()]
        root, *others = found
        rows += [
            _row(facts.common_name, role, facts, f"g{generation}", now, authority=True)
            for role, facts in (("authority", root), *(("intermediate", f) for f in others[::-1]))
        ]
    return rows


def _by_hand(recorded: DeployedNode | None) -> str:
    """Say how far the delivery to a host got."""
    words = {"exported": "bundle not delivered yet", "delivered": "delivered by bundle"}
    return words.get(recorded.delivery if recorded else "", "no bundle made yet")


def _row(
    subject: str,
    role: str,
    facts: CertificateFacts | None,
    generation: str,
    now: datetime,
    *,
    authority: bool = False,
) -> StatusRow:
    if facts is None:
        return StatusRow(subject, role, "none", None, None, True, None, "", "not deployed yet")
    return StatusRow(
        subject, role, health(facts.not_after, now, authority=authority), facts.not_after,
        (facts.not_after - now).days, not authority and due(facts.not_before, facts.not_after, now),
        facts, generation,
    )  # fmt: skip
