"""Hosts with MySQL-MMM that exist only as facts, and plans that are carried out on them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app import kinds
from app.engine.undo import REVERSED
from app.kinds.resources import AbsentWant, Layout, LiteralWant, TrustWant
from app.model import Node, Site
from app.observed import FileFact, HostObservation, Output
from app.pki.facts import CertificateFacts
from app.pki.pem import pem_cert
from app.pki.secret import Secret
from app.plan.deployed import Deployed, DeployedNode, fingerprint
from app.plan.make import Inputs, Intent, make_plan
from app.plan.plan import NodeStep, Plan, Step
from app.plan.specs import signature
from app.site.load import parse_site
from tests.lab import mmm_configs as configs
from tests.unit.issued import authority

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
KIND = kinds.load("mmm")
ADDRESSES = {"db1": "10.0.0.1", "db2": "10.0.0.2"}
ETC = "/etc/mysql-mmm"
MON, COMMON, AGENT = (f"{ETC}/mmm_{name}.conf" for name in ("mon", "common", "agent"))
SITE = """\
version: 1
site: t
authority: {trust: ca, name: Example}
hosts:
  mon: {address: 10.0.0.9}
  a1: {address: 10.0.0.1}
  a2: {address: 10.0.0.2}
  ctl: {address: 10.0.0.8}
topologies:
  - kind: mmm
    roles: {monitor: [mon], agent: [a1, a2], control: [ctl]}
"""
CA = pem_cert(authority().cert_der)
UNITS = {
    "mon": "mysql-mmm-monitor=loaded active\nmmm_mon=not-found inactive\n",
    "a1": "mysql-mmm-agent=loaded active\nmmm_agent=not-found inactive\n",
}
ROLES = {"db1": "reader(192.0.2.101), writer(192.0.2.100)", "db2": "reader(192.0.2.102)"}


def show(
    mode: str = "ACTIVE", roles: Mapping[str, str] = ROLES, *, warn: str = "", state: str = "ONLINE"
) -> str:
    """Give what the survey reads of a monitor."""
    rows = [f"  {n}({ip}) master/{state}. Roles: {roles[n]}" for n, ip in ADDRESSES.items()]
    return "\n".join([f"mode {mode}", *([f"# Warning: {warn}"] if warn else []), *rows, ""])


def fact(path: str, data: bytes, mode: int = 0o640) -> FileFact:
    """Give a file of root's."""
    digest = hashlib.sha256(data).hexdigest()
    return FileFact(path, "file", path, "root", "root", mode, len(data), digest, data)


def stock() -> dict[str, dict[str, str]]:
    """Give the files of 2.x on every host, plain."""
    common = configs.two_common(ADDRESSES)
    mon = configs.two_monitor("10.0.0.9", tuple(ADDRESSES.values()))
    return {
        "mon": {MON: mon, COMMON: common},
        "a1": {AGENT: configs.two_agent("db1"), COMMON: common},
        "a2": {AGENT: configs.two_agent("db2"), COMMON: common},
        "ctl": {MON: mon, COMMON: common},
    }


