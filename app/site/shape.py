"""Turn the tree of site.yaml into the model, without judging values against each other."""

from __future__ import annotations

from typing import cast

from app.errors import UsageError
from app.model import (
    AuthoritySpec,
    Host,
    KeyType,
    Options,
    Privilege,
    Reach,
    Site,
    Source,
    System,
    Topology,
    Trust,
)
from app.site import schema
from app.site.catalogue import KindFacts, Kinds, role_names
from app.site.reading import NO_SECRETS, VAULT_HINT, Reading
from app.site.report import Path, nearest
from app.site.tree import Node


def read_site(root: Node, name: str, kinds: Kinds, into: Reading) -> Site:
    """Read a site; whatever is wrong is noted, and its default stands in for it."""
    top = into.keyed(root, (), schema.TOP_KEYS)
    for key in ("site", "hosts", "topologies"):
        if key not in top:
            into.note((key,), "is missing", f"Add a line that begins with `{key}:`.")
    hosts = into.mapping(top.get("hosts"), ("hosts",))
    topologies = into.items(top.get("topologies"), ("topologies",), "`- kind: activemq`")
    return Site(
        name=into.text(top.get("site"), ("site",)),
        authority=_authority(top.get("authority"), into),
        hosts={key: _host(key, node, into) for key, node in hosts.items()},
        topologies=tuple(
            _topology(node, ("topologies", i), kinds, into) for i, node in enumerate(topologies)
        ),
        path=name,
    )


def _authority(node: Node | None, into: Reading) -> AuthoritySpec:
    path: Path = ("authority",)
    found = into.keyed(node, path, schema.AUTHORITY_KEYS)
    plain = AuthoritySpec()
    trust = into.choice(found.get("trust"), (*path, "trust"), schema.TRUSTS, plain.trust)
    source = into.choice(found.get("source"), (*path, "source"), schema.SOURCES, plain.source)
    key_type = into.choice(
        found.get("key_type"), (*path, "key_type"), schema.KEY_TYPES, plain.key_type
    )
    return AuthoritySpec(
        trust=cast(Trust, trust),
        name=into.text(found.get("name"), (*path, "name")),
        source=cast(Source, source),
        anchor=into.text(found.get("anchor"), (*path, "anchor")),
        key_type=cast(KeyType, key_type),
        ca_days=into.whole(found.get("ca_days"), (*path, "ca_days"), plain.ca_days),
        leaf_days=into.whole(found.get("leaf_days"), (*path, "leaf_days"), plain.leaf_days),
        generation=into.whole(found.get("generation"), (*path, "generation"), plain.generation),
    )


def _host(name: str, node: Node, into: Reading) -> Host:
    path: Path = ("hosts", name)
    found = into.keyed(node, path, schema.HOST_KEYS)
    if "address" not in found:
        into.note((*path, "address"), "is missing", "Add `address:` with a name or an IP address.")
    privilege = into.choice(found.get("privilege"), (*path, "privilege"), schema.PRIVILEGES, "root")
    reach = into.choice(found.get("reach"), (*path, "reach"), schema.REACHES, "ssh")
    system = into.choice(found.get("system"), (*path, "system"), schema.SYSTEMS, "linux")

    def text(key: str) -> str:
        return into.text(found.get(key), (*path, key))

    return Host(
        name=name,
        address=text("address"),
        port=into.whole(found.get("port"), (*path, "port"), 22),
        user=text("user"),
        privilege=cast(Privilege, privilege),
        identity=text("identity"),
        jump=text("jump"),
        host_key=text("host_key"),
        names=into.texts(found.get("names"), (*path, "names"), "[host-a.example.net]"),
        root=text("root"),
        reach=cast(Reach, reach),
        system=cast(System, system),
    )


def _topology(node: Node, path: Path, kinds: Kinds, into: Reading) -> Topology:
    found = into.keyed(node, path, schema.TOPOLOGY_KEYS)
    kind = _kind(found.get("kind"), path, kinds, into)
    shapes = kind.shapes if kind else ("",)
    nodes = into.mapping(found.get("nodes"), (*path, "nodes"))
    return Topology(
        kind=kind.name if kind else "",
        shape=into.choice(found.get("shape"), (*path, "shape"), shapes, shapes[0])
        if kind
        else into.text(found.get("shape"), (*path, "shape")),
        roles=_roles(found.get("roles"), (*path, "roles"), kind, into),
        drawn=_links(found.get("links"), (*path, "links"), into),
        options=_options(found.get("options"), (*path, "options"), kind, into, ""),
        node_options={
            host: _options(value, (*path, "nodes", host), kind, into, host)
            for host, value in nodes.items()
        },
    )


def _kind(node: Node | None, path: Path, kinds: Kinds, into: Reading) -> KindFacts | None:
    name = into.text(node, (*path, "kind"))
    if not name:
        into.note((*path, "kind"), "is missing", f"One of: {', '.join(kinds.names())}.")
        return None
    if name not in kinds.names():
        into.note((*path, "kind"), f"there is no kind {name!r}", nearest(name, kinds.names()))
        return None
    try:
        return kinds.load(name)
    except UsageError as error:
        into.note((*path, "kind"), error.text, error.hint)
        return None


def _roles(
    node: Node | None, path: Path, kind: KindFacts | None, into: Reading
) -> dict[str, tuple[str, ...]]:
    known = role_names(kind) if kind else ()
    found = into.mapping(node, path)
    if kind:
        into.keyed(node, path, known)
    return {
        role: into.texts(value, (*path, role), f"[{role}-a, {role}-b]")
        for role, value in found.items()
    }


def _links(node: Node | None, path: Path, into: Reading) -> tuple[tuple[str, str], ...]:
    example = "[[host-a, host-b]]"
    links: list[tuple[str, str]] = []
    for i, item in enumerate(into.items(node, path, example)):
        pair = into.texts(item, (*path, i), example)
        if len(pair) == 2:
            links.append((pair[0], pair[1]))
        else:
            links.append(("", ""))
            into.note((*path, i), "must name two hosts", f"Write it like {example}.")
    return tuple(links)


def _options(
    node: Node | None, path: Path, kind: KindFacts | None, into: Reading, host: str
) -> Options:
    if kind is None:
        return {}
    found = into.mapping(node, path)
    for option in kind.options:
        if option.key in found and option.secret:
            into.note((*path, option.key), NO_SECRETS, VAULT_HINT, at_key=True)
        elif option.key in found and option.scope == "node" and not host:
            hint = f"Move it to `nodes:`, like {{HOST: {{{option.key}: …}}}}."
            into.note((*path, option.key), "is set for each node", hint, at_key=True)
    allowed = tuple(o.key for o in kind.options if not o.secret and (host or o.scope != "node"))
    known = into.keyed(node, path, allowed) if found else {}
    values = {key: into.scalar(value, (*path, key)) for key, value in known.items()}
    return {key: value for key, value in values.items() if value is not None}
