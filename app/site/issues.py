"""Judge a whole site: every value, and the values against each other.

site.yaml and the wizard's draft are judged by this one function.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.errors import UsageError
from app.model import AuthoritySpec, Host, Site, Topology
from app.site import checks
from app.site.catalogue import KindFacts, Kinds, role_names
from app.site.options import problem
from app.site.report import Fault, Issue, Path, nearest
from app.site.schema import KEY_TYPES, PRIVILEGES, REACHES, SOURCES, SYSTEMS, TRUSTS


def site_issues(site: Site, kinds: Kinds) -> tuple[Issue, ...]:
    """Give everything that is wrong with a site, each with its path."""
    found = [
        *_name(site),
        *_authority(site),
        *(issue for host in site.hosts.values() for issue in _host(host)),
        *_twins(site),
        *_pinned_by_hand(site),
    ]
    if not site.hosts:
        found.append(Issue(("hosts",), "there are no hosts"))
    if not site.topologies:
        found.append(Issue(("topologies",), "there is no topology"))
    for i, topology in enumerate(site.topologies):
        found += _topology(site, topology, ("topologies", i), kinds)
    return tuple(found)


def _name(site: Site) -> Iterator[Issue]:
    if text := checks.site_name(site.name):
        yield Issue(("site",), text, "Such as prod-mq.")


def _authority(site: Site) -> Iterator[Issue]:
    spec, path = site.authority, ("authority",)
    if spec.trust not in TRUSTS:
        yield Issue((*path, "trust"), f"must be {' or '.join(TRUSTS)}")
    if spec.key_type not in KEY_TYPES:
        yield Issue((*path, "key_type"), f"must be {' or '.join(KEY_TYPES)}")
    if text := checks.authority_name(spec.name):
        yield Issue((*path, "name"), text)
    yield from _source(spec)
    bad_days = False
    for key, value in (("ca_days", spec.ca_days), ("leaf_days", spec.leaf_days)):
        if text := checks.days(value):
            bad_days = True
            yield Issue((*path, key), text)
    own = spec.trust == "ca" and spec.source == "own"
    if not bad_days and own and spec.leaf_days > spec.ca_days:
        hint = f"The CA lives {spec.ca_days} days."
        yield Issue((*path, "leaf_days"), "must not be longer than the CA's life", hint)
    if not 1 <= spec.generation <= 10_000:
        yield Issue((*path, "generation"), "must be from 1 to 10000")


def _source(spec: AuthoritySpec) -> Iterator[Issue]:
    path: Path = ("authority",)
    if spec.source not in SOURCES:
        yield Issue((*path, "source"), f"must be {', '.join(SOURCES[:-1])} or {SOURCES[-1]}")
    elif spec.trust == "pinned" and spec.source != "own":
        text = f"pinned trust has no CA, so none that is {spec.source}"
        yield Issue((*path, "source"), text, "Remove it, or set `trust: ca`.")
    if text := checks.anchor(spec.anchor):
        yield Issue((*path, "anchor"), text)
    elif spec.anchor and spec.source == "own":
        text = "is for a CA that was not made here"
        yield Issue((*path, "anchor"), text, "Remove it, or set `source: imported` or `outside`.")


def _host(host: Host) -> Iterator[Issue]:
    path: Path = ("hosts", host.name)
    if text := checks.host_name(host.name):
        yield Issue(path, f"the host's name {text}", "It is a store alias too.", at_key=True)
    for key, check in checks.HOST_TEXTS.items():
        if text := check(getattr(host, key)):
            yield Issue((*path, key), text)
    if host.privilege not in PRIVILEGES:
        yield Issue((*path, "privilege"), f"must be {' or '.join(PRIVILEGES)}")
    for key, words in (("reach", REACHES), ("system", SYSTEMS)):
        if getattr(host, key) not in words:
            yield Issue((*path, key), f"must be {' or '.join(words)}")
    if host.system == "windows" and not host.by_hand:
        hint = "Add `reach: bundle`: its files are then made for delivery by hand."
        yield Issue((*path, "system"), "windows is not reached over SSH", hint)
    if text := checks.port(host.port):
        yield Issue((*path, "port"), text)
    for i, name in enumerate(host.names):
        if text := checks.dialled_name(name):
            yield Issue((*path, "names", i), text)
    if host.jump and host.jump == host.name:
        yield Issue((*path, "jump"), "a host cannot be its own jump host")


def _twins(site: Site) -> Iterator[Issue]:
    seen: dict[tuple[str, int, str], str] = {}
    for host in site.hosts.values():
        key = (host.address.lower().removesuffix("."), host.port, host.root.rstrip("/"))
        if host.address and key in seen:
            text = f"is the same machine as {seen[key]}: {host.address} port {host.port}"
            hint = "One host of the site is one machine: remove one of the two."
            yield Issue(("hosts", host.name, "address"), text, hint)
        seen.setdefault(key, host.name)


def _pinned_by_hand(site: Site) -> Iterator[Issue]:
    """Refuse what would have to be delivered again with every new key of every peer."""
    for host in site.hosts.values():
        if host.by_hand and site.authority.trust == "pinned":
            text = "bundle needs trust by a CA: pinned, its files change with every peer's key"
            yield Issue(("hosts", host.name, "reach"), text, "Set `trust: ca` under `authority`.")


def _topology(site: Site, topology: Topology, path: Path, kinds: Kinds) -> list[Issue]:
    try:
        kind = kinds.load(topology.kind)
    except UsageError as error:
        return [Issue((*path, "kind"), error.text, error.hint)]
    found = [
        *_trust(site, kind),
        *_roles(site, topology, path, kind),
        *_links(topology, path, kind),
        *_options(topology, path, kind),
        *_node_options(topology, path, kind),
    ]
    if topology.shape not in kind.shapes:
        hint = nearest(topology.shape, kind.shapes)
        found.append(Issue((*path, "shape"), f"{kind.name} has no such shape", hint))
    if not found:
        found = [
            Issue(_place(text, path, topology), text) for text in kind.problems(site, topology)
        ]
    return found


def _place(text: str, path: Path, topology: Topology) -> Path:
    """Give the path of the answer that a kind's sentence is about."""
    if not isinstance(text, Fault):
        return path
    if text.key == "names":
        return ("hosts", text.host, "names")
    if text.key == "links":
        return (*path, "links")
    if text.host and text.key in topology.node_options.get(text.host, {}):
        return (*path, "nodes", text.host, text.key)
    return (*path, "options", text.key)


