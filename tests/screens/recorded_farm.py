"""Recorded answers of MySQL-MMM: a monitor with two agents, its plan, and a run that stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

from app.engine.front import Answers, HostCheck
from app.engine.gather import Say
from app.events import Event, EventKind
from app.kinds.mmm.activation import HELD, HOLDS, KEPT, OUTAGE_ALL, TOLD
from app.kinds.resources import Activation, FileResource, LiteralWant
from app.model import AuthoritySpec, Host, Node, Site, Topology
from app.plan.diff import Change
from app.plan.make import Intent
from app.plan.phases import TITLES, PhaseName
from app.plan.plan import Check, NodeStep, Plan, Step, Wave
from app.remote.base import Logins
from tests.screens.recorded import NOW, RUN, FakeFront, quiet

MONITOR, AGENTS = "mon", ("db-1", "db-2")
ADDRESSES = {"mon": "10.4.7.10", "db-1": "10.4.7.11", "db-2": "10.4.7.12"}
ETC = "/etc/mysql-mmm"
SOCKET = f"""\
--- {ETC}/mmm_common.conf
+++ {ETC}/mmm_common.conf
@@ -1,2 +1,9 @@
 active_master_role\twriter
 
+<socket>
+    type        ssl
+    cert_file   {ETC}/ssl/ssl_crt.pem
+    key_file    {ETC}/ssl/ssl_key.pem
+    ca_file     {ETC}/ssl/ca_crt.pem
+</socket>
+
"""  # noqa: W293
MODE = f"""\
--- {ETC}/mmm_mon.conf
+++ {ETC}/mmm_mon.conf
@@ -3,3 +3,5 @@
     ip                  10.4.7.10
+    # tlswright puts this line back after the change
+    mode                manual
 </monitor>
