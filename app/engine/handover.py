"""Make what a person brings to a host that we cannot reach, and remember how far that got.

The key is born here, as every key is, but cannot go straight to its host: the vault keeps it until
somebody says that it was delivered, so that a second bundle holds the same credential.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from app.engine import opening
from app.engine.keyring import Keyring, with_root
from app.engine.prepare import check_topologies
from app.engine.record import save_deployed
from app.engine.requests import load_requests
from app.engine.sharing import Holders, holders
from app.errors import UsageError
from app.export.archive import Entry, write_zip
from app.export.bundle import entries
from app.kinds.base import Kind, Render
from app.kinds.bundle import Bundle
from app.kinds.resources import KeyWant
from app.model import Node, Site, Topology
from app.observed import HostObservation
from app.pki.expiry import due
from app.pki.facts import CertificateFacts
from app.pki.secret import Secret
from app.pki.spec import IssueSpec, mismatches
from app.plan.deployed import Deployed, DeployedNode, fingerprint
from app.plan.phases import trusted
from app.plan.requested import Requests
from app.plan.specs import signature, spec_of
from app.plan.succession import superseded
from app.site.lock import site_lock
from app.site.places import Places
from app.site.report import nearest

if TYPE_CHECKING:
    from app.pki.credential import Credential
    from app.pki.vault import Vault

MAKE_NEW = "--new makes a new key and certificate; the host goes on with the old until then."


@dataclass(frozen=True, slots=True)
class HandOver:
    """Hold a finished bundle: the zip file's bytes, and what is said of it.

    `folders` lie in the zip file, one for each node; `fresh` tells that new keys were made.
    """

    host: str
    data: bytes = field(repr=False)
    folders: tuple[str, ...]
    facts: CertificateFacts
    fresh: bool

    @property
    def sha256(self) -> str:
        """Give the digest of the zip file, to be compared where it arrives."""
        return hashlib.sha256(self.data).hexdigest()


def export_bundle(
    places: Places,
    site: Site,
    host: str,
    passphrase: Secret | None,
    now: datetime,
    *,
    new: bool = False,
    password: Secret | None = None,
) -> HandOver:
    """Make the bundle of a host that is reached by hand, and record what it holds.

    A second one holds the same keys, unless the certificate is due, what it must say has changed,
    or `new` asks for others.  With `password` the zip file is encrypted.  Raises UsageError.
    """
    require_by_hand(site, host)
    kinds = opening.kinds_of(site)
    check_topologies(site, kinds)
    with site_lock(places, "export"):
        deployed = opening.deployed_of(places)
        shared = holders(site, kinds)
        requests = load_requests(places.requests)
        with opened(places, passphrase, deployed) as vault:
            root = Keyring(site, vault).ensure_authority(now)
            assert root is not None, "a site with such a host has trust by a CA"
            deployed = with_root(deployed, root)
            _require_trusted(site, deployed)
            made = [
                _Maker(site, kinds[t.kind], t, node, vault, deployed, now, shared, requests).make(
                    new=new
                )
                for t, node in nodes_on(site, kinds, host)
            ]
            vault.save()
        records = (one.record for one in made)
        save_deployed(places.deployed, deployed.with_nodes(*records))
    when = datetime.fromisoformat(made[0].record.time)
    files = [entry for one in made for entry in one.entries]
    data = write_zip(files, when, password)
    first = made[0].record.facts
    assert first is not None
    fresh = any(one.fresh for one in made)
    return HandOver(host, data, tuple(one.folder for one in made), first, fresh)


@dataclass(frozen=True, slots=True)
class _Made:
    folder: str
    entries: tuple[Entry, ...]
    record: DeployedNode
    fresh: bool


class _Maker:
    """Make the bundle of one node."""

    def __init__(
        self,
        site: Site,
        kind: Kind,
        topology: Topology,
        node: Node,
        vault: Vault,
        deployed: Deployed,
        now: datetime,
        shared: Holders,
        requests: Requests,
    ) -> None:
        self.site, self.kind, self.topology, self.node = site, kind, topology, node
        self.vault, self.deployed, self.now = vault, deployed, now
        self.recorded = deployed.node(node.kind, node.host)
        self.keyring = Keyring(site, vault, shared, requests)
        self.spec = spec_of(site, node, self.recorded)
        self.fresh = False

    def make(self, *, new: bool) -> _Made:
        """Make it, with the keys that the vault keeps or with new ones."""
        kept = self._kept(self.node.credential)
        self.fresh = new or self._needs_new(kept)
        if not self.fresh and kept is None:
            raise UsageError(
                f"the key of {self.node.host} is on that host, and kept nowhere else",
                hint=MAKE_NEW,
            )
        credential = self._credential(self.node.credential, self.spec)
        facts = credential.facts()
        bundle = self.kind.bundle(self._render(), facts)
        contents = self._contents(bundle)
        folder = f"{self.node.host}-{self.node.kind}"
        record = self._record(bundle, contents, credential)
        return _Made(folder, entries(folder, bundle, contents), record, self.fresh)

    def _needs_new(self, kept: Credential | None) -> bool:
        recorded = self.recorded
        if kept is not None and self.keyring.faults(kept, self.spec):
            return True
        if recorded is None or recorded.spec is None or recorded.facts is None:
            return kept is None
        facts = recorded.facts if kept is None else kept.facts()
        if kept is None and not set(recorded.trust.values()) <= set(self._trust().values()):
            return True  # its key is kept nowhere, and its trust store holds a CA that is to go
        late = due(facts.not_before, facts.not_after, self.now)
        # A shared one may have been made anew since, for the others.
        other = facts.sha256 != recorded.facts.sha256
        return late or (not other and bool(mismatches(recorded.spec, self.spec)))

    def _kept(self, name: str) -> Credential | None:
        from app.pki import keeping

        own = keeping.load_credential(self.vault, self.node.host, f"{self.node.kind}/{name}")
        return own or self.keyring.waiting(name)

    def _credential(self, name: str, spec: IssueSpec) -> Credential:
        """Give the kept credential of a name, or issue one and keep it."""
        from app.pki import keeping

        kept = None if self.fresh else self._kept(name)
        if kept is not None:
            self.keyring.adopt(name, kept)
            self.keyring.keep(name, kept)
            return kept
        made = self.keyring.issue(name, spec, self.now, self._shown())
        keeping.store_credential(self.vault, self.node.host, f"{self.node.kind}/{name}", made)
        return made

    def _shown(self) -> frozenset[str]:
        """Give the fingerprint of a shared credential that a new one is to replace."""
        waiting = self.keyring.waiting(self.node.credential)
        return frozenset({waiting.facts().sha256} if waiting is not None else ())

    def _contents(self, bundle: Bundle) -> dict[str, bytes]:
        wants = [piece.resource.want for piece in bundle.pieces]
        for want in wants:
            if isinstance(want, KeyWant) and self.keyring.issued(want.credential) is None:
                self._credential(want.credential, want.spec)
        return {
            piece.name: self.keyring.build(piece.resource, self.deployed, self.node.kind)
            for piece in bundle.pieces
        }

    def _render(self) -> Render:
        node, site = self.node, self.site
        return Render(
            site=site,
            topology=self.topology,
            node=node,
            spec=self.spec,
            links=self.kind.links(site, self.topology),
            layout=self.kind.assumed(site, node),
            observation=HostObservation(node.host, self.now),
            trust=trusted(site, superseded(site, self._records(), self._resolve)),
            passwords=lambda store: self.keyring.password(node.host, f"{node.kind}/{store}"),
            secrets=self.keyring.option_secrets(),
        )

    def _records(self) -> tuple[DeployedNode, ...]:
        """Give what is recorded of the nodes of its kind, itself among them."""
        found = self.deployed.nodes.values()
        return tuple(record for record in found if record.kind == self.node.kind)

    def _resolve(self, reference: str) -> str:
        return fingerprint(self.deployed.authorities[int(reference.removeprefix("ca:"))])

    def _trust(self) -> dict[str, str]:
        """Give the fingerprints that its trust store is to hold, by their aliases."""
        return {
            alias: hashlib.sha256(
                self.keyring.certificate(reference, self.deployed, self.node.kind)
            ).hexdigest()
            for alias, reference in self._render().trust
        }

    def _record(
        self, bundle: Bundle, contents: Mapping[str, bytes], credential: Credential
    ) -> DeployedNode:
        from app.pki import pem

        node, old = self.node, self.recorded
        time = self.now.isoformat(timespec="seconds")
        if not self.fresh and old is not None and old.time:
            time = old.time
        trust = self._trust()
        files = {
            piece.resource.path: (
                hashlib.sha256(contents[piece.name]).hexdigest(), signature(piece.resource),
            )
            for piece in bundle.pieces
            if piece.whole
        }  # fmt: skip
        certificate = pem.pem_cert(credential.cert_der).decode()
        return DeployedNode(
            node.kind, node.host, self.spec, credential.facts(), certificate, trust, files,
            time=time, delivery="exported",
        )  # fmt: skip


def require_by_hand(site: Site, host: str) -> None:
    """Refuse a host that the site reaches over SSH, or does not have."""
    if host not in site.hosts:
        raise UsageError(f"there is no host {host!r}", hint=nearest(host, site.hosts))
    if not site.hosts[host].by_hand:
        raise UsageError(
            f"{host} is reached over SSH: `tlswright apply` brings it what it needs",
            hint=f"Where that is not so, write `reach: bundle` to {host} in site.yaml.",
        )
    if not any(host in topology.hosts for topology in site.topologies):
        raise UsageError(f"{host} is in no topology, so there is nothing to bring to it")


def _require_trusted(site: Site, deployed: Deployed) -> None:
    """Refuse a certificate that hosts in reach would not accept yet, while the CA is changed."""
    wanted = fingerprint(deployed.authorities[site.authority.generation])
    for record in deployed.nodes.values():
        if not record.delivery and record.facts and wanted not in record.trust.values():
            raise UsageError(
                f"{record.host} does not trust the new CA yet, and would refuse what it signs",
                hint="`tlswright apply` lets the hosts in reach trust it first.",
            )


def nodes_on(site: Site, kinds: Mapping[str, Kind], host: str) -> tuple[tuple[Topology, Node], ...]:
    """Give the nodes on a host, each with its topology."""
    return tuple(
        (topology, node)
        for topology in site.topologies
        for node in kinds[topology.kind].nodes(site, topology)
        if node.host == host
    )


def opened(places: Places, passphrase: Secret | None, deployed: Deployed) -> Vault:
    """Open the vault to write; raises UsageError where there is none."""
    vault = opening.open_vault(places, passphrase, deployed, write=True)
    if vault is None:
        raise UsageError("this site has no vault yet", hint="`tlswright init` makes it.")
    return vault
