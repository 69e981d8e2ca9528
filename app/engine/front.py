"""What front ends ask of the engine: the same functions serve the wizard, the verbs and tests.

Nothing here draws or prompts.  Whatever is needed (passphrase, passwords, trust in a host key) is
passed in; what is missing is said by an error that names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from app.events import Event
from app.findings import Finding
from app.model import Host, Site
from app.pki.facts import CertificateFacts
from app.pki.secret import Secret
from app.plan.make import Intent
from app.plan.plan import Plan
from app.remote.base import Logins

HostState = Literal[
    "ok", "new-key", "changed-key", "login", "sudo", "unreachable", "no-product", "failed"
]


@dataclass(frozen=True, slots=True)
class Answers:
    """Hold what was asked for before the run: the vault's passphrase and the logins."""

    passphrase: Secret | None = field(default=None, repr=False)
    logins: Logins = field(default_factory=Logins, repr=False)


@dataclass(frozen=True, slots=True)
class HostCheck:
    """Say how one host answered: for the wizard's hosts step and for preflight.

    `offered` is the host key line to pin, `fingerprint` its SHA256; `facts` are rows to show.
    """

    host: str
    state: HostState
    text: str
    hint: str = ""
    offered: str = ""
    fingerprint: str = ""
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Show one certificate: of a node (`subject` its host) or of the authority."""

    subject: str
    role: str
    health: str
    expires: datetime | None
    days: int | None
    due: bool
    facts: CertificateFacts | None
    generation: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Show one run of the past or the present."""

    run: str
    verb: str
    started: str
    ended: str
    result: str
    exit: int | None
    live: bool
    hosts: tuple[str, ...]


class Front:
    """Answer what front ends ask about one site directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def check_host(self, host: Host, kind: str, logins: Logins) -> HostCheck:
        """Connect to one host and say what is there; changes nothing."""
        raise NotImplementedError

    def make_plan(self, site: Site, answers: Answers, intent: Intent) -> Plan:
        """Observe every host and make the plan; raises PreflightError, HostError, VaultError."""
        raise NotImplementedError

    def save_plan(self, plan: Plan, path: Path | None = None) -> Path:
        """Write a plan as JSON, under `.tlswright/plans/` when no path is given."""
        raise NotImplementedError

    def start(
        self, verb: str, answers: Answers, *, plan: Path | None, intent: Intent, run: str = ""
    ) -> str:
        """Start a run (`apply`, `rotate`, `rollback`) in a process of its own; gives its id."""
        raise NotImplementedError

    def follow(self, run: str, *, seconds: float = 0.2) -> Iterator[Event | None]:
        """Give a run's events, old and new, until it has ended; None while nothing is new."""
        raise NotImplementedError

    def ask_stop(self, run: str, *, now: bool) -> None:
        """Ask a live run to stop: after the host it is at, or safely now."""
        raise NotImplementedError

    def runs(self) -> tuple[RunSummary, ...]:
        """Give the runs of the site, the newest first."""
        raise NotImplementedError

    def status(self, site: Site, now: datetime) -> tuple[StatusRow, ...]:
        """Give every certificate with its expiry and health, from the record; asks no host."""
        raise NotImplementedError

    def verify(self, site: Site, answers: Answers) -> Iterator[Finding]:
        """Probe every link and give the findings as they come."""
        raise NotImplementedError

    def export_client(
        self, site: Site, name: str, answers: Answers, folder: Path
    ) -> tuple[Path, ...]:
        """Write a client's credential with the CA to a new folder; gives the files."""
        raise NotImplementedError

    def create_vault(self, site: Site, passphrase: Secret) -> CertificateFacts | None:
        """Make the vault and, under trust by CA, the authority; gives the CA's facts."""
        raise NotImplementedError
