"""Recorded answers of a cluster: a site of equal nodes, its plans, and a front that knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.engine.front import Answers, HostCheck
from app.engine.gather import Say
from app.events import Event
from app.findings import Finding
from app.kinds.resources import Activation, FileResource, LiteralWant
from app.model import AuthoritySpec, Host, Node, Site, Topology
from app.plan.diff import Change
from app.plan.make import Intent
from app.plan.plan import Check, NodeStep, Plan, Step, Wave
from app.remote.base import Logins
from tests.screens.recorded import RUN, TITLE, FakeFront, events, quiet

NODES = ("r1", "r2", "r3")
DIFF = """\
--- /etc/rabbitmq/rabbitmq-env.conf
+++ /etc/rabbitmq/rabbitmq-env.conf
@@ -1,2 +1,4 @@
 NODENAME=rabbit@r1
+SERVER_ADDITIONAL_ERL_ARGS="-proto_dist inet_tls -ssl_dist_optfile /etc/rabbitmq/inter.config"
+RABBITMQ_CTL_ERL_ARGS="-proto_dist inet_tls -ssl_dist_optfile /etc/rabbitmq/inter.config"
"""


def cluster_site(hosts: tuple[str, ...] = NODES) -> Site:
    """Give a cluster of nodes."""
    known = {
        name: Host(name, f"10.4.7.{n}", user="root", names=(name, f"10.4.7.{n}"))
        for n, name in enumerate(hosts, 11)
    }
    return Site("rmq", AuthoritySpec(), known, (Topology("rabbitmq", "cluster", {"node": hosts}),))


def together(of: Site) -> Plan:
    """Give the plan that brings a cluster to TLS: one step over all its nodes."""
    members = tuple(_member(name, 30) for name in of.hosts)
    return _plan(of, (Step("1.1", "deploy", members),))


def one_by_one(of: Site, outage: int) -> Plan:
    """Give a plan of a step a node; an outage of 0 is new certificates that are read again."""
    steps = (Step(f"1.{n}", "deploy", (_member(h, outage),)) for n, h in enumerate(of.hosts, 1))
    return _plan(of, tuple(steps))


def refused(of: Site) -> Plan:
    """Give a plan that a check forbids."""
    text = "short and long node names do not go together"
    return replace(_plan(of, ()), checks=(Check("r2", "product", "fail", text),))


def _plan(of: Site, steps: tuple[Step, ...]) -> Plan:
    checks = tuple(Check(name, "product", "ok", "RabbitMQ 3.10.8") for name in of.hosts)
    layouts = {name: _facts(name) for name in of.hosts}
    return Plan(of, (Wave("deploy", TITLE, steps),) if steps else (), checks, {}, layouts)


def _facts(host: str) -> dict[str, str]:
    return {
        "product": "RabbitMQ 3.10.8", "node": f"rabbit@{host}", "transport": "plain",
        "running": "yes", "erlang": "Erlang/OTP 25", "folder": "/etc/rabbitmq", "owner": "root",
        "group": "rabbitmq",
    }  # fmt: skip


def _member(host: str, outage: int) -> NodeStep:
    rows = [
        ("/etc/rabbitmq/tls/ca.pem", "CA bundle", "create", "it is to be made", "1 certificate"),
        ("/etc/rabbitmq/tls/node.key", "private key", "create",
         "it has no certificate of this site yet", "a new ec-p256 key"),
        ("/etc/rabbitmq/rabbitmq-env.conf", "environment of node and CLI tools", "replace",
         "edited in place", DIFF),
    ]  # fmt: skip
    kept = rows if outage else rows[:2]
    node = Node(host, "rabbitmq", "node", (host,), 25672)
    activation = Activation("stop" if outage else "", "start", "check", outage_seconds=outage)
    return NodeStep(node, tuple(_change(host, *row) for row in kept), activation)


def _change(host: str, path: str, label: str, action: str, reason: str, diff: str) -> Change:
    resource = FileResource(host, host, path, "root", "rabbitmq", 0o640, LiteralWant(b""), label)
    return Change(host, path, label, action, reason, "absent", diff, resource)  # type: ignore[arg-type]


def cluster_events() -> list[Event]:
    """Give a run of one step over three nodes."""
    names = dict(zip(("hub-a1", "spk-01", "spk-02"), NODES, strict=True))
    found = []
    for event in events():
        data = dict(event.data)
        if event.kind == "planned":
            changes = dict.fromkeys(NODES, 3)
            data["steps"] = [{"id": "1.1", "hosts": list(NODES), "changes": changes}]
        if "hosts" in data:
            data["hosts"] = list(NODES)
        step = "1.1" if event.step else ""
        text = event.text.replace("ActiveMQ 5.17.2, instance main", "RabbitMQ 3.10.8")
        text = text.replace("61617", "25672").replace("restart activemq", "start rabbitmq-server")
        found.append(
            replace(event, host=names.get(event.host, ""), step=step, text=text, data=data)
        )
    proven = iter(_findings())
    return [
        replace(event, data=next(proven).to_dict()) if event.kind == "finding" else event
        for event in found
    ]


def _findings() -> list[Finding]:
    """Give as many findings as the other record has: of every dial between two of the nodes."""
    links = [f"{a}>{b}" for a in NODES for b in NODES if a != b]
    tried = (
        ("TLS handshake and read", "TLSv1.3 TLS_AES_256_GCM_SHA384"),
        ("CLI tools reach the node", "answers over TLS; a CLI tool without TLS is refused"),
    )
    return [Finding(li, what, "ok", seen, source=li[:2]) for li in links for what, seen in tried]


class ClusterFront(FakeFront):
    """Answer for nodes whose own names are short: `r1` at 10.4.7.11 dials and is dialled as r1."""

    def check_host(self, site: Site, logins: Logins, others: Mapping[str, Host]) -> HostCheck:
        """Say what stands on the host, and what Erlang dials it by."""
        (host,) = site.hosts.values()
        kind = site.topologies[0].kind
        self.asked.append(f"check {host.name} {kind}")
        if kind != "rabbitmq":
            return HostCheck(host.name, "no-product", "no ActiveMQ found")
        if host.name == "r9":
            text = "the node listens for its peers on port 25999, not 25672: set option dist_port"
            own = site.topologies[0].node_options.get("r9", {})
            if own.get("dist_port") != 25999:
                return HostCheck(host.name, "unfit", text, names=("r9",))
        facts = {**_facts(host.name), "system": "Debian 12", "login": "root"}
        facts["names"] = f"{host.name} {host.name}.lab.test {host.address}"
        return HostCheck(host.name, "ok", facts["product"], facts=facts, names=(host.name,))

    def make_plan(self, site: Site, answers: Answers, intent: Intent, say: Say = quiet) -> Plan:
        """Give the plan of the whole cluster."""
        self.asked.append("plan")
        self.of = site
        return self.plan or together(site)


__all__ = ["NODES", "RUN", "ClusterFront"]
