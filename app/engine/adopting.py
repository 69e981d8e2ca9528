"""Look at the stores that services use already, whoever made them; keep what the user chooses.

The bytes of a store hold private keys.  They stay in this process's memory: what is kept of them is
certificates, beside site.yaml, and a key that the user keeps, in the vault.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from app.engine.gather import Gathered, Say, distinct, gather, refuse_errors, require_hosts
from app.errors import GivenError, HostError, TlswrightError, UsageError
from app.kinds.base import Kind, NamedStore
from app.model import Node, Site
from app.observed import FileFact, HostObservation, Survey
from app.pki.secret import Secret
from app.plan.deployed import Deployed
from app.quoting import calm
from app.remote.base import Connector

if TYPE_CHECKING:
    from app.pki.adopted import Entry, OpenedStore


@dataclass(frozen=True, slots=True)
class FoundStore:
    """Hold one store that a node's configuration names; `data` may hold private keys.

    `own` says that it is the one which this site put there; `pem` and `aside` are those of
    NamedStore.  `error` says why it was not read,
    `opened` what it holds once a password opened it.
    """

    node: Node
    role: Literal["key", "trust"]
    named: str
    where: str
    path: str = ""
    own: bool = False
    data: bytes = field(default=b"", repr=False)
    passwords: tuple[Secret, ...] = field(default=(), repr=False)
    opened: OpenedStore | None = None
    error: TlswrightError | None = None
    locked: bool = False
    pem: bool = False
    aside: str = ""

    @property
    def host(self) -> str:
        """Give the host's name."""
        return self.node.host

    @property
    def place(self) -> str:
        """Name it in one line: host, and path or name."""
        return f"{self.host}: {self.path or self.named}"

    def open(self, more: Sequence[Secret] = ()) -> FoundStore:
        """Try the passwords of the configuration first, then those that the user gave.

        A key that none of them opened is tried again too.
        """
        from app.errors import PasswordError
        from app.pki.adopted import open_store
        from app.pki.adopted_pem import open_pem

        if not self.data:
            return self
        try:
            if self.pem:
                return replace(self, opened=open_pem(self.data, self.role, where=self.place))
            opened = open_store(self.data, (*self.passwords, *more), where=self.place)
        except PasswordError as error:
            return replace(self, error=error, locked=True)
        except GivenError as error:
            return replace(self, error=error)
        locked = any(not one.key and "password" in one.problem for one in opened.entries)
        return replace(self, opened=opened, error=None, locked=locked)


@dataclass(frozen=True, slots=True)
class Found:
    """Hold the stores of all hosts, and what is to be known of hosts that name none.

    `errors` are of the hosts that could not be asked, each by its host.
    """

    stores: tuple[FoundStore, ...]
    notes: tuple[tuple[str, str], ...] = ()
    errors: Mapping[str, HostError] = field(default_factory=dict)

    def open(self, more: Sequence[Secret] = ()) -> Found:
        """Open what the passwords open."""
        return replace(self, stores=tuple(one.open(more) for one in self.stores))


def find_stores(
    site: Site,
    kinds: Mapping[str, Kind],
    connector: Connector,
    deployed: Deployed,
    hosts: Collection[str],
    say: Say,
) -> Found:
    """Read the stores that the configurations of hosts name, of all hosts or of some.

    Raises HostError where no host could be asked, UsageError for a host that is none.
    """
    _require_ssh(site, hosts)
    gathered = gather(site, kinds, connector, say, hosts=hosts)
    try:
        if not gathered.observed:
            refuse_errors(gathered.errors)
        nodes = [
            (kinds[t.kind], node)
            for t in site.topologies
            for node in kinds[t.kind].nodes(site, t)
            if node.host in gathered.observed and (not hosts or node.host in hosts)
        ]
        stores: list[FoundStore] = []
        notes: list[tuple[str, str]] = []
        errors = dict(gathered.errors)
        for kind, node in nodes:
            seen = gathered.observed[node.host]
            try:
                named = kind.stores(site, node, seen)
            except TlswrightError as error:
                notes.append((node.host, f"{error}"))
                continue
            problems = kind.layout(site, node, seen).problems
            if not named:
                text = problems[0] if problems else "its configuration names no key store"
                notes.append((node.host, text))
                continue
            try:
                files = _read(gathered, node.host, named)
            except HostError as error:
                errors[node.host] = error
                continue
            stores += (_found(node, one, files, deployed) for one in named)
        return Found(tuple(stores), tuple(notes), errors).open()
    finally:
        gathered.close()


