"""Turn a draft into a site and a site into a draft, and say what the draft still lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import cast

from app.errors import SiteError
from app.model import Host, Privilege, Reach, Site, System, Topology
from app.site.catalogue import Kinds, hosts_example, installed
from app.site.draft import STEPS, Draft, DraftHost, Step
from app.site.issues import site_issues
from app.site.normal import normal
from app.site.report import Issue, Path


@dataclass(frozen=True, slots=True)
class Problem:
    """Say what is wrong with one field of the wizard, with an example of what would do.

    `host` names the row when the field is one of a host.
    """

    step: Step
    field: str
    text: str
    example: str = ""
    host: str = ""


def problems(
    draft: Draft, step: Step | None = None, kinds: Kinds | None = None
) -> tuple[Problem, ...]:
    """Say what is wrong with a draft, or with one step of it, by the rules of site.yaml."""
    known = kinds or installed()
    found = list(_unasked(draft, known))
    if draft.kind in known.names():
        asked = {p.field for p in found}
        issues = site_issues(as_site(draft), known)
        found += [p for p in map(_problem, issues) if p.field not in asked]
    found.sort(key=lambda p: STEPS.index(p.step))
    return tuple(p for p in found if step in (None, p.step))


def to_site(draft: Draft, kinds: Kinds | None = None, path: str = "site.yaml") -> Site:
    """Give the site that a complete draft describes.

    Raises SiteError with the first problem; the others are in its `others`.
    """
    known = kinds or installed()
    errors = [
        SiteError(p.text, hint=p.example, key=f"{p.host}.{p.field}" if p.host else p.field)
        for p in problems(draft, None, known)
    ]
    if errors:
        first, *rest = errors
        first.others = tuple(rest)
        raise first
    return normal(as_site(draft, path), known)


def as_site(draft: Draft, path: str = "site.yaml") -> Site:
    """Give the draft as a site without judging it: for a picture of what is there so far."""
    roles: dict[str, tuple[str, ...]] = {}
    for host in (h for h in draft.hosts if h.role):
        roles[host.role] = (*roles.get(host.role, ()), host.name)
    topology = Topology(
        kind=draft.kind,
        shape=draft.shape,
        roles=roles,
        drawn=draft.drawn,
        options=draft.options,
        node_options=draft.node_options,
    )
    hosts = {host.name: _host(host) for host in draft.hosts}
    return Site(draft.site, draft.authority, hosts, (topology,), path)


def alone(draft: Draft, name: str) -> Site:
    """Give the site of one host of a draft, in its role and with the options that it has so far."""
    host = draft.host(name)
    own = {name: draft.node_options[name]} if name in draft.node_options else {}
    return as_site(replace(draft, hosts=(host,), drawn=(), node_options=own))


def from_site(site: Site, *, seen: str = "", step: Step = "topology") -> Draft:
    """Give the answers that a site stands for; `seen` is the digest of its file.

    Raises SiteError for a site with several topologies, which the wizard does not change.
    """
    if len(site.topologies) != 1:
        raise SiteError(
            "the wizard changes sites with one topology",
            where=site.path,
            hint="Edit the file: `tlswright plan` shows what comes of it.",
        )
    topology = site.topologies[0]
    role_of = {host: role for role, hosts in topology.roles.items() for host in hosts}
    order = [*topology.hosts, *(name for name in site.hosts if name not in role_of)]
    hosts = tuple(
        DraftHost(**asdict(site.hosts[name]), role=role_of.get(name, "")) for name in order
    )
    return Draft(
        kind=topology.kind,
        shape=topology.shape,
        site=site.name,
        hosts=hosts,
        drawn=topology.drawn,
        options=dict(topology.options),
        node_options={host: dict(own) for host, own in topology.node_options.items()},
        authority=site.authority,
        step=step,
        seen=seen,
    )


def _host(host: DraftHost) -> Host:
    values = {key: value for key, value in asdict(host).items() if key != "role"}
    values["privilege"] = cast(Privilege, host.privilege)
    values["reach"] = cast(Reach, host.reach)
    values["system"] = cast(System, host.system)
    return Host(**values)


def _unasked(draft: Draft, kinds: Kinds) -> Iterator[Problem]:
    if draft.kind not in kinds.names():
        text = f"there is no kind {draft.kind!r}" if draft.kind else "choose what to secure"
        yield Problem("topology", "kind", text, ", ".join(kinds.names()))
    if not draft.site:
        yield Problem("topology", "site", "give the site a name", "prod-mq")
    spec = draft.authority
    if spec.trust == "ca" and spec.source == "imported" and not spec.anchor and not draft.ca_file:
        yield Problem("trust", "ca_file", "name the file of the CA", _EXAMPLES["ca_file"])
    if not draft.hosts:
        kind = kinds.load(draft.kind) if draft.kind in kinds.names() else None
        yield Problem("hosts", "hosts", "add the hosts", hosts_example(kind))


_EXAMPLES = {
    "ca_file": "~/corp-ca.p12",
    "address": "host-a.example.net or 198.18.7.11",
    "port": "22",
    "user": "root",
    "jump": "ops@gate.example.net",
    "identity": "~/.ssh/id_ed25519",
    "names": "host-a.example.net",
    "leaf_days": "397",
    "ca_days": "3650",
    "links": "host-a>host-b",
}


def _problem(issue: Issue) -> Problem:
    step, key, host = _field_of(issue.path)
    return Problem(step, key, issue.text, issue.hint or _EXAMPLES.get(key, ""), host)


def _field_of(path: Path) -> tuple[Step, str, str]:
    """Give the step, field and host that ask for what stands at a path of the site."""
    match path:
        case ("authority", str(key), *_):
            return "trust", key, ""
        case ("hosts", str(host), "names", *_):
            return "names", "names", host
        case ("hosts", str(host), str(key), *_):
            return "hosts", key, host
        case ("hosts", str(host)):
            return "hosts", "name", host
        case ("topologies", _, "options", str(key)):
            return "options", key, ""
        case ("topologies", _, "nodes", str(host), *rest):
            return "options", str(rest[0]) if rest else "nodes", host
        case ("topologies", _, "links", *_):
            return "hosts", "links", ""
        case ("topologies", _, ("kind" | "shape") as key):
            return "topology", str(key), ""
        case ("site", *_):
            return "topology", "site", ""
    return "hosts", "hosts", ""