def _trust(site: Site, kind: KindFacts) -> Iterator[Issue]:
    trust = site.authority.trust
    if trust in TRUSTS and trust not in kind.trusts:
        text = f"{kind.name} cannot do with {trust}: must be {' or '.join(kind.trusts)}"
        yield Issue(("authority", "trust"), text)


def _roles(site: Site, topology: Topology, path: Path, kind: KindFacts) -> Iterator[Issue]:
    seen: dict[str, str] = {}
    for role, hosts in topology.roles.items():
        if role not in role_names(kind):
            hint = nearest(role, role_names(kind))
            yield Issue((*path, "roles", role), f"{kind.name} has no such role", hint, at_key=True)
        for i, host in enumerate(hosts):
            at: Path = (*path, "roles", role, i)
            if host not in site.hosts:
                yield Issue(at, f"there is no host {host!r}", nearest(host, site.hosts))
            elif host in seen:
                text = (
                    f"{host} is here twice"
                    if seen[host] == role
                    else f"{host} is a {seen[host]} too"
                )
                yield Issue(at, text, "A host has one role in a topology.")
            seen.setdefault(host, role)
    if not seen:
        example = ", ".join(f"{role}: [{role}-1]" for role in role_names(kind))
        yield Issue((*path, "roles"), "has no hosts", f"Write it like {{{example}}}.")


def _links(topology: Topology, path: Path, kind: KindFacts) -> Iterator[Issue]:
    seen: set[tuple[str, str]] = set()
    if topology.drawn and not kind.draws_links:
        text = f"links of {kind.name} are not drawn: its shape says who dials whom"
        yield Issue((*path, "links"), text, "Take `links:` out.", at_key=True)
        return
    for i, link in enumerate(topology.drawn):
        at: Path = (*path, "links", i)
        strange = [(j, host) for j, host in enumerate(link) if host not in topology.hosts]
        for j, host in strange:
            hint = nearest(host, topology.hosts)
            yield Issue((*at, j), f"there is no host {host!r} in this topology", hint)
        if not strange and link[0] == link[1]:
            yield Issue(at, f"{link[0]} cannot dial itself")
        elif link in seen:
            yield Issue(at, f"the link from {link[0]} to {link[1]} is here twice")
        seen.add(link)


def _options(topology: Topology, path: Path, kind: KindFacts) -> Iterator[Issue]:
    declared = {option.key: option for option in kind.options}
    for key, value in topology.options.items():
        at: Path = (*path, "options", key)
        if key not in declared:
            yield Issue(at, f"{kind.name} has no such option", nearest(key, declared), at_key=True)
        elif text := problem(declared[key], value):
            yield Issue(at, text, declared[key].help)


def _node_options(topology: Topology, path: Path, kind: KindFacts) -> Iterator[Issue]:
    declared = {option.key: option for option in kind.options}
    for host, options in topology.node_options.items():
        at: Path = (*path, "nodes", host)
        if host not in topology.hosts:
            text = f"there is no host {host!r} in this topology"
            yield Issue(at, text, nearest(host, topology.hosts), at_key=True)
        for key, value in options.items():
            if key not in declared:
                hint = nearest(key, declared)
                yield Issue((*at, key), f"{kind.name} has no such option", hint, at_key=True)
            elif text := problem(declared[key], value):
                yield Issue((*at, key), text, declared[key].help)