def _require_ssh(site: Site, hosts: Collection[str]) -> None:
    require_hosts(site, hosts)
    for host in hosts:
        if site.hosts[host].by_hand:
            raise UsageError(
                f"{host} is not reached over SSH: its stores cannot be read",
                hint="A person brings its files there (`reach: bundle`).",
            )


def _read(gathered: Gathered, host: str, named: Sequence[NamedStore]) -> Mapping[str, FileFact]:
    """Read the bytes of the stores of one host, in one round trip."""
    paths = tuple(path for one in named for path in one.paths if not set(path) & set("*?\n"))
    if not paths:
        return {}
    seen: HostObservation = gathered.remotes[host].observe(Survey(texts=paths))
    return seen.files


def _found(
    node: Node, one: NamedStore, files: Mapping[str, FileFact], deployed: Deployed
) -> FoundStore:
    from app.pki.adopted import MOST_BYTES, too_big

    base = FoundStore(
        node, one.role, one.named, one.where, passwords=one.passwords, pem=one.pem,
        aside=one.aside,
    )  # fmt: skip
    fact = next((files[p] for p in one.paths if p in files and files[p].type == "file"), None)
    if fact is None:
        return replace(base, error=_missing(base, one, files))
    base = replace(base, path=fact.path)
    record = deployed.node(node.kind, node.host)
    kept = record.files.get(fact.path, ("", "")) if record is not None else ("", "")
    own = bool(kept[0]) and kept[0] == fact.sha256
    if fact.data is None and fact.size <= MOST_BYTES:
        hidden = GivenError("it cannot be read", where=base.place, hint=f"{one.where} names it.")
        return replace(base, own=own, error=hidden)
    if fact.data is None:
        return replace(base, own=own, error=too_big(base.place))
    if not fact.data:
        empty = GivenError("it is empty", where=base.place, hint=f"{one.where} names it.")
        return replace(base, own=own, error=empty)
    return replace(base, own=own, data=fact.data)


def _missing(base: FoundStore, one: NamedStore, files: Mapping[str, FileFact]) -> GivenError:
    if not one.paths:
        return GivenError(
            "only the service can tell what file this is",
            where=base.place,
            hint=f"{one.where} names it by a placeholder or a URL: write its path there.",
        )
    there = next((files[path] for path in one.paths if path in files), None)
    what = f"it is a {there.type}, no file" if there and there.type != "absent" else "no such file"
    return GivenError(
        what,
        where=base.place,
        hint=f"{one.where} names it; looked for at {', '.join(one.paths)}.",
    )


def locked(found: Found) -> Iterator[FoundStore]:
    """Give the stores, not this site's own, that a password of the user's may open."""
    return (one for one in found.stores if one.locked and not one.own)


def error_lines(found: Found) -> list[str]:
    """Say which hosts could not be asked, why, and what to do; a jump host's error once."""
    lines: list[str] = []
    for error in distinct(found.errors):
        hosts = ", ".join(h for h, e in sorted(found.errors.items()) if e.text == error.text)
        lines.append(f"{hosts}  XX not read: {error}")
        lines += [f"    {error.hint}"] if error.hint else []
    return [calm(line, 1000).replace("\n", " ") for line in lines]


def store_lines(one: FoundStore) -> list[str]:
    """Say where a store is and what it holds, for people."""
    kind = one.opened.format if one.opened else ""
    words = ", ".join(word for word in (kind, "this site's own" if one.own else "") if word)
    lines = [f"{one.host}  {one.role} store  {one.path or one.named}  {words}".rstrip()]
    if one.error is not None:
        lines.append(f"  XX {one.error.text}")
        lines += [f"    {one.error.hint}"] if one.error.hint else []
    for entry in one.opened.entries if one.opened else ():
        lines += _entry_lines(entry)
    lines += [f"  -- {one.aside}"] if one.aside and not one.own else []
    unread = one.opened.unread if one.opened else ()
    lines += [f"  XX {alias}: its certificate cannot be read" for alias in unread]
    return [calm(line, 1000).replace("\n", " ") for line in lines]


def _entry_lines(entry: Entry) -> list[str]:
    facts = entry.facts
    signer = "itself" if facts.self_signed else facts.issuer
    what = "key" if entry.kind == "key" else "trusts"
    names = ", ".join(san.value for san in facts.sans)
    lines = [
        f"  {entry.alias or '(no name)'}  {what}  {facts.subject}, until "
        f"{facts.not_after:%Y-%m-%d}, signed by {signer}",
        f"    SHA-256 {facts.sha256}",
    ]
    if entry.kind == "key":
        chain = f", {len(entry.chain)} above it" if entry.chain else ""
        lines.append(f"    {facts.key_type}, names: {names or 'none'}{chain}")
    return [*lines, *([f"  !! {entry.problem}"] if entry.problem else [])]
