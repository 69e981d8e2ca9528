"""Recorded answers for the screens: a front without an engine, a plan, a run's events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from typing import cast

from app.engine.front import Answers, Front, HostCheck, RunSummary, StatusRow
from app.engine.gather import Say
from app.engine.importing import with_ca
from app.engine.together import TakenBack
from app.errors import LoginError, PartedError, UsageError, VaultError
from app.events import Event, EventKind
from app.findings import Finding
from app.kinds.resources import Activation, FileResource, LiteralWant
from app.model import AuthoritySpec, Host, Node, Site, Topology
from app.pki.facts import CertificateFacts
from app.pki.importing import Candidate
from app.pki.names import San
from app.pki.secret import Secret
from app.plan.diff import Change
from app.plan.make import Intent
from app.plan.plan import Check, NodeStep, Plan, Step, Wave
from app.plan.stage import Stage
from app.remote.base import Logins

NOW = datetime(2026, 11, 22, 4, 31, tzinfo=UTC)
RUN = "20261122-043100-a1b2"
TITLE = "Deploy keys, certificates and configuration"
LOCKED = "/home/ops/.ssh/id_ed25519"
COMPARE = "Compare it with the one that the host's owner gave you."
PRINT = "SHA256:2mQ0cT4hN1r8JkO5QmW3f0Jc0oK5b6m9mUuZr0p3x4Y (ED25519)"

DIFF = """\
--- /etc/activemq/instances-available/main/activemq.xml
+++ /etc/activemq/instances-available/main/activemq.xml
@@ -41,4 +41,7 @@
     <transportConnectors>
       <transportConnector name="openwire" uri="tcp://0.0.0.0:61616"/>
+      <transportConnector name="ssl"
+        uri="ssl://0.0.0.0:61617?needClientAuth=true"/>
     </transportConnectors>
