"""Put together what verification needs: what each link should present, and the means to probe."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from app.engine.gather import Gathered
from app.engine.identities import Identities, retired
from app.engine.keyring import Keyring
from app.engine.opening import address_of
from app.engine.served import served
from app.errors import HostError
from app.findings import Finding
from app.kinds.base import ClientPort, Kind, Proof
from app.kinds.resources import Layout, StoreFormat
from app.model import Link, Node, Site, Topology
from app.pki.secret import Secret
from app.plan.deployed import Deployed, DeployedNode, fingerprint
from app.plan.plan import Plan
from app.remote.base import Remote
from app.verify.answers import Answers
from app.verify.blame import about
from app.verify.checks import ClientCheck, LinkCheck, Probes
from app.verify.explain import explain
from app.verify.links import WORKERS, verify_site
from app.verify.proofs import prove_why
from app.verify.remote_probe import HostStore, RemoteDial
from app.verify.result import TrustAnchors
from app.verify.rows import Expected

LOG_LINES = 400
FORMATS: tuple[StoreFormat, ...] = ("PKCS12", "JKS", "PEM")
PEM_PARTS = ("combined", "key", "chain")


@dataclass(frozen=True, slots=True)
class _Linked:
    topology: Topology
    link: Link
    initiator: Node
    acceptor: Node


class Prover:
    """Prove the links of a site as its record says they should be, over a run's connections."""

    def __init__(
        self,
        site: Site,
        kinds: Mapping[str, Kind],
        gathered: Gathered,
        keyring: Keyring,
        deployed: Deployed,
        plan: Plan,
        clock: Callable[[], datetime],
    ) -> None:
        self._site, self._kinds, self._gathered = site, kinds, gathered
        self._keyring, self._deployed, self._plan, self._clock = keyring, deployed, plan, clock
        self._identities = Identities(keyring, clock, self._trusted_by, self._retired_by)
        self._linked = tuple(self._links())
        self._answers = Answers()

    def learn(self, node: Node, record: DeployedNode) -> None:
        """Take up what a step has deployed."""
        self._deployed = self._deployed.with_nodes(record)

    def served(self, node: Node, record: DeployedNode) -> str:
        """Say what is wrong with what a node presents; empty when nothing is, or nobody can see.

        A node that cannot be reached from here is left to its own check: it says that it listens.
        """
        found = served(self._site, node)
        if not found or record.facts is None or found == record.facts.sha256:
            return ""
        return (
            "it does not present the certificate in its key store: the service did not take it up"
        )

    def links_of(self, hosts: tuple[str, ...], finished: frozenset[str]) -> Iterator[Finding]:
        """Let the product prove each link of these hosts whose both ends are done in this wave.

        A run does not answer for hosts that a person brings files to.  What the hosts answer here
        counts for `everything` too, where that follows: nothing is changed in between.
        """
        self._answers = Answers()
        pending = self._pending(finished)
        wanted: list[tuple[Proof, str]] = []
        for item in self._linked:
            ends = {item.initiator.host, item.acceptor.host}
            if any(self._site.hosts[host].by_hand for host in ends):
                continue
            if ends & set(hosts) and not ends & pending and not self._unprovable(item.link):
                proofs = (p for p in self._proofs(item.topology) if p.link == item.link)
                wanted += [(proof, item.acceptor.kind) for proof in proofs]
        probes = self._probes()
        with ThreadPoolExecutor(WORKERS) as pool:
            yield from pool.map(lambda w: prove_why(w[0], w[1], probes, lambda: False)[0], wanted)

    def everything(self) -> Iterator[Finding]:
        """Probe every link whose both ends have a certificate; yields findings as they come."""
        checks = []
        waits = self._waits()
        for item in self._linked:
            bare = [n.host for n in (item.acceptor, item.initiator) if self._record(n) is None]
            why = f"nothing was deployed to {bare[0]} yet" if bare else waits(item)
            check = self._check(item)
            if check is not None and not why:
                checks.append(check)
                continue
            yield Finding(
                item.link.id, "TLS handshake and read", "skip", f"not checked: {why}",
                source="control",
            )  # fmt: skip
        links = {check.link for check in checks}
        proofs = [p for t in self._site.topologies for p in self._proofs(t) if p.link in links]
        yield from verify_site(
            checks, proofs, self._probes(), self._clients(), unprovable=self._unprovable
        )
        self._answers = Answers()

    def _waits(self) -> Callable[[_Linked], str]:
        """Give a function that says why a link to a host that is reached by hand must wait."""
        presented: dict[str, str] = {}

        def waits(item: _Linked) -> str:
            host, record = item.acceptor.host, self._record(item.acceptor)
            if not self._site.hosts[host].by_hand or record is None or record.facts is None:
                return ""
            if host not in presented:
                presented[host] = served(self._site, item.acceptor)
            if presented[host] == record.facts.sha256:
                return ""
            if record.delivery != "delivered":
                return f"the bundle of {host} is not installed yet, or cannot be seen from here"
            if not presented[host] and self._site.hosts[item.initiator.host].by_hand:
                return f"neither {host} nor {item.initiator.host} can be reached from here"
            return ""

        return waits

    def explain(self, host: str, lines: tuple[str, ...], *, touched: bool = True) -> str:
        """Explain a failure on a host in words, from what it said and from its log.

        The log of a service that was not `touched` yet tells of other things, and so does what it
        says of clients that are no peers: our own probes are refused too.
        """
        kind = next((i.acceptor.kind for i in self._linked), "")
        told = [line for text in lines for line in text.splitlines()]
        logs = self._logs(host) if touched else ()
        found = explain(about((*told, *logs), self._dialling(host)), kind)
        return f"{found[0].cause} {found[0].remedy}" if found else ""

    def _dialling(self, host: str) -> tuple[str, ...]:
        """Give the addresses of the peers that dial a host, as its log may have them."""
        peers = [self._site.hosts[i.initiator.host] for i in self._linked
                 if i.acceptor.host == host]  # fmt: skip
        return tuple(a for p in peers for a in (address_of(p), p.address, *p.names))

    def _links(self) -> Iterator[_Linked]:
        for topology in self._site.topologies:
            kind = self._kinds[topology.kind]
            nodes = {n.name: n for n in kind.nodes(self._site, topology)}
            for link in kind.links(self._site, topology):
                yield _Linked(topology, link, nodes[link.initiator], nodes[link.acceptor])

    def _pending(self, finished: frozenset[str]) -> set[str]:
        """Give the hosts that the wave of the newest finished step has still to do."""
        pending: set[str] = set()
        for wave in self._plan.waves:
            if any(s.id in finished for s in wave.steps):
                pending = {h for s in wave.steps if s.id not in finished for h in s.hosts}
        return pending

    def _record(self, node: Node) -> DeployedNode | None:
        found = self._deployed.node(node.kind, node.host)
        return found if found is not None and found.facts is not None else None

    def _check(self, item: _Linked) -> LinkCheck | None:
        record = self._record(item.acceptor)
        if record is None:
            return None
        pinned = record.spec is not None and record.spec.self_signed
        initiator = self._site.hosts[item.initiator.host]
        return LinkCheck(
            link=item.link,
            kind=item.acceptor.kind,
            address=address_of(self._site.hosts[item.acceptor.host]),
            trust=self._trust(record, pinned=pinned),
            expected=self._expected(record, pinned=pinned),
            dial=self._dial(item, record, pinned=pinned),
            seen_as=(address_of(initiator), initiator.address, *initiator.names),
        )

    def _expected(self, record: DeployedNode, *, pinned: bool) -> Expected:
        if record.facts is None:
            return Expected(pinned=pinned)
        named = not pinned and self._site.authority.source == "own"
        generation = record.spec.generation if record.spec is not None and named else None
        return Expected(record.facts.sha256, record.facts.issuer, generation, pinned)

    def _clients(self) -> tuple[ClientCheck, ...]:
        """Give the ports for clients of every node that has its certificate."""
        found = []
        for topology in self._site.topologies:
            kind = self._kinds[topology.kind]
            nodes = {node.name: node for node in kind.nodes(self._site, topology)}
            for port in kind.client_ports(self._site, topology):
                node = nodes[port.node]
                record = self._record(node)
                by_hand = self._site.hosts[node.host].by_hand
                if record is not None and (not by_hand or record.delivery == "delivered"):
                    found.append(self._client(port, node, record))
        return tuple(found)

    def _client(self, port: ClientPort, node: Node, record: DeployedNode) -> ClientCheck:
        """Check a port as a client would, or as its own host does where it cannot be reached."""
        link = Link(node.name, node.name, port.name, port.port)
        item = _Linked(self._site.topologies[0], link, node, node)
        pinned = record.spec is not None and record.spec.self_signed
        return ClientCheck(
            port=port,
            kind=node.kind,
            address=address_of(self._site.hosts[node.host]),
            trust=self._trust(record, pinned=pinned),
            expected=self._expected(record, pinned=pinned),
            dial=self._dial(item, record, pinned=pinned),
        )

    def _trust(self, acceptor: DeployedNode, *, pinned: bool) -> TrustAnchors:
        if pinned:
            return TrustAnchors(acceptor.certificate, pinned=True)
        return TrustAnchors("".join(self._deployed.authorities.values()))

    def _dial(self, item: _Linked, acceptor: DeployedNode, *, pinned: bool) -> RemoteDial | None:
        own = self._record(item.initiator)
        if own is None:
            return None
        key = self._key_store(own)
        if key is None:
            return None
        return RemoteDial(
            name=item.link.name,
            port=item.link.port,
            key=key,
            trust=self._store(own, "trust"),
            trust_pem=self._trust(acceptor, pinned=pinned).pem,
            pinned=pinned,
        )

    def _key_store(self, record: DeployedNode) -> HostStore | None:
        """Name the files that hold a node's own key: a store, or else its PEM parts."""
        found = self._store(record, "key", "store")
        if found is not None:
            return found
        parts = {part: path for part in PEM_PARTS for path in _paths(record, f"key PEM {part} ")}
        if "combined" in parts:
            return HostStore(parts["combined"], "PEM")
        if "key" in parts and "chain" in parts:
            locked = record.files[parts["key"]][1].endswith(" encrypted")
            password = self._keyring.password(record.host, f"{record.kind}/key")
            return HostStore(
                parts["key"], "PEM", password if locked else Secret(""), parts["chain"]
            )
        return None

    def _store(self, record: DeployedNode, name: str, part: str = "") -> HostStore | None:
        for form in FORMATS:
            for path in _paths(record, f"{name} {form} {part}".rstrip()):
                if form == "PEM":
                    return HostStore(path, form) if name == "trust" else None
                password = self._keyring.password(record.host, f"{record.kind}/{name}")
                return HostStore(path, form, password)
        return None

    def _layouts(self) -> Mapping[str, Layout]:
        seen = self._gathered.observed
        return {
            i.host: self._kinds[i.kind].layout(self._site, i, seen[i.host])
            for item in self._linked
            for i in (item.initiator, item.acceptor)
            if i.host in seen
        }

    def _proofs(self, topology: Topology) -> tuple[Proof, ...]:
        return self._kinds[topology.kind].proofs(self._site, topology, self._layouts())

    def _unprovable(self, link: Link) -> str:
        if self._site.hosts[link.initiator].root:
            return "not checked in demo: no product runs behind these hosts"
        return ""

    def _probes(self) -> Probes:
        from app.pki.reading import facts_of

        return Probes(
            now=self._clock,
            facts=facts_of,
            remote=self._remote,
            own=self._identities.own,
            foreign=self._identities.foreign,
            token=lambda: secrets.token_hex(16),
            logs=self._logs,
            answers=self._answers,
        )

    def _trusted_by(self, check: LinkCheck | ClientCheck) -> int:
        """Give the newest generation of the CA that the acceptor trusts, as recorded."""
        found = self._generations(check)
        return max(found, default=self._site.authority.generation)

    def _retired_by(self, check: LinkCheck | ClientCheck) -> int:
        """Give the newest generation before those that the acceptor trusts, 0 for none."""
        return retired(self._deployed.authorities, self._generations(check))

    def _generations(self, check: LinkCheck | ClientCheck) -> list[int]:
        """Give the generations of the CA that the acceptor trusts, as recorded."""
        host = check.link.acceptor if isinstance(check, LinkCheck) else check.port.node
        record, known = self._deployed.node(check.kind, host), self._deployed.authorities
        trust = set(record.trust.values()) if record is not None else set()
        return [g for g, pem in known.items() if fingerprint(pem) in trust]

    def _remote(self, host: str) -> Remote | None:
        return self._gathered.remotes.get(host)

    def _logs(self, host: str) -> tuple[str, ...]:
        remote, layout = self._remote(host), self._layouts().get(host)
        node = next((i.initiator for i in self._linked if i.initiator.host == host), None)
        node = node or next((i.acceptor for i in self._linked if i.acceptor.host == host), None)
        if remote is None or layout is None or node is None or layout.problems:
            return ()
        activation = self._kinds[node.kind].activation(self._site, node, layout)
        try:
            return tuple(remote.run(activation.logs).out.splitlines()[-LOG_LINES:])
        except HostError:
            # What failed is told with or without the log, which a lost host cannot give.
            return ()


def _paths(record: DeployedNode, made: str) -> list[str]:
    """Give the files that were made as a signature that begins so (see app.plan.specs)."""
    return [path for path, (_, what) in record.files.items() if f"{what} ".startswith(made)]
