"""Say what an outside CA still owes, from the record alone: for status, dashboard and wizard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.engine import opening
from app.engine.requests import load_requests
from app.model import Node, Site
from app.pki.expiry import due
from app.pki.spec import IssueSpec, mismatches
from app.plan.deployed import Deployed, DeployedNode
from app.plan.outside import Awaited
from app.plan.requested import Requested
from app.plan.specs import credentials_of, spec_of
from app.site.places import Places

State = Literal["missing", "waiting", "back", "fine"]


@dataclass(frozen=True, slots=True)
class RequestRow:
    """Show how it stands with the certificate of one host.

    `missing`: needed and not asked for; `waiting`: asked for since then, in `files`; `back`: here,
    and to be deployed; `fine`: nothing is owed.
    """

    host: str
    state: State
    text: str
    since: str = ""
    files: tuple[str, ...] = ()


def request_rows(places: Places, site: Site, now: datetime) -> tuple[RequestRow, ...]:
    """Give a row for each host of a site with an outside CA; none for another site."""
    return tuple(_rows(places, site, opening.deployed_of(places), now).values())


def owed_words(places: Places, site: Site, deployed: Deployed, now: datetime) -> Mapping[str, str]:
    """Give what is owed to each node that waits, in a few words."""
    rows = _rows(places, site, deployed, now)
    return {name: row.text for name, row in rows.items() if row.state != "fine"}


def _rows(places: Places, site: Site, deployed: Deployed, now: datetime) -> dict[str, RequestRow]:
    if site.authority.source != "outside":
        return {}
    requests = load_requests(places.requests)
    kinds = opening.kinds_of(site)
    found: dict[str, RequestRow] = {}
    for topology in site.topologies:
        for node in kinds[topology.kind].nodes(site, topology):
            record = deployed.node(node.kind, node.host)
            spec = spec_of(site, node, record)
            one = Awaited.of(node, spec, record, requests, now)
            asked = [requests[n] for n in credentials_of(node, spec) if n in requests]
            found[node.name] = _row(node, one, asked, needs=needs_new(spec, record, now))
    return found


def needs_new(spec: IssueSpec, record: DeployedNode | None, now: datetime) -> bool:
    """Tell from the record alone whether a node needs a new certificate."""
    if record is None or record.spec is None or record.facts is None:
        return True
    facts = record.facts
    return bool(mismatches(record.spec, spec)) or due(facts.not_before, facts.not_after, now)


def _row(node: Node, one: Awaited, asked: list[Requested], *, needs: bool) -> RequestRow:
    if one.back:
        taken = max(request.taken for request in asked)[:10]
        return RequestRow(node.host, "back", f"certificate came back {taken}, not applied yet")
    if one.since:
        text = f"request waits since {one.since[:10]}"
        return RequestRow(node.host, "waiting", text, one.since, one.files)
    if needs:
        return RequestRow(node.host, "missing", "no request made yet")
    return RequestRow(node.host, "fine", "")