@dataclass
class World:
    """Hold what stands on every host, what its services answer, and what was deployed."""

    text: str = SITE
    files: dict[str, dict[str, FileFact]] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    deployed: Deployed = field(default_factory=Deployed)
    told: list[str] = field(default_factory=list)
    mode: str = "ACTIVE"
    number: int = 0

    def __post_init__(self) -> None:
        for host, texts in stock().items():
            self.files.setdefault(host, {p: fact(p, t.encode()) for p, t in texts.items()})
            version = {"mmm-version": "two=2.2.3\nperl=2.081\n"}
            unit = {"mmm-unit": UNITS["mon" if host == "mon" else "a1"], "mmm-port": "plain"}
            found = version if host == "ctl" else version | unit
            self.outputs.setdefault(host, found)

    @property
    def site(self) -> Site:
        """The site as its text has it now."""
        return parse_site(self.text, "site.yaml")

    def write(self, host: str, path: str, text: str, mode: int = 0o640) -> None:
        """Put a file on a host."""
        self.files[host][path] = fact(path, text.encode(), mode)

    def read(self, host: str, path: str) -> str:
        """Give a file of a host."""
        return (self.files[host][path].data or b"").decode()

    def observed(self) -> dict[str, HostObservation]:
        """Look at every host."""
        self.outputs["mon"].setdefault("mmm-monitor", show())
        lines = self.outputs["mon"]["mmm-monitor"]
        if lines.startswith("mode "):
            lines = f"mode {self.mode}\n{lines.partition(chr(10))[2]}"
        self.outputs["mon"]["mmm-monitor"] = lines
        return {
            host: HostObservation(
                host, NOW, dict(self.files[host]),
                {key: Output(0, text) for key, text in self.outputs[host].items()},
                {}, "root", "Debian", 0.0, 1 << 30,
            )
            for host in self.files
        }  # fmt: skip

    def node(self, host: str) -> Node:
        """Give a node of the site."""
        site = self.site
        return next(n for n in KIND.nodes(site, site.topologies[0]) if n.host == host)

    def layout(self, host: str) -> Layout:
        """Say what is found on a host."""
        return KIND.layout(self.site, self.node(host), self.observed()[host])

    def plan(self, *rotate: str) -> Plan:
        """Make the plan of this moment."""
        return make_plan(
            Inputs(
                self.site, {"mmm": KIND}, self.observed(), self.deployed, NOW,
                lambda host, store: Secret(""), intent=Intent(frozenset(rotate)),
            )
        )  # fmt: skip

    def apply(self, plan: Plan, *, steps: int = 99) -> None:
        """Carry out a plan, or its first steps."""
        self.deployed = replace(self.deployed, authorities={1: CA.decode()})
        for step in plan.steps[:steps]:
            self.step(step)

    def step(self, step: Step) -> None:
        """Carry out one step; the monitor takes its mode from its file where it restarts."""
        for part in step.members:
            record = self._record(part)
            self.deployed = self.deployed.with_nodes(record)
            if part.node.role == "monitor":
                self._mode(step)
            if part.node.role != "control" and step.phase not in REVERSED:
                tls = "type        ssl" in self.read(part.node.host, COMMON)
                self.outputs[part.node.host]["mmm-port"] = "tls" if tls else "plain"

    def _mode(self, step: Step) -> None:
        if step.phase in REVERSED:
            self.mode = "MANUAL" if step.phase == "guard" else "ACTIVE"
            self.told.append(self.mode)
        else:
            self.mode = "MANUAL" if "\n    mode" in self.read("mon", MON) else "ACTIVE"

    def _record(self, part: NodeStep) -> DeployedNode:
        host = part.node.host
        old = self.deployed.node("mmm", host) or DeployedNode("mmm", host)
        files, trust = dict(old.files), dict(old.trust)
        for change in part.changes:
            resource, want = change.resource, change.resource.want
            if isinstance(want, AbsentWant):
                files.pop(change.path, None)
                del self.files[host][change.path]
                continue
            self.number += 1
            data = want.data if isinstance(want, LiteralWant) else f"{self.number}".encode()
            if isinstance(want, TrustWant):
                data = CA
                trust = {alias: fingerprint(CA.decode()) for alias, _ in want.entries}
            self.files[host][change.path] = fact(change.path, data, resource.mode)
            made = hashlib.sha256(data).hexdigest()
            files[change.path] = (made, signature(resource))
        spec, facts = old.spec, old.facts
        if part.leaf:
            spec = part.leaf
            sha = hashlib.sha256(f"leaf {self.number}".encode()).hexdigest()
            facts = CertificateFacts(
                f"CN={spec.subject}", "CN=Example CA g1", sha[:16], sha, NOW,
                NOW + timedelta(days=spec.days), spec.sans, 1, spec.key_type,
            )  # fmt: skip
        return replace(old, spec=spec, facts=facts, files=files, trust=trust)


def phases(plan: Plan) -> list[str]:
    """Give phase and hosts of each step."""
    assert plan.problems == ()
    return [f"{step.phase}: {' '.join(step.hosts)}" for step in plan.steps]
