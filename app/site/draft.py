"""The wizard's half-filled site: answers as values, and pure functions that change them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from app.errors import UsageError
from app.model import AuthoritySpec, Options, Scalar, Source
from app.site.catalogue import KindFacts, Kinds, role_names
from app.site.report import nearest

Step = Literal["topology", "hosts", "names", "trust", "options"]
STEPS: tuple[Step, ...] = ("topology", "hosts", "names", "trust", "options")


@dataclass(frozen=True, slots=True)
class DraftHost:
    """Hold the answers about one host; an empty role has not been chosen yet."""

    name: str
    address: str
    port: int = 22
    user: str = ""
    privilege: str = "root"
    identity: str = ""
    jump: str = ""
    names: tuple[str, ...] = ()
    role: str = ""
    host_key: str = ""
    root: str = ""
    reach: str = "ssh"
    system: str = "linux"


@dataclass(frozen=True, slots=True)
class Answers:
    """Hold what was answered for a kind that is not the chosen one now."""

    shape: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    drawn: tuple[tuple[str, str], ...] = ()
    options: Options = field(default_factory=dict)
    node_options: Mapping[str, Options] = field(default_factory=dict)
    trust: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """Hold the wizard's answers; every field may still be empty or wrong.

    `shelved` keeps the answers of other kinds; `seen` is the digest of the site.yaml that the
    draft was made from, empty when there was none; `ca_file` and `ca_key` name the files of a CA
    that is to be imported.  No secret is ever a part of it.
    """

    kind: str = ""
    shape: str = ""
    site: str = ""
    hosts: tuple[DraftHost, ...] = ()
    drawn: tuple[tuple[str, str], ...] = ()
    options: Options = field(default_factory=dict)
    node_options: Mapping[str, Options] = field(default_factory=dict)
    authority: AuthoritySpec = field(default_factory=AuthoritySpec)
    step: Step = "topology"
    shelved: Mapping[str, Answers] = field(default_factory=dict)
    seen: str = ""
    ca_file: str = ""
    ca_key: str = ""

    @property
    def host_names(self) -> tuple[str, ...]:
        """Give the hosts' names in order."""
        return tuple(host.name for host in self.hosts)

    def host(self, name: str) -> DraftHost:
        """Give one host; raises UsageError with the nearest name when there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise UsageError(f"there is no host {name!r}", hint=nearest(name, self.host_names))


def set_kind(draft: Draft, name: str, kinds: Kinds) -> Draft:
    """Choose the kind; the answers for the old one are kept and come back with it.

    Trust that the new kind cannot live with is put aside too.
    """
    if name == draft.kind:
        return draft
    kind = kinds.load(name)
    shelved = dict(draft.shelved)
    if draft.kind:
        roles = {host.name: host.role for host in draft.hosts}
        shelved[draft.kind] = Answers(
            draft.shape, roles, draft.drawn, draft.options, draft.node_options,
            draft.authority.trust,
        )  # fmt: skip
    back = shelved.pop(name, Answers(shape=kind.shapes[0]))
    present = set(draft.host_names)
    trust = next((t for t in (back.trust, draft.authority.trust) if t in kind.trusts), "")
    draft = set_authority(draft, trust=trust or kind.trusts[0])
    return with_roles(
        replace(
            draft,
            kind=name,
            shape=back.shape,
            hosts=tuple(replace(h, role=back.roles.get(h.name, "")) for h in draft.hosts),
            drawn=tuple(link for link in back.drawn if set(link) <= present),
            options=back.options,
            node_options={h: own for h, own in back.node_options.items() if h in present},
            shelved=shelved,
        ),
        kind,
    )


def with_roles(draft: Draft, kind: KindFacts) -> Draft:
    """Give a role to hosts that have none: to the first host the first role, the next to others."""
    roles = role_names(kind)
    taken = {host.role for host in draft.hosts}
    hosts: list[DraftHost] = []
    for host in draft.hosts:
        first = roles[0] not in taken or len(roles) == 1
        role = host.role if host.role in roles else roles[0 if first else 1]
        taken.add(role)
        hosts.append(replace(host, role=role))
    return replace(draft, hosts=tuple(hosts))


def set_host(draft: Draft, name: str, /, **values: Any) -> Draft:
    """Change fields of one host; a new `name` is taken over into links and options."""
    old = draft.host(name)
    new = replace(old, **values)
    if new.name != name and new.name in draft.host_names:
        raise UsageError(f"there is a host {new.name!r} already")
    draft = replace(draft, hosts=tuple(new if h.name == name else h for h in draft.hosts))
    return draft if new.name == name else _renamed(draft, name, new.name)


def set_role(draft: Draft, name: str, role: str, kinds: Kinds) -> Draft:
    """Give a host a role; raises UsageError for a role that the kind does not have."""
    roles = role_names(kinds.load(draft.kind))
    if role not in roles:
        raise UsageError(f"{draft.kind} has no role {role!r}", hint=nearest(role, roles))
    return set_host(draft, name, role=role)


def remove(draft: Draft, names: Iterable[str]) -> Draft:
    """Take hosts out, with their links and options."""
    gone = {draft.host(name).name for name in names}
    return replace(
        draft,
        hosts=tuple(h for h in draft.hosts if h.name not in gone),
        drawn=tuple(link for link in draft.drawn if not gone & set(link)),
        node_options={h: own for h, own in draft.node_options.items() if h not in gone},
    )


def move(draft: Draft, name: str, places: int) -> Draft:
    """Move a host up (negative) or down the list: its order is that of the run."""
    hosts = [h for h in draft.hosts if h.name != name]
    at = draft.hosts.index(draft.host(name)) + places
    hosts.insert(max(0, min(at, len(hosts))), draft.host(name))
    return replace(draft, hosts=tuple(hosts))


def link(draft: Draft, initiator: str, acceptor: str) -> Draft:
    """Draw a link; raises UsageError for an unknown host or a host with itself."""
    pair = (draft.host(initiator).name, draft.host(acceptor).name)
    if pair[0] == pair[1]:
        raise UsageError(f"{initiator} cannot dial itself")
    return draft if pair in draft.drawn else replace(draft, drawn=(*draft.drawn, pair))


def unlink(draft: Draft, initiator: str, acceptor: str) -> Draft:
    """Take a drawn link away; nothing happens when there is none."""
    pair = (initiator, acceptor)
    return replace(draft, drawn=tuple(one for one in draft.drawn if one != pair))


def set_option(draft: Draft, key: str, value: Scalar | None, host: str = "") -> Draft:
    """Set an option of the topology, or of one host; None goes back to what holds without it."""
    if not host:
        return replace(draft, options=_with(draft.options, key, value))
    own = _with(draft.node_options.get(draft.host(host).name, {}), key, value)
    nodes = {**draft.node_options, host: own}
    return replace(draft, node_options={name: values for name, values in nodes.items() if values})


def set_authority(draft: Draft, **values: Any) -> Draft:
    """Change fields of the authority; pinned trust has no CA, so none that comes from elsewhere."""
    if values.get("trust") == "pinned":
        values = {**values, "source": "own"}
    if values.get("source", draft.authority.source) == "own":
        values = {**values, "anchor": ""}
    return replace(draft, authority=replace(draft.authority, **values))


def set_source(draft: Draft, source: Source, was: AuthoritySpec | None = None) -> Draft:
    """Choose where the CA comes from; another choice means another CA, which nothing says yet.

    `was` is the authority of the site: going back to its source goes back to its CA, and one that
    is made here in place of another is a generation of its own.
    """
    if source == draft.authority.source:
        return draft
    if was is not None and was.source == source:
        return set_authority(draft, source=source, anchor=was.anchor, generation=was.generation)
    after = was.generation + 1 if was is not None and source == "own" else 0
    generation = after or draft.authority.generation
    return set_authority(draft, source=source, anchor="", generation=generation)


def _with(options: Options, key: str, value: Scalar | None) -> Options:
    others = {k: v for k, v in options.items() if k != key}
    return others if value is None else {**options, key: value}


def _renamed(draft: Draft, old: str, new: str) -> Draft:
    def name(host: str) -> str:
        return new if host == old else host

    return replace(
        draft,
        drawn=tuple((name(a), name(b)) for a, b in draft.drawn),
        node_options={name(h): own for h, own in draft.node_options.items()},
    )
