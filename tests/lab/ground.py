"""The ground of the fault matrix: two lab hosts with the small service, and a site over them.

It starts from a known state with one change pending on one host, `victim`; after a fault it says
whether the old state works or the new one is proven, and that the next apply finishes.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from app.engine.front import Front
from app.engine.request import Answers
from app.events import Event, RunView, fold
from app.pki.secret import Secret
from app.plan.make import Intent
from app.remote.base import Logins
from tests.lab import footprint, tiny_hosts
from tests.lab.fault_runs import At, Runs, Started
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import PASSPHRASE, Site
from tests.until import until

ETC, STATE, KEPT = "/etc/activemq", footprint.STATE, "/root/kept"
STORE = "/etc/activemq/instances-available/main/tls/spoke-a.p12"
EXTRA = "mq.lab.test"
RUN_SECONDS = 900
REST_SECONDS = 60
# What a host itself writes while it runs, and where a fault of ours comes from.
OWN = (
    "/var/log", "/var/lib/systemd", "/var/cache", "/var/lib/activemq", "/var/tmp", "/root", "/run",
    "/opt",
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What a run came to: its exit code, and everything that it said to the user."""

    view: RunView
    said: str
    advised: bool
    """Every failure comes with what to do, or what stands, or the run ends with what comes next."""

    @property
    def exit(self) -> int | None:
        return self.view.exit


class Ground:
    """Hold the hosts, the site, and the states to start from: `plain`, and `tls` with a change."""

    def __init__(self, folder: Path, lab: Lab) -> None:
        """Install the small service, bring the site to TLS, keep what stands before and after."""
        self.lab, self.hosts = lab, (lab["hub"], lab["spoke-a"])
        self.victim = lab["spoke-a"]
        tiny_hosts.install(self.hosts)
        self.site = Site(folder, lab, ("hub", "spoke-a"))
        self.site.init("--name", "lab")
        self.runs = Runs(folder / "home")
        self.front = Front(self.site.directory, self.runs.spawn)
        self.logins = Logins()
        self.where = ""
        self._files: dict[str, Mapping[str, footprint.Footprint]] = {}
        self._keep("plain")
        assert self.apply().exit == 0
        self._modes = {name: _modes(found) for name, found in self._content().items()}
        self._change_names()
        self._keep("tls")
        self.accept_what_stands()

    def _change_names(self) -> None:
        self.site.edit("spoke-a.lab.test]", f"spoke-a.lab.test, {EXTRA}]")
        self.site.edit("# network_ttl: ", "network_ttl: 3  # not ")

    def _keep(self, state: str) -> None:
        for host in self.hosts:
            place = f"{KEPT}/{state}"
            host.run(f"mkdir -p {place}; cp -a {ETC} {place}/etc; mkdir -p {STATE}; "
                     f"cp -a {STATE} {place}/state")  # fmt: skip
        shutil.copytree(self.site.directory, self.site.directory.parent / f"kept-{state}")
        self._files[state] = self._content()

    def _content(self) -> dict[str, footprint.Footprint]:
        return {host.name: footprint.content(host, ETC) for host in self.hosts}

    def reset(self, state: str) -> None:
        """Go back to a state: files, host's memory, site, and services that run with them."""
        self.where = state
        for host in self.hosts:
            wanted = "plain" if state == "plain" else self._kept_leaf(host)
            if footprint.content(host, ETC) != self._files[state][host.name] or (
                tiny_hosts.shown(host) != wanted
            ):
                self._restore(host, state)
            host.run(f"rm -rf {STATE} {tiny_hosts.SETTINGS}; cp -a {KEPT}/{state}/state {STATE}")
        shutil.rmtree(self.site.directory)
        shutil.copytree(self.site.directory.parent / f"kept-{state}", self.site.directory)
        self.old = {host.name: tiny_hosts.shown(host) for host in self.hosts}
        assert all(self.old.values())

    def _restore(self, host: LabHost, state: str) -> None:
        kept, place = f"{KEPT}/{state}/etc/instances-available", f"{ETC}/instances-available"
        host.run(f"rm -rf {place} {tiny_hosts.SETTINGS} && cp -a {kept} {place}")
        tiny_hosts.restart(host)

    def _kept_leaf(self, host: LabHost) -> str:
        return _leaf(host.path(f"{KEPT}/tls/etc/instances-available/main"), host.name)

    def start(
        self, at: At | None = None, how: str = "kill", *, plan: Path | None = None
    ) -> Started:
        """Start a run; it ends or waits at an event where one is given."""
        self.runs.at, self.runs.how = at, "wait" if how == "wait" else "kill"
        self.front.start("apply", self._answers(), plan=plan, intent=Intent())
        return self.runs.started[-1]

    def _answers(self) -> Answers:
        return Answers(Secret(PASSPHRASE), self.logins)

    def end(self, started: Started) -> Seen:
        """Wait for the end of the run, and read what it said."""
        started.end(RUN_SECONDS)
        run = self.front.runs()[0].run
        events = [e for e in self.front.follow(run, seconds=0.02) if e is not None]
        return Seen(fold(events), "\n".join(_words(events)), _advised(events))

    def apply(self, plan: Path | None = None) -> Seen:
        """Apply to the end, a saved plan where one is given."""
        return self.end(self.start(plan=plan))

    def rests(self) -> None:
        """Wait until no transaction holds a host that runs."""
        for host in self.hosts:
            until(partial(_free, host), REST_SECONDS, f"{host.name} to undo")

    def service_is_up(self) -> None:
        """Wait until the victim's service answers, as it does a moment after a boot."""
        until(lambda: tiny_hosts.shown(self.victim), REST_SECONDS, "the victim's service")

    def litter(self) -> list[str]:
        """Name what a host that has its old files must not have beside them.

        One that holds new ones, but never heard the last word, keeps the old until the next run.
        """
        return [
            path
            for name, found in self._content().items()
            if _targets(found) == self._files[self.where][name]
            for path in found
            if ".tlswright" in path
        ]

    def state(self) -> str:
        """Say which state stands and works on the victim: `old` or `new`; anything else fails."""
        now = {name: _targets(found) for name, found in self._content().items()}
        if now["hub"] != self._files[self.where]["hub"]:
            assert self.where == "plain", "hub changed"
            assert _modes(now["hub"]) == self._modes["hub"], "neither set is whole on the hub"
        shown = tiny_hosts.shown(self.victim)
        if now["spoke-a"] == self._files[self.where]["spoke-a"]:
            assert shown == self.old["spoke-a"], f"old files, but {shown or 'nothing'} is served"
            return "old"
        self._is_new(now["spoke-a"], shown)
        return "new"

    def _is_new(self, now: footprint.Footprint, shown: str) -> None:
        """The new set is whole, with modes and owners, and it is what is served."""
        assert _modes(now) == self._modes["spoke-a"]
        folder = self.victim.path("/etc/activemq/instances-available/main")
        names, text = _names(folder), (folder / "activemq.xml").read_text()
        if self.where == "tls":
            assert EXTRA in names
            assert 'networkTTL="3"' in text
        assert shown == _leaf(folder, "spoke-a"), "another certificate is served than the new one"

    def finishes(self) -> None:
        """The next apply asks nothing and ends well; one more has nothing to do."""
        done = self.apply()
        assert done.exit == 0, done.said
        assert self.state() == "new"
        before = [(footprint.writes(host), footprint.life(host)) for host in self.hosts]
        again = self.apply()
        assert again.exit == 0, again.said
        assert "nothing to do" in again.said
        assert [(footprint.writes(host), footprint.life(host)) for host in self.hosts] == before
        self.leaves_nothing()

    def accept_what_stands(self) -> None:
        """Take what a test itself has put on the hosts as theirs."""
        self._paths = {host.name: _paths(host) for host in self.hosts}

    def leaves_nothing(self) -> None:
        """Nothing of ours stands on a host but the run directory, for root alone."""
        for host in self.hosts:
            left = sorted(_paths(host) - self._paths[host.name])
            left = [path for path in left if not path.startswith(STATE)]
            assert left == [], f"left on {host.name}: {left}"
            inside = footprint.content(host, STATE)
            (top, *who, _) = next(iter(inside.values()))
            assert (top, *who) == ("drwx------", "0", "0")
            names = {Path(path).name for path in inside}
            assert not names & {"lock", "lock.take", "in", "payload", "beat", "out"}, names


