"""What front ends ask of the engine: the same functions serve the wizard, the verbs and tests.

Nothing here draws or prompts.  Whatever is needed (passphrase, passwords, trust in a host key) is
passed in; what is missing is said by an error that names it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import opening
from app.engine.adopted_files import load_adopted
from app.engine.checking import HostCheck, check_host
from app.engine.control import ask
from app.engine.gather import Say
from app.engine.given import load_clients
from app.engine.journal import follow, utc_now
from app.engine.owing import RequestRow
from app.engine.past import RunSummary, summary
from app.engine.record import write_json
from app.engine.request import Answers, Request, pack
from app.engine.requests import load_requests
from app.engine.status import StatusRow, status_rows
from app.errors import UsageError
from app.events import Event
from app.findings import Finding
from app.model import Host, Site
from app.pki.facts import CertificateFacts
from app.pki.secret import Secret
from app.plan.make import Intent
from app.plan.plan import Plan
from app.remote.base import Logins
from app.site.places import Places

if TYPE_CHECKING:
    from app.engine.anchoring import Anchored
    from app.engine.asking import Asked
    from app.engine.handover import HandOver
    from app.engine.importing import CaFiles
    from app.engine.old_stores import OldStores
    from app.engine.spawn import Spawn
    from app.engine.standing import Noted
    from app.engine.taking import Taken
    from app.engine.together import TakenBack
    from app.pki.importing import Candidate
    from app.plan.stage import Stage

__all__ = ["Answers", "Front", "HostCheck", "RequestRow", "RunSummary", "StatusRow"]


def _quiet(host: str, state: str, text: str) -> None:
    """Say nothing."""


class Front:
    """Answer what front ends ask about one site directory."""

    def __init__(self, directory: Path, spawn: Spawn | None = None) -> None:
        """Take a site's directory, and another way to start a run's process than the usual one."""
        self.directory = directory
        self.places = Places(directory)
        self._spawn = spawn

    def check_host(self, site: Site, logins: Logins, others: Mapping[str, Host]) -> HostCheck:
        """Connect to the one host of a site and say what is there; changes nothing.

        `others` are the hosts that it may be reached through.
        """
        return check_host(site, opening.connector(logins, others))

    def reach(self, site: Site, answers: Answers) -> None:
        """Log in to every host and hang up, before something that cannot ask; raises HostError."""
        from app.engine.reaching import reach

        reach(site, answers)

    def make_plan(self, site: Site, answers: Answers, intent: Intent, say: Say = _quiet) -> Plan:
        """Observe every host and make the plan; raises PreflightError, HostError, VaultError."""
        from app.engine.prepare import prepare
        from app.engine.served import served

        deployed = opening.deployed_of(self.places)
        vault = opening.open_vault(self.places, answers.passphrase, deployed, write=False)
        try:
            connector = opening.connector(answers.logins, site.hosts)
            prepared = prepare(
                site, opening.kinds_of(site), connector, vault, deployed, intent,
                now=utc_now(), served=served, say=say,
                requests=load_requests(self.places.requests),
                clients=load_clients(self.places.clients),
                adopted=load_adopted(self.places, site, opening.kinds_of(site)),
            )  # fmt: skip
        finally:
            if vault is not None:
                vault.close()
        prepared.close()
        return prepared.plan

    def save_plan(self, plan: Plan, path: Path | None = None) -> Path:
        """Write a plan as JSON, under `.tlswright/plans/` when no path is given."""
        self.places.prepare()
        target = path or self.places.plans / f"{plan.id}.json"
        write_json(target, plan.to_dict())
        return target

    def start(
        self, verb: str, answers: Answers, *, plan: Path | None, intent: Intent, run: str = ""
    ) -> str:
        """Start a run (`apply`, `rotate`, `rollback`) in a process of its own; gives its id.

        For `rollback`, `run` is the run to take back; empty means the last that changed a host.
        """
        from app.engine.spawn import spawn as usual

        target = (run or self.last_change()) if verb == "rollback" else ""
        if target:
            self._run(target)
        self.places.prepare()
        newest = max((folder.name for folder in self.places.runs.iterdir()), default="")
        name = opening.run_id(utc_now(), secrets.token_hex(2), newest)
        folder = self.places.run(name)
        folder.mkdir(mode=0o700)
        request = Request(verb, str(plan.absolute()) if plan else "", intent, target)
        write_json(folder / "request.json", request.to_dict())
        spawn = self._spawn or usual
        spawn(self.directory.absolute(), name, folder, pack(request, answers))
        return name

    def follow(self, run: str, *, seconds: float = 0.2) -> Iterator[Event | None]:
        """Give a run's events, old and new, until it has ended; None while nothing is new."""
        return follow(self._run(run) / "journal.jsonl", lambda: time.sleep(seconds))

    def ask_stop(self, run: str, *, now: bool) -> None:
        """Ask a live run to stop: after the step it is at, or safely now."""
        ask(self._run(run), "stop-now" if now else "stop")

    def runs(self) -> tuple[RunSummary, ...]:
        """Give the runs of the site, the newest first."""
        if not self.places.runs.is_dir():
            return ()
        folders = sorted((f for f in self.places.runs.iterdir() if f.is_dir()), reverse=True)
        return tuple(summary(f) for f in folders)

    def live_run(self) -> str:
        """Give the run that goes on now, empty when there is none."""
        return next((r.run for r in self.runs() if r.live), "")

    def last_change(self) -> str:
        """Give the newest run that changed a host; raises UsageError when there is none.

        A run that was taken back, and the rollback that did it, are passed over.
        """
        from app.engine.taking_back import last_change
        from app.engine.together import newest

        return last_change(newest(self.places.runs))

    def taking_back(self, site: Site, run: str) -> TakenBack:
        """Say what a rollback of a run takes back; asks no host.

        Raises StalePlanError where it would part the members of a group, UsageError where there
        is nothing to take back.
        """
        from app.engine.taking_back import judged

        self._run(run)
        deployed = opening.deployed_of(self.places)
        return judged(self.places, site, opening.kinds_of(site), run, deployed).back

    def status(self, site: Site, now: datetime) -> tuple[StatusRow, ...]:
        """Give every certificate with its expiry and health, from the record; asks no host."""
        return status_rows(self.places, site, now)

    def look(self, site: Site, answers: Answers) -> tuple[Noted, ...]:
        """Ask every host what went stale there or stands in the way; needs no vault."""
        from app.engine.standing import look

        return look(site, opening.kinds_of(site), opening.connector(answers.logins, site.hosts))

    def verify(self, site: Site, answers: Answers) -> Iterator[Finding]:
        """Probe every link and give the findings as they come."""
        from app.engine.verifying import verify

        return verify(self.places, site, answers)

    def export_client(
        self, site: Site, name: str, answers: Answers, folder: Path
    ) -> tuple[Path, ...]:
        """Write a client's credential with the CA to a new folder; gives the files."""
        from app.engine.clients import export

        return export(self.places, site, name, answers.passphrase, folder, utc_now())

    def client_delivered(self, name: str) -> bool:
        """Record that a client uses its newest certificate alone; False when it was so already."""
        from app.engine.clients import mark_delivered

        return mark_delivered(self.places, name)

    def forget_client(self, name: str) -> bool:
        """Forget a client that is in use no more."""
        from app.engine.clients import forget

        return forget(self.places, name)

    def forget_host(self, site: Site, host: str, answers: Answers) -> bool:
        """Forget what was brought to a host: nothing waits for it; False when nothing was."""
        from app.engine.delivering import forget

        return forget(self.places, site, host, answers.passphrase)

    def stage(self, site: Site, now: datetime) -> Stage | None:
        """Say how far a change of the CA got, from the record; None where none is under way."""
        from app.engine.status import stage_of

        return stage_of(self.places, site, now)

    def export_bundle(
        self, site: Site, host: str, answers: Answers, *, new: bool, password: Secret | None
    ) -> HandOver:
        """Make what a person brings to a host that is not reached over SSH."""
        from app.engine.handover import export_bundle

        return export_bundle(
            self.places, site, host, answers.passphrase, utc_now(), new=new, password=password
        )

    def mark_delivered(self, site: Site, host: str, answers: Answers) -> bool:
        """Forget the keys that were brought to a host; False when that was done before."""
        from app.engine.delivering import mark_delivered

        return mark_delivered(self.places, site, host, answers.passphrase)

    @property
    def stores(self) -> OldStores:
        """Give what is asked about the stores that hosts use already."""
        from app.engine.old_stores import OldStores

        return OldStores(self.places)

    def write_requests(
        self,
        site: Site,
        answers: Answers,
        *,
        hosts: Collection[str] = (),
        clients: Collection[str] = (),
        new: bool = False,
        folder: Path | None = None,
    ) -> Asked:
        """Write what an outside CA is to sign, for these hosts or for all that need it."""
        from app.engine.asking import write_requests

        return write_requests(
            self.places, site, answers.passphrase, utc_now(),
            hosts=hosts, clients=clients, new=new, folder=folder,
        )  # fmt: skip

    def take(self, site: Site, answers: Answers, paths: Iterable[Path]) -> Taken:
        """Take in what an outside CA gave back; nothing is deployed by it."""
        from app.engine.taking import take

        return take(self.places, site, answers.passphrase, paths, utc_now())

    def read_anchor(self, site: Site, paths: Iterable[Path]) -> CertificateFacts:
        """Judge the certificates of the outside CA itself; changes nothing."""
        from app.engine.anchoring import read_anchor

        return read_anchor(site, paths, utc_now()).facts()

    def set_anchor(self, site: Site, answers: Answers, paths: Iterable[Path]) -> Anchored:
        """Keep the certificates of the outside CA itself: hosts trust its root."""
        from app.engine.anchoring import set_anchor

        return set_anchor(self.places, site, answers.passphrase, paths, utc_now())

    def requests(self, site: Site) -> tuple[RequestRow, ...]:
        """Say how it stands with every certificate of an outside CA; needs no vault."""
        from app.engine.owing import request_rows

        return request_rows(self.places, site, utc_now())

    def keep_secret(self, passphrase: Secret, key: str, value: Secret) -> None:
        """Keep a secret option in the vault, for instance a connector's password."""
        vault = opening.open_vault(
            self.places, passphrase, opening.deployed_of(self.places), write=True
        )
        if vault is None:
            raise UsageError("this site has no vault yet", hint="`tlswright init` makes it.")
        with vault:
            vault.put(f"option/{key}", value.reveal().encode())
            vault.save()

    def create_vault(self, site: Site, passphrase: Secret) -> CertificateFacts | None:
        """Make the vault and, where the CA is ours, the authority; gives the CA's facts.

        A vault that exists is opened with the passphrase instead, and kept.
        """
        from app.engine.keyring import Keyring

        deployed = opening.deployed_of(self.places)
        vault = opening.open_vault(self.places, passphrase, deployed, write=True)
        if vault is None:
            vault = opening.create_vault(self.places, passphrase)
        with vault:
            if site.authority.source == "outside":
                return None  # its certificate comes later
            root = Keyring(site, vault).ensure_authority(utc_now())
            return root.facts() if root is not None else None

    def read_ca(self, site: Site, files: CaFiles) -> Candidate:
        """Read and judge a CA that was made elsewhere; changes nothing.

        Raises PasswordError, whose `where` names the file that is encrypted, and GivenError.
        """
        from app.engine.importing import read_ca

        return read_ca(files, site, opening.kinds_of(site), utc_now())

    def keep_ca(self, site: Site, passphrase: Secret, candidate: Candidate) -> Site:
        """Keep such a CA in the vault; gives the site that uses it, for the caller to save."""
        from app.engine.importing import keep_ca

        return keep_ca(self.places, site, passphrase, candidate)

    def import_ca(self, site: Site, passphrase: Secret, candidate: Candidate) -> Site:
        """Keep such a CA, and let site.yaml say that it is the one; gives the new site."""
        from app.engine.importing import import_ca

        return import_ca(self.places, site, passphrase, candidate)

    def next_ca(self, site: Site) -> Site:
        """Let site.yaml ask for the next generation of the own CA; gives the new site.

        Where the last change of the CA is still under way, that one goes on.
        """
        from app.engine.importing import next_ca

        return next_ca(self.places, site)

    def _run(self, run: str) -> Path:
        folder = self.places.run(run)
        if not folder.is_dir():
            raise UsageError(f"there is no run {run}", hint="`tlswright runs` lists the runs.")
        return folder