"""


def farm_site() -> Site:
    """Give a monitor and its agents."""
    hosts = {name: Host(name, at, user="root", names=(at,)) for name, at in ADDRESSES.items()}
    roles = {"monitor": (MONITOR,), "agent": AGENTS}
    return Site("mmm", AuthoritySpec(), hosts, (Topology("mmm", "monitor-agent", roles),))


def to_tls(of: Site) -> Plan:
    """Give the plan from plain to TLS: told to hold, all in one step, told to act again."""
    everyone = tuple(_member(name) for name in (MONITOR, *AGENTS))
    waves = (
        _wave(1, "guard", (_told("set"),)), _wave(2, "deploy", everyone),
        _wave(3, "free", (_told("lift"),)),
    )  # fmt: skip
    checks = tuple(Check(name, "product", "ok", "MySQL-MMM 2.2.3") for name in of.hosts)
    return Plan(of, waves, checks, {}, {name: _facts(name) for name in of.hosts})


def _wave(number: int, phase: PhaseName, members: tuple[NodeStep, ...]) -> Wave:
    return Wave(phase, TITLES[phase], (Step(f"{number}.1", phase, members),))


def _facts(host: str) -> dict[str, str]:
    own = {"mode": "ACTIVE", "roles": "db1 writer(10.4.7.100); db2 reader(10.4.7.101)"}
    if host != MONITOR:
        own = {"this": host.replace("-", "")}
    return {"product": "MySQL-MMM 2.2.3", **own, "transport": "plain", "held": ""}


def _member(host: str) -> NodeStep:
    rows = [
        (f"{ETC}/ssl/ca_crt.pem", "CA certificates", "create", "it is to be made", "1 certificate"),
        (f"{ETC}/ssl/ssl_key.pem", "private key", "create",
         "it has no certificate of this site yet", "a new ec-p256 key"),
        (f"{ETC}/mmm_common.conf", "configuration", "replace", "edited in place", SOCKET),
    ]  # fmt: skip
    activation = Activation("stop", "start", "check", outage_seconds=OUTAGE_ALL, meanwhile=KEPT)
    return NodeStep(_node(host), tuple(_change(host, *row) for row in rows), activation)


def _told(guard: str) -> NodeStep:
    row = (f"{ETC}/mmm_mon.conf", "configuration", "replace", "edited in place", MODE)
    activation = Activation(
        "", "tell", "check", outage_seconds=0, told=TOLD[guard],
        meanwhile=HELD if guard == "set" else "", holds=HOLDS,
    )  # fmt: skip
    return NodeStep(_node(MONITOR), (_change(MONITOR, *row),), activation)


def _node(host: str) -> Node:
    role, port = ("monitor", 9988) if host == MONITOR else ("agent", 9989)
    return Node(host, "mmm", role, (ADDRESSES[host],), port)


def _change(host: str, path: str, label: str, action: str, reason: str, diff: str) -> Change:
    resource = FileResource(host, host, path, "root", "root", 0o640, LiteralWant(b""), label)
    return Change(host, path, label, action, reason, "absent", diff, resource)  # type: ignore[arg-type]


def stopped_events() -> list[Event]:
    """Give a run in which an agent does not come up: all go back, and the monitor stays told."""
    hosts = [MONITOR, *AGENTS]
    steps = [
        {
            "id": "1.1",
            "hosts": [MONITOR],
            "changes": {MONITOR: 1},
            "phase": "guard",
            "holds": HOLDS,
        },
        {"id": "2.1", "hosts": hosts, "changes": dict.fromkeys(hosts, 3), "phase": "deploy"},
        {"id": "3.1", "hosts": [MONITOR], "changes": {MONITOR: 1}, "phase": "free", "holds": HOLDS},
    ]
    hint = {"hint": "Its old files are back and the service runs with them.", "explanation": ""}
    rows: list[tuple[str, str, str, str, str, dict[str, object]]] = [
        ("run-started", "", "", "", "apply", {"hosts": hosts}),
        ("planned", "", "", "", "", {"plan": "7f3a91cc", "steps": steps}),
        ("wave", "", "", "", TITLES["guard"], {"index": 1, "count": 3}),
        ("intent", MONITOR, "1.1", "", "proven: decided to keep the new files",
         {"phase": "guard", "holds": HOLDS}),
        ("step", MONITOR, "1.1", "done", f"1 file in place, {TOLD['set']} and proven", {}),
        ("wave", "", "", "", TITLES["deploy"], {"index": 2, "count": 3}),
        *(("step", host, "2.1", "starting", "starting the service", {}) for host in hosts),
        ("failed", "db-2", "2.1", "failed", "the unit mysql-mmm-agent does not run", dict(hint)),
        *(("step", host, "2.1", "restored", "put back", {}) for host in hosts[:2]),
        ("run-ended", "", "", "", "failed at db-2, which has its old state back",
         {"exit": 4, "next": ["tlswright apply"]}),
    ]  # fmt: skip
    return [
        Event(cast(EventKind, kind), RUN, n, (NOW + timedelta(seconds=n)).isoformat(),
              host, step, state, text, dict(data))
        for n, (kind, host, step, state, text, data) in enumerate(rows)
    ]  # fmt: skip


class FarmFront(FakeFront):
    """Answer for a host by its role: only `mon` has what a monitor reads."""

    def check_host(self, site: Site, logins: Logins, others: Mapping[str, Host]) -> HostCheck:
        """Say what stands on the host, and by what it is dialled."""
        (host,) = site.hosts.values()
        (role,) = site.topologies[0].roles
        self.asked.append(f"check {host.name} {role}")
        if (role == "agent") != host.name.startswith("db-"):
            name = "mmm_agent.conf" if role == "agent" else "mmm_mon.conf"
            text = f"no MySQL-MMM found: there is no {name} in /etc/mysql-mmm"
            return HostCheck(host.name, "no-product", text)
        facts = {**_facts(host.name), "system": "Debian 12", "login": "root"}
        facts["names"] = f"{host.name} {host.name}.lab.test {host.address}"
        at = ADDRESSES.get(host.name, host.address)
        return HostCheck(host.name, "ok", facts["product"], facts=facts, names=(at,))

    def make_plan(self, site: Site, answers: Answers, intent: Intent, say: Say = quiet) -> Plan:
        """Give the plan to TLS."""
        self.asked.append("plan")
        return self.plan or to_tls(site)