def _free(host: LabHost) -> bool:
    lock = host.path(f"{STATE}/lock")
    pid = lock.read_text().partition("\t")[0] if lock.exists() else ""
    return not pid or host.run(["kill", "-0", pid], check=False).returncode != 0


def _paths(host: LabHost) -> set[str]:
    """Name everything that was written to a host, but what it writes itself."""
    upper = host.overlay.upper
    every = (f"/{path.relative_to(upper)}" for path in upper.rglob("*"))
    return {path for path in every if not path.startswith((*OWN, ETC)) or ".tlswright" in path}


def _targets(found: footprint.Footprint) -> footprint.Footprint:
    return {path: who for path, who in found.items() if ".tlswright" not in path}


def _modes(found: footprint.Footprint) -> footprint.Footprint:
    return {path: who[:3] for path, who in found.items()}


def _leaf(folder: Path, name: str) -> str:
    """Give the SHA-256 of the certificate in a key store."""
    certificate = _open(folder, name).public_bytes(Encoding.DER)
    return hashlib.sha256(certificate).hexdigest()


def _open(folder: Path, name: str) -> x509.Certificate:
    found = re.search(r'keyStorePassword="([^"]*)"', (folder / "activemq.xml").read_text())
    assert found
    store = pkcs12.load_pkcs12((folder / f"tls/{name}.p12").read_bytes(), found[1].encode())
    assert store.cert is not None
    return store.cert.certificate


def _names(folder: Path) -> list[str]:
    san = _open(folder, "spoke-a").extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return list(san.value.get_values_for_type(x509.DNSName))


def _words(events: list[Event]) -> list[str]:
    """Give what a run says to the user: failures with their hosts and hints, logs, the end."""
    told = []
    for event in events:
        if event.kind in ("failed", "log", "run-ended") or event.state in ("failed", "observing"):
            parts = (event.host, event.text, event.data.get("hint"), event.data.get("explanation"))
            told.append(": ".join(str(part) for part in parts if part))
        if event.kind == "run-ended":
            told += [str(word) for word in event.data.get("next", ())]
    return told


def _advised(events: list[Event]) -> bool:
    failed = [e.data.get("hint") or e.data.get("explanation") for e in events if e.kind == "failed"]
    return all(failed) or any(e.data.get("next") for e in events if e.kind == "run-ended")
