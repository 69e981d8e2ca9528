"""Hosts that exist only as facts: what a plan does is done to them, so that the next can be made.

Nothing of the planner's own bookkeeping is used: what a node runs is read from its files when a
step restarts it, as a real service does.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app import kinds
from app.demo.rootfs import STOCK
from app.kinds.resources import AbsentWant, FileResource, KeyWant, LiteralWant, TrustWant
from app.model import AuthoritySpec, Host, Link, Options, Site, Topology, Trust
from app.observed import FileFact, HostObservation, Output
from app.pki.facts import CertificateFacts
from app.pki.secret import Secret
from app.pki.spec import IssueSpec
from app.plan.deployed import Deployed, DeployedNode, fingerprint, resolve
from app.plan.given import Clients
from app.plan.make import Inputs, Intent, make_plan
from app.plan.plan import NodeStep, Plan, Step
from app.plan.requested import Requested
from app.plan.specs import signature

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
MARKER = "MarkerThatNobodyMaySee"
FOLDER = "/etc/activemq/instances-available/main"
CONFIG = f"{FOLDER}/activemq.xml"
OUTPUTS = {
    "enabled": Output(0, "main main\n"),
    "user": Output(0, "activemq\n"),
    "group": Output(0, "activemq\n"),
    "version": Output(0, "5.17.2\n"),
    "java": Output(0, 'openjdk version "17"\n'),
    "stored": Output(0, ""),
}


def site_of(
    spokes: tuple[str, ...],
    *,
    trust: Trust = "ca",
    drawn: tuple[tuple[str, str], ...] = (),
    authority: AuthoritySpec | None = None,
    names: Mapping[str, tuple[str, ...]] | None = None,
    options: Options | None = None,
    hubs: tuple[str, ...] = ("hub",),
    node_options: Mapping[str, Options] | None = None,
) -> Site:
    """Give a site of these hubs, one named `hub` by default, and these spokes."""
    everyone = (*hubs, *spokes)
    hosts = {
        name: Host(name, f"198.18.7.{10 + i}", names=(names or {}).get(name, (f"{name}.amq.test",)))
        for i, name in enumerate(everyone)
    }
    topology = Topology(
        "activemq", "hub-spoke", {"hub": hubs, "spoke": spokes}, drawn, options or {},
        node_options or {},
    )  # fmt: skip
    return Site("t", authority or AuthoritySpec(trust, "T"), hosts, (topology,))


def stock(port: int = 61616) -> bytes:
    """Give the stock configuration of a broker."""
    return (STOCK / "activemq.xml").read_bytes().replace(b"@PORT@", str(port).encode())


@dataclass
class Process:
    """Hold what a service read when it started: its leaf and its trust, as fingerprints."""

    leaf: str
    root: str
    trust: frozenset[str]


@dataclass
class World:
    """Hold all hosts of a site, the record of what was deployed, and the processes that run."""

    site: Site
    now: datetime = NOW
    files: dict[str, dict[str, FileFact]] = field(default_factory=dict)
    contents: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    running: dict[str, Process] = field(default_factory=dict)
    deployed: Deployed = field(default_factory=Deployed)
    made: dict[str, DeployedNode] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    requests: dict[str, Requested] = field(default_factory=dict)
    clients: Clients = ()

    def observed(self) -> dict[str, HostObservation]:
        """Read every host."""
        for host in self.site.hosts:
            fact = FileFact(CONFIG, "file", CONFIG, "root", "activemq", 0o644, 9, "", stock())
            fact = replace(fact, sha256=hashlib.sha256(stock()).hexdigest())
            self.files.setdefault(host, {CONFIG: fact})
        return {
            host: HostObservation(
                host, self.now, dict(self.files[host]), OUTPUTS, {"java": "/usr/bin/java"},
                "root", "Debian", 0.0, 1 << 30,
            )
            for host in self.site.hosts
        }  # fmt: skip

    def plan(self, *rotate: str, served: Mapping[str, str] | None = None) -> Plan:
        """Make the plan of this moment, and let the hosts decide what was pending."""
        self.deployed = resolve(self.deployed, self.observed())
        return make_plan(
            Inputs(
                self.site, {"activemq": kinds.load("activemq")}, self.observed(), self.deployed,
                self.now, lambda host, store: Secret(f"{MARKER}{host}{store}"),
                {"connector_password": Secret(f"{MARKER}connector")},
                served or {}, Intent(frozenset(rotate)), requests=self.requests,
                clients=self.clients,
            )
        )  # fmt: skip

    def links(self) -> tuple[Link, ...]:
        """Give every link of the site."""
        topology = self.site.topologies[0]
        return kinds.load("activemq").links(self.site, topology)

    def begin(self, plan: Plan) -> None:
        """Begin a run: the CA is there, and every new leaf is made before the first step."""
        if self.site.authority.trust == "ca":
            pem = f"-----BEGIN-----\nUk9P{self.site.authority.generation:04d}\n-----END-----"
            roots = {self.site.authority.generation: pem}
            self.deployed = replace(
                self.deployed, authorities={**self.deployed.authorities, **roots}
            )
        self.made = {
            part.node.name: self._leaf(part.node.host, part.leaf)
            for step in plan.steps
            for part in step.members
            if part.leaf is not None
        }

    def apply(self, plan: Plan) -> None:
        """Carry a plan out from its beginning to its end."""
        self.begin(plan)
        for step in plan.steps:
            self.step(step)

    def step(self, step: Step, *, recorded: bool = True, held: bool = True) -> None:
        """Carry out one step; a run that dies leaves it pending, held by the host or undone."""
        for part in step.members:
            record = self._record(part)
            if held:
                for change in part.changes:
                    self._write(change.resource, part)
                self._restart(part, record)
            if recorded and held:
                self.deployed = self.deployed.with_nodes(record)
            else:
                self.deployed = self.deployed.with_pending(record)

    def lose(self, host: str, ending: str) -> None:
        """Lose the files of a host whose path ends so; the process runs on."""
        self.observed()
        gone = [path for path in self.files[host] if path.endswith(ending)]
        self.files[host] = {p: f for p, f in self.files[host].items() if p not in gone}

    def lost(self) -> set[str]:
        """Give the hosts that have lost one of the key files deployed to them."""
        return {
            node.host
            for node in self.deployed.nodes.values()
            for path, (_, made) in node.files.items()
            if made.startswith("key ") and path not in self.files[node.host]
        }

    def broken(self) -> set[tuple[str, str]]:
        """Give (judge, peer) for every end of a link that does not accept the other."""
        found = set()
        for link in self.links():
            a, b = self.running.get(link.initiator), self.running.get(link.acceptor)
            if a is None or b is None:
                continue
            if not {b.leaf, b.root} & a.trust:
                found.add((link.initiator, link.acceptor))
            if not {a.leaf, a.root} & b.trust:
                found.add((link.acceptor, link.initiator))
        return found

    def _leaf(self, host: str, spec: IssueSpec) -> DeployedNode:
        sha = hashlib.sha256(f"leaf {next(self.numbers)}".encode()).hexdigest()
        ends = self.now + timedelta(days=spec.days)
        facts = CertificateFacts(
            f"CN={spec.subject}", "CN=T CA g1", sha[:16], sha, self.now, ends, spec.sans,
            spec.generation, spec.key_type,
        )  # fmt: skip
        return DeployedNode("activemq", host, spec, facts)

    def _sha(self, reference: str) -> str:
        what, _, rest = reference.partition(":")
        if what == "ca":
            return fingerprint(self.deployed.authorities[int(rest)])
        name, _, which = rest.rpartition(":")
        recorded, made = self.deployed.node("activemq", name), self.made.get(name)
        chosen = made if made and (which == "next" or recorded is None) else recorded
        assert chosen is not None, reference
        assert chosen.facts is not None
        return chosen.facts.sha256

    def _write(self, resource: FileResource, part: NodeStep) -> None:
        host, want = resource.host, resource.want
        if isinstance(want, AbsentWant):
            self.files[host].pop(resource.path, None)
            return
        data = want.data if isinstance(want, LiteralWant) else self._digest(part, resource)
        self.files[host][resource.path] = FileFact(
            resource.path, "file", resource.path, resource.owner, resource.group, resource.mode,
            len(data), hashlib.sha256(data).hexdigest(),
            data if isinstance(want, LiteralWant) else None,
        )  # fmt: skip
        if isinstance(want, TrustWant):
            held = frozenset(self._sha(reference) for _, reference in want.entries)
            self.contents[(host, resource.path)] = held
        if isinstance(want, KeyWant):
            made = self.made[host]
            assert made.facts is not None
            self.contents[(host, resource.path)] = frozenset({made.facts.sha256})
            if not want.spec.self_signed:
                self.roots[made.facts.sha256] = self._sha(f"ca:{want.spec.generation}")

    def _digest(self, part: NodeStep, resource: FileResource) -> bytes:
        """Give the bytes of a store: others each time that it is made."""
        leaf = self.made.get(part.node.name)
        entries = [(alias, self._sha(ref)) for alias, ref in part.trust]
        return repr((resource.path, leaf and leaf.facts, entries)).encode()

    def _restart(self, part: NodeStep, record: DeployedNode) -> None:
        host = part.node.host
        key, trust = (self._named(host, what) for what in ("keyStore", "trustStore"))
        leaf = next(iter(key))
        self.running[host] = Process(leaf, self.roots.get(leaf, "none"), trust)

    def _named(self, host: str, what: str) -> frozenset[str]:
        """Open the store that the configuration on the host names; without it a broker dies."""
        config = self.files[host][CONFIG].data or b""
        found = re.search(rf' {what}="file:([^"]+)"'.encode(), config)
        assert found is not None, f"{host}: the configuration names no {what}"
        path = found[1].decode()
        assert path in self.files[host], f"{host} is restarted without its {what} {path}"
        return self.contents[(host, path)]

    def _record(self, part: NodeStep) -> DeployedNode:
        host = part.node.host
        old = self.deployed.node("activemq", host) or DeployedNode("activemq", host)
        files, trust = dict(old.files), dict(old.trust)
        for change in part.changes:
            want = change.resource.want
            if isinstance(want, AbsentWant):
                files.pop(change.path, None)
                continue
            data = (
                want.data if isinstance(want, LiteralWant) else self._digest(part, change.resource)
            )
            files[change.path] = (hashlib.sha256(data).hexdigest(), signature(change.resource))
            if isinstance(want, TrustWant):
                trust = {alias: self._sha(ref) for alias, ref in part.trust}
        new = self.made[part.node.name] if part.leaf else old
        return replace(old, spec=new.spec, facts=new.facts, files=files, trust=trust)
