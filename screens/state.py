"""What the screens share: the draft, the site, the answers, the plan; and the way outside."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from app.engine.front import Answers, Front, HostCheck
from app.errors import HostKeyError, TlswrightError
from app.events import RunView
from app.model import Site
from app.pki.importing import Candidate
from app.pki.secret import Secret
from app.plan.make import Intent
from app.plan.plan import Plan
from app.remote.base import Logins, OneTime
from app.site.catalogue import KindFacts, Kinds
from app.site.convert import from_site
from app.site.draft import Draft


@dataclass(frozen=True, slots=True)
class Edges:
    """Hold every way to the world outside the screens, passed in by the command line.

    `ssh_hosts` gives the names in the user's SSH configuration; `kinds` the products;
    `now` the time, aware; `read_site` gives the site where its file was changed meanwhile, by a
    rollback for one; `remember` adds a jump host's key to the user's known hosts and says
    where.
    """

    front: Front
    kinds: Kinds
    now: Callable[[], datetime]
    save_site: Callable[[Site], None]
    save_draft: Callable[[Draft], None]
    read_site: Callable[[], Site | None] = lambda: None
    drop_draft: Callable[[], None] = lambda: None
    ssh_hosts: Callable[[], tuple[str, ...]] = tuple
    remember: Callable[[HostKeyError], str] = lambda error: error.known_file


@dataclass
class State:
    """Hold what the user has said and what was found, for as long as the screens are open."""

    edges: Edges
    draft: Draft
    site: Site | None = None
    answers: Answers = field(default_factory=Answers, repr=False)
    ascii_only: bool = False
    checks: dict[str, HostCheck] = field(default_factory=dict)
    """What was found of each host, by name."""
    looked: dict[str, Site] = field(default_factory=dict)
    """What each host was when it was looked at: a site of it alone."""
    looking: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    """Hosts whose names were taken from the product once already."""
    plan: Plan | None = None
    intent: Intent = field(default_factory=Intent)
    verb: str = "apply"
    next_ca: Site | None = None
    """The site with its next CA while a plan of it is looked at; site.yaml has it with the run."""
    view: RunView = field(default_factory=RunView)
    commands: list[str] = field(default_factory=list)
    log: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=1000))
    pending: bool = False
    """Whether the draft is to become the site before the next plan."""
    secrets: dict[str, Secret] = field(default_factory=dict, repr=False)
    """Secret options that were typed, by key, until the vault has them."""
    kept: set[str] = field(default_factory=set)
    """Secret options that were put into the vault meanwhile."""
    ca: Candidate | None = field(default=None, repr=False)
    """The CA that was read and is to be imported, from `ca_files`."""
    ca_files: tuple[str, str] = ("", "")
    visited: set[str] = field(default_factory=set)
    _past: list[Draft] = field(default_factory=list)

    @property
    def directory(self) -> Path:
        """Give the site's directory."""
        return self.edges.front.directory

    @property
    def has_vault(self) -> bool:
        """Tell whether the site has its vault already."""
        return (self.directory / "vault").exists()

    def kind(self) -> KindFacts | None:
        """Load the chosen kind; None while none is chosen."""
        return self.edges.kinds.load(self.draft.kind) if self.draft.kind else None

    @property
    def products(self) -> tuple[KindFacts, ...]:
        """Give the products of the site, or of the draft while there is none."""
        kinds = [t.kind for t in self.site.topologies] if self.site else [self.draft.kind]
        return tuple(self.edges.kinds.load(name) for name in dict.fromkeys(kinds) if name)

    def change(self, draft: Draft, *, undo: bool = True) -> None:
        """Take a new draft and save it; the one before can be had back with `undo`."""
        if draft == self.draft:
            return
        if undo:
            self._past.append(self.draft)
        self.draft = draft
        self.edges.save_draft(draft)

    def undo(self) -> bool:
        """Take back the last change of the draft; False when there is none."""
        if not self._past:
            return False
        self.draft = self._past.pop()
        self.edges.save_draft(self.draft)
        return True

    def adopt(self, site: Site) -> None:
        """Take a site as it was saved; the draft starts over from it."""
        self.site = site
        self.draft = from_site(site)

    def take(self, site: Site) -> None:
        """Take a site as it stands; the draft follows where the wizard can hold it."""
        self.site = site
        with suppress(TlswrightError):
            self.draft = from_site(site)

    def note(self, text: str) -> None:
        """Put a line into the log that F3 shows."""
        self.log.append((self.edges.now().astimezone().strftime("%H:%M:%S"), text))

    def passphrase(self, secret: Secret | None) -> None:
        """Keep the vault's passphrase for as long as the screens are open, or forget it."""
        self.answers = replace(self.answers, passphrase=secret)

    def secret(self, key: str, text: str) -> None:
        """Hold a secret option until the vault has it; an empty text drops it."""
        if text:
            self.secrets[key] = Secret(text)
        else:
            self.secrets.pop(key, None)

    def login(self, what: str, name: str, secret: Secret) -> None:
        """Keep a secret: `what` is `passwords`, `sudo`, `codes` (by host) or `keys` (by file)."""
        logins = self.answers.logins
        if what == "passwords":
            logins = replace(logins, passwords={**logins.passwords, name: secret})
        elif what == "sudo":
            logins = replace(logins, sudo={**logins.sudo, name: secret})
        elif what == "codes":
            logins = replace(logins, codes={**logins.codes, name: OneTime(secret)})
        else:
            logins = replace(logins, keys={**logins.keys, name: secret})
        self.answers = replace(self.answers, logins=logins)

    @property
    def logins(self) -> Logins:
        """Give the logins as they are now."""
        return self.answers.logins
