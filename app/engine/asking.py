"""Ask an outside CA for certificates: requests are written out, their keys wait in the vault."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import opening
from app.engine.clients import CLIENT
from app.engine.gather import require_hosts
from app.engine.owing import needs_new
from app.engine.prepare import check_topologies
from app.engine.requests import load_requests, save_requests
from app.errors import UsageError
from app.export.client import client_spec
from app.export.requests import MARK, PROFILES, README, file_name, request_files
from app.model import Node, Site
from app.pki.secret import Secret
from app.pki.spec import IssueSpec
from app.plan.deployed import Deployed, DeployedNode
from app.plan.requested import Requested, Requests
from app.plan.specs import credentials_of, spec_of
from app.site.atomic import write_atomic
from app.site.lock import site_lock
from app.site.places import Places

if TYPE_CHECKING:
    from app.kinds.base import Kind
    from app.pki.vault import Vault


@dataclass(frozen=True, slots=True)
class Asked:
    """Say what was asked for: requests that wait, those made just now, and the folder they are in.

    `back` are credentials that were to be asked for, and whose certificate is here already.
    """

    waiting: tuple[Requested, ...]
    fresh: frozenset[str]
    folder: Path
    back: tuple[str, ...] = ()


def write_requests(
    places: Places,
    site: Site,
    passphrase: Secret | None,
    now: datetime,
    *,
    hosts: Collection[str] = (),
    clients: Collection[str] = (),
    new: bool = False,
    folder: Path | None = None,
) -> Asked:
    """Write a signing request for every credential that is needed, and keep its key.

    Without `hosts`, those are meant that have no certificate, one that is due, or one that says
    something else than site.yaml; with them, or with `clients`, only these.  A request that waits
    is written again as it is, unless `new` asks for another key.  Raises UsageError.
    """
    require_outside(site)
    kinds = opening.kinds_of(site)
    check_topologies(site, kinds)
    require_hosts(site, hosts)
    with site_lock(places, "csr"):
        deployed = opening.deployed_of(places)
        requests = load_requests(places.requests)
        with opened(places, passphrase, deployed) as vault:
            desk = _Desk(requests, deployed, vault, now)
            for node in nodes_of(site, kinds):
                record = deployed.node(node.kind, node.host)
                spec = spec_of(site, node, record)
                named = hosts or clients
                chosen = node.host in hosts if named else desk.needs(node, spec, record)
                if chosen:
                    desk.ask(node, spec, record, new=new)
            for client in clients:
                desk.ask_for(f"{CLIENT}{client}", client_spec(site, client), new=new)
            vault.save()
        target = folder or places.base / "requests"
        return _write(places, site, desk, target, now)


def require_outside(site: Site) -> None:
    """Refuse a site whose certificates are not signed by others.  Raises UsageError."""
    spec = site.authority
    if spec.trust == "ca" and spec.source == "outside":
        return
    what = "pinned certificates, which sign themselves" if spec.trust != "ca" else "a CA of its own"
    raise UsageError(
        f"this site has {what}: nothing is signed elsewhere",
        hint="`source: outside` under `authority` in site.yaml is for a CA that is not here.",
    )


def nodes_of(site: Site, kinds: Mapping[str, Kind]) -> tuple[Node, ...]:
    """Give every node of a site, those that are reached by hand as well."""
    return tuple(n for t in site.topologies for n in kinds[t.kind].nodes(site, t))


def opened(places: Places, passphrase: Secret | None, deployed: Deployed) -> Vault:
    """Open the vault to write; raises UsageError where there is none."""
    vault = opening.open_vault(places, passphrase, deployed, write=True)
    if vault is None:
        raise UsageError("this site has no vault yet", hint="`tlswright init` makes it.")
    return vault


def forget_delivered(
    vault: Vault, requests: Requests, deployed: Deployed, nodes: Collection[Node]
) -> dict[str, Requested]:
    """Forget each key whose certificate all its nodes have; gives what is left.  `save` is due."""
    from app.pki import awaiting

    left = dict(requests)
    for node in nodes:
        own = requests.get(node.credential)
        if own is None or not own.certificate:
            continue
        sharers = [n for n in nodes if n.credential == node.credential]
        records = [deployed.node(n.kind, n.host) for n in sharers]
        if all(r is not None and r.facts and r.facts.sha256 == own.sha256 for r in records):
            for name in {node.credential, *(n.dials_with for n in sharers if n.dials_with)}:
                left.pop(name, None)
                awaiting.forget_key(vault, name)
    return left


def settle_requests(places: Places, vault: Vault, nodes: Collection[Node]) -> None:
    """Forget the keys and requests of what was delivered, once the record says so."""
    requests = load_requests(places.requests)
    left = forget_delivered(vault, requests, opening.deployed_of(places), nodes)
    if left != requests:
        vault.save()
        save_requests(places.requests, left)


class _Desk:
    """Make requests, or find those that wait."""

    def __init__(self, requests: Requests, deployed: Deployed, vault: Vault, now: datetime) -> None:
        self.deployed, self.vault, self.now = deployed, vault, now
        self.requests = dict(requests)
        self.fresh: set[str] = set()
        self.back: list[str] = []

    def needs(self, node: Node, spec: IssueSpec, record: DeployedNode | None) -> bool:
        """Tell whether a node needs a certificate, or asked for one that has not come back."""
        if any(n in self.requests and not self._delivered(n, record) for n in _names(node, spec)):
            return True
        return needs_new(spec, record, self.now)

    def ask(self, node: Node, spec: IssueSpec, record: DeployedNode | None, *, new: bool) -> None:
        """Ask for every credential of a node, each once."""
        stale = self._delivered(node.credential, record)
        for name, wanted in credentials_of(node, spec).items():
            if name not in self.fresh and name not in self.back:
                self.ask_for(name, wanted, new=new or stale)

    def ask_for(self, name: str, wanted: IssueSpec, *, new: bool) -> None:
        """Ask for one credential, or go on with the request that there is."""
        kept = self.requests.get(name)
        if kept is None or new or not self._good(kept, wanted):
            self.requests[name] = self._made(name, wanted)
            self.fresh.add(name)
        elif kept.certificate:
            self.back.append(name)

    def _delivered(self, name: str, record: DeployedNode | None) -> bool:
        kept = self.requests.get(name)
        facts = record.facts if record else None
        return kept is not None and facts is not None and kept.sha256 == facts.sha256

    def _good(self, kept: Requested, spec: IssueSpec) -> bool:
        """Tell whether a request can go on as it is."""
        from app.pki import awaiting

        lacks = kept.lacks(spec, self.now)
        key = awaiting.load_key(self.vault, kept.name)
        return lacks in ("", "it waits") and key is not None and key_id(key) == kept.key

    def _made(self, name: str, spec: IssueSpec) -> Requested:
        from app.pki import awaiting
        from app.pki.keys import new_key
        from app.pki.requests import make_request

        key, kept = new_key(spec.key_type), self.requests.get(name)
        awaiting.store_key(self.vault, name, key)
        csr, since = make_request(spec, key).decode(), self.now.isoformat(timespec="seconds")
        # Where the last one was written, this one may stand.
        return Requested(name, spec, csr, key_id(key), since, kept.file if kept else "")


def key_id(key: object) -> str:
    """Give the SHA-256 of the public key of a private one, by which certificates are matched."""
    from app.pki.keys import public_der, supported

    return hashlib.sha256(public_der(supported(key).public_key())).hexdigest()


def _names(node: Node, spec: IssueSpec) -> Iterator[str]:
    yield from credentials_of(node, spec)


def _write(places: Places, site: Site, desk: _Desk, folder: Path, now: datetime) -> Asked:
    """Write the record, then the files; a file that is not ours is never replaced."""
    save_requests(places.requests, desk.requests)
    waiting = [one for one in desk.requests.values() if not one.certificate]
    if not waiting:
        return Asked((), frozenset(), folder, tuple(desk.back))
    base = places.base.absolute()
    ours = {base / one.file for one in desk.requests.values() if one.file}
    if folder == places.base / "requests":
        ours |= {folder.absolute() / f"{file_name(one.name)}.csr" for one in waiting}
    place(folder, request_files(site.name, waiting, now), ours)
    for one in waiting:
        path = (folder / f"{file_name(one.name)}.csr").absolute()
        file = path.relative_to(base) if path.is_relative_to(base) else path
        desk.requests[one.name] = replace(one, file=str(file))
    save_requests(places.requests, desk.requests)
    told = tuple(desk.requests[one.name] for one in sorted(waiting, key=lambda one: one.name))
    return Asked(told, frozenset(desk.fresh), folder, tuple(desk.back))


def place(folder: Path, files: Mapping[str, bytes], ours: Collection[Path]) -> None:
    """Write the files into a folder, which is made where it is not; raises UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            _require_ours(folder / name, data, ours)
        for name, data in files.items():
            write_atomic(folder / name, data, 0o644)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror or error}",
            hint="Name another folder: --out FOLDER. The keys are kept; ask again.",
        ) from error


def _require_ours(path: Path, data: bytes, ours: Collection[Path]) -> None:
    """Refuse to replace what somebody else wrote there."""
    if path.absolute() in ours and not path.is_symlink():
        return
    if not path.is_symlink():
        try:
            there = path.read_bytes()
        except FileNotFoundError:
            return
        first = there.partition(b"\n")[0]
        marked = path.suffix == ".ext" and first.startswith(MARK.encode())
        known = path.name in (README, PROFILES) and first == data.partition(b"\n")[0]
        if there == data or marked or known:
            return
    raise UsageError(
        f"{path} exists already, and was not written for this site",
        hint="Name another folder: --out FOLDER.",
    )