+    keyStorePassword="***"
"""


def quiet(host: str, state: str, text: str) -> None:
    """Say nothing."""


def site(hosts: tuple[str, ...] = ("hub-a1", "spk-01", "spk-02")) -> Site:
    """Give a hub with its spokes."""
    known = {name: Host(name, f"{name}.example.net", user="root") for name in hosts}
    roles = {"hub": hosts[:1], "spoke": hosts[1:]}
    topology = Topology("activemq", "hub-spoke", roles)
    return Site("prod-mq", AuthoritySpec(name="prod-mq"), known, (topology,))


def plan(of: Site, *, failed: bool = False) -> Plan:
    """Give a plan with one step a host, three files each."""
    steps = tuple(
        Step(f"1.{at}", "deploy", (_member(name, "hub" if at == 1 else "spoke"),))
        for at, name in enumerate(of.hosts, 1)
    )
    checks = [Check(name, "clock", "ok", "its clock is within 0 s") for name in of.hosts]
    if failed:
        text = "no ActiveMQ instance is enabled below /etc/activemq/instances-enabled"
        checks.append(Check("spk-02", "product", "fail", text))
    waves = () if failed else (Wave("deploy", TITLE, steps),)
    layouts = {name: {"product": "ActiveMQ 5.17.2", "instance": "main"} for name in of.hosts}
    return Plan(of, waves, tuple(checks), {}, layouts)


def _member(host: str, role: str) -> NodeStep:
    folder = "/etc/activemq/instances-available/main"
    rows = [
        (f"{folder}/tls/key.p12", "key store", "create", "it has no certificate of this site yet",
         "PKCS12 key store with a new ec-p256 key and certificate"),
        (f"{folder}/tls/trust.p12", "trust store", "create", "it is to be made",
         "PKCS12 trust store, 1 trusted entries:\n  ca-g1  the site's CA, generation 1"),
        (f"{folder}/activemq.xml", "broker configuration", "replace", "edited in place", DIFF),
    ]  # fmt: skip
    changes = tuple(_change(host, *row) for row in rows)
    node = Node(host, "activemq", role, (f"{host}.example.net",), 61617)
    return NodeStep(node, changes, Activation("", "start", "check", outage_seconds=20))


def _change(host: str, path: str, label: str, action: str, reason: str, diff: str) -> Change:
    want = LiteralWant(b"")
    resource = FileResource(host, host, path, "root", "activemq", 0o640, want, label)
    return Change(host, path, label, action, reason, "absent", diff, resource)  # type: ignore[arg-type]


def status_rows(of: Site, now: datetime = NOW) -> tuple[StatusRow, ...]:
    """Give a CA, a certificate that is fine, one that is due and one that has expired."""
    rows = [_row("prod-mq CA g1", "authority", "ok", 3628, now, "prod-mq CA g1", 3650)]
    for name, days in zip(of.hosts, (352, 22, -2), strict=False):
        health = "expired" if days < 0 else "warn" if days < 30 else "ok"
        rows.append(_row(name, "hub", health, days, now, f"{name}.example.net", 397))
    return tuple(rows)


def _row(
    subject: str, role: str, health: str, days: int, now: datetime, common: str, life: int
) -> StatusRow:
    ends = now + timedelta(days=days)
    facts = CertificateFacts(
        f"CN={common}", "CN=prod-mq CA g1", "4f22910c77aa", "ab12" * 16,
        ends - timedelta(days=life), ends, (San("dns", common),), 1, "ec-p256",
    )  # fmt: skip
    return StatusRow(subject, role, health, ends, days, days < life / 3, facts, "g1")


def events(*, fail: bool = False, upto: int = 10_000) -> list[Event]:
    """Give a run over three hosts, second by second; with `fail` the second spoke fails."""
    rows: list[tuple[str, str, str, str, str, dict[str, object]]] = []
    hosts = ["hub-a1", "spk-01", "spk-02"]
    rows.append(("run-started", "", "", "", "apply", {"hosts": hosts, "waves": 1, "pid": 4711}))
    for host in hosts:
        rows.append(("connected", host, "", "connecting", "ssh-ed25519, root", {}))
        rows.append(("observed", host, "", "observing", "ActiveMQ 5.17.2, instance main", {}))
    steps = [{"id": f"1.{n}", "hosts": [h], "changes": {h: 3}} for n, h in enumerate(hosts, 1)]
    rows.append(("planned", "", "", "", "", {"plan": "7f3a91cc", "steps": steps}))
    wave = {"index": 1, "count": 1}
    rows.append(("wave", "", "", "", TITLE, dict(wave)))
    for at, host in enumerate(hosts, 1):
        for state, text in (
            ("staging", "3 files beside their targets"),
            ("switching", "renamed into place"),
            ("starting", "systemctl restart activemq"),
            ("checking", "waiting for 61617"),
        ):
            rows.append(("step", host, f"1.{at}", state, text, {}))
        if fail and host == "spk-02":
            data = {
                "hint": "Put the password of the vault's record into the store, or run again.",
                "explanation": "The key store's password is not the one in activemq.xml.",
            }
            text = "nothing answered on 61617 in 90 s"
            rows.append(("failed", host, f"1.{at}", "restored", text, dict(data)))
            ended = {"exit": 4, "next": ["tlswright plan"]}
            rows.append(("run-ended", "", "", "", "failed", dict(ended)))
            break
        rows.append(("step", host, f"1.{at}", "done", "61617 answers, TLSv1.3", {}))
    else:
        for finding in findings():
            rows.append(("finding", "", "", "", "", finding.to_dict()))
        rows.append(("run-ended", "", "", "", "done", {"exit": 0, "next": []}))
    return [
        Event(cast(EventKind, kind), RUN, n, (NOW + timedelta(seconds=2 * n)).isoformat(),
              host, step, state, text, dict(data))
        for n, (kind, host, step, state, text, data) in enumerate(rows)
    ][:upto]  # fmt: skip


def findings(*, bad: bool = False) -> list[Finding]:
    """Give the findings of two links."""
    found = []
    for name in ("spk-01", "spk-02"):
        link = f"{name}>hub-a1"
        for tried, seen in (
            ("TLS handshake and read", "TLSv1.3 TLS_AES_256_GCM_SHA384"),
            ("right name", "hub-a1.example.net"),
            ("no certificate refused", "alert certificate required"),
            ("plain text refused", "closed after the first line"),
            ("the bridge is up", "NetworkBridge hub-a1 -> " + name),
        ):
            found.append(Finding(link, tried, "ok", seen, source=name))
    found.append(
        Finding("spk-01>hub-a1", "foreign CA refused", "skip", cause="not checked in demo",
                remedy="Verify on real hosts.")
    )  # fmt: skip
    if bad:
        found.append(
            Finding(
                "spk-02>hub-a1", "TLS handshake and read", "fail",
                "alert unknown_ca after the handshake",
                "The hub does not trust the CA that signed spk-02's certificate.",
                "Run `tlswright plan`: the hub's trust store is not the one that was deployed.",
                "spk-02",
            )
        )  # fmt: skip
    return found


class FakeFront(Front):
    """Answer from records; remembers what it was asked for."""

    def __init__(self, directory: Path, of: Site | None = None) -> None:
        super().__init__(directory)
        self.of = of or site()
        self.asked: list[str] = []
        self.planned = 0
        self.events = events()
        self.more = Flag()
        self.live = False
        self.plan: Plan | None = None
        self.wrong_passphrases = 0
        self.refuse_login = False
        self.past: tuple[RunSummary, ...] = ()
        self.rows: tuple[StatusRow, ...] = ()
        self.staged: Stage | None = None
        self.found = findings()
        self.parted: PartedError | None = None
        self.apart = ""

    def check_host(self, site: Site, logins: Logins, others: Mapping[str, Host]) -> HostCheck:
        """Answer by the host's name and pinned key."""
        (host,) = site.hosts.values()
        self.asked.append(f"check {host.name}")
        if host.name.startswith("spk-02") and not host.host_key:
            text = "the host key is not known"
            key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFake"
            return HostCheck(host.name, "new-key", text, COMPARE, key, PRINT)
        if host.name.startswith("spk-03"):
            text = "no connection to 10.4.7.23 port 22: timed out after 10 s"
            return HostCheck(host.name, "unreachable", text, "Is it up? Is port 22 open?")
        if host.name.startswith("spk-locked") and LOCKED not in logins.keys:
            text = f"ops@10.4.7.31 was refused: key {LOCKED}: needs its passphrase; agent: no keys"
            return HostCheck(host.name, "login", text, "Check the user.")
        if host.name.startswith("spk-04") and host.name not in logins.sudo:
            return HostCheck(host.name, "sudo", "sudo asks for a password", "Give it with p.")
        facts = {"product": "ActiveMQ 5.17.2", "system": "Debian 12", "java": "17.0.13"}
        facts["names"] = f"{host.name} {host.name}.example.net"
        return HostCheck(host.name, "ok", "ready: nothing was changed", facts=facts)

    def make_plan(self, site: Site, answers: Answers, intent: Intent, say: Say = quiet) -> Plan:
        """Give the plan, after refusing as often as it was told to."""
        self.asked.append(f"plan {' '.join(sorted(intent.rotate))}".strip())
        self.planned = site.authority.generation
        for name in site.hosts:
            say(name, "observing", "")
        if self.wrong_passphrases:
            self.wrong_passphrases -= 1
            raise VaultError("the passphrase does not open the vault", hint="Type it again.")
        if self.refuse_login and "spk-01" not in answers.logins.sudo:
            raise LoginError("sudo asks for a password", host="spk-01", step="sudo")
        return self.plan or plan(site)

    def save_plan(self, plan: Plan, path: Path | None = None) -> Path:
        """Say where a plan would be."""
        return path or self.directory / ".tlswright" / "plans" / f"{plan.id}.json"

    def reach(self, site: Site, answers: Answers) -> None:
        """Log in nowhere: nothing is missing."""

    def start(
        self, verb: str, answers: Answers, *, plan: Path | None, intent: Intent, run: str = ""
    ) -> str:
        """Begin the recorded run."""
        self.asked.append(f"start {verb} {run}".strip())
        return RUN

    def follow(self, run: str, *, seconds: float = 0.2) -> Iterator[Event | None]:
        """Give the recorded events; a live run waits for more until it is told."""
        yield from self.events
        yield None
        while self.live and not self.more.wait(0.02):
            yield None
        yield None

    def ask_stop(self, run: str, *, now: bool) -> None:
        """Remember the request."""
        self.asked.append(f"stop {'now' if now else 'after'}")

    def runs(self) -> tuple[RunSummary, ...]:
        """Give the runs of the past."""
        return self.past

    def status(self, site: Site, now: datetime) -> tuple[StatusRow, ...]:
        """Give the certificates."""
        return self.rows

    def stage(self, site: Site, now: datetime) -> Stage | None:
        """Give how far a change of the CA got."""
        return self.staged

    def last_change(self) -> str:
        """Give the newest run that was no rollback."""
        found = [run.run for run in self.past if not run.live and run.verb != "rollback"]
        if not found:
            raise UsageError("there is no run to take back")
        return found[0]

    def taking_back(self, site: Site, run: str) -> TakenBack:
        """Give what a rollback takes back."""
        if self.parted is not None and run != self.parted.instead:
            raise self.parted
        along = () if self.parted is None else (self.last_change(),)
        return TakenBack(run, along, self.apart)

    def verify(self, site: Site, answers: Answers) -> Iterator[Finding]:
        """Give the findings."""
        self.asked.append("verify")
        yield from self.found

    def export_client(
        self, site: Site, name: str, answers: Answers, folder: Path
    ) -> tuple[Path, ...]:
        """Say which files would be written."""
        self.asked.append(f"export {name}")
        return (folder / "client.p12", folder / "ca.pem")

    def client_delivered(self, name: str) -> bool:
        """Remember which client uses its newest certificate."""
        self.asked.append(f"delivered {name}")
        return True

    def forget_client(self, name: str) -> bool:
        """Remember which client is no more."""
        self.asked.append(f"forget {name}")
        return True

    def create_vault(self, site: Site, passphrase: Secret) -> CertificateFacts | None:
        """Make a file where the vault would be."""
        self.asked.append("vault")
        (self.directory / "vault").write_bytes(b"sealed")
        return None

    def keep_ca(self, site: Site, passphrase: Secret, candidate: Candidate) -> Site:
        """Remember which CA was kept; reading it is real."""
        self.asked.append(f"keep CA {candidate.facts[0].common_name}")
        (self.directory / "vault").write_bytes(b"sealed")
        return with_ca(site, candidate, 1)

    def keep_secret(self, passphrase: Secret, key: str, value: Secret) -> None:
        """Remember that a secret was kept, and which."""
        if self.wrong_passphrases:
            self.wrong_passphrases -= 1
            raise VaultError("the passphrase does not open the vault", hint="Type it again.")
        self.asked.append(f"keep {key}={value.reveal()}")


def past_runs() -> tuple[RunSummary, ...]:
    """Give two runs, the newer one stopped."""
    hosts = ("hub-a1", "spk-01", "spk-02")
    return (
        RunSummary("20261122-0431", "rotate", "2026-11-22T04:31:00+00:00",
                   "2026-11-22T04:33:00+00:00", "failed", 4, False, hosts),
        RunSummary("20261120-0400", "apply", "2026-11-20T04:00:00+00:00",
                   "2026-11-20T04:02:00+00:00", "done", 0, False, hosts),
    )  # fmt: skip
