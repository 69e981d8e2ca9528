"""The small protocol through which the engine reaches hosts; an implementation is passed in.

One connection per host and run; all it carries is data: a Survey is answered, a command is run, a
Member of a step is carried through the barriers of the host transaction.

Every POSIX-sh snippet runs with LC_ALL=C and finds the host's root prefix in the shell variable
ROOT (empty on real hosts); paths in data are always given and answered without that prefix.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from app.model import Host
from app.observed import HostObservation, Output, Survey
from app.pki.secret import Secret

Barrier = Literal["stage", "stop", "switch", "start", "check", "hold", "commit", "rollback"]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """Change one file of a transaction.

    `expect` are the states that the target may have now (a SHA-256 or `absent`), else the member
    refuses before anything is touched.  `restore` puts back what the transaction of that id
    found, with owner and mode; the bytes never leave the host.  `test` is a POSIX-sh snippet that
    judges the staged file, whose path is in $1.
    """

    path: str
    action: Literal["put", "delete", "restore"]
    expect: tuple[str, ...]
    owner: str = ""
    group: str = ""
    mode: int = 0o600
    data: bytes = field(default=b"", repr=False)
    restore: str = ""
    test: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """Hold one host's part of a step.

    `id` names the transaction on the host (its run directory), `run` and `group` tie members
    together.  Entries are renamed in the given order; the commands are POSIX-sh snippets,
    which find UNDOING=1 in their environment while the old set is brought back.
    A service counts as healthy again after an undo, and at a second `check`, only when it has been
    so for `settle_seconds`: one that dies soon after it came up must not pass.  On a slow host it
    is half the time that it took to come up, up to five times `settle_seconds`; two seconds where
    the check says that the service is whole.
    A host that waits for a word for `silence_seconds` undoes: the control side, which talks more
    often, has given up by then, and a service may be down meanwhile.
    `together` says that other hosts change in the same step: a member that fails after its service
    was touched waits for `rollback`, so that all go back at once; alone it undoes by itself.  Once
    started it may be told to `stop` again, before `rollback`: services stop in an order.
    """

    id: str
    run: str
    group: str
    owner: str
    entries: tuple[FileEntry, ...]
    stop: str = ""
    start: str = ""
    check: str = ""
    logs: str = ""
    stop_seconds: int = 60
    start_seconds: int = 120
    check_seconds: int = 90
    settle_seconds: int = 0
    silence_seconds: int = 90
    together: bool = False


@dataclass(frozen=True, slots=True)
class Ack:
    """Hold a member's answer to a barrier: did it pass, what does it say, what it logged.

    After `ok=False` the member is undone already, unless `state` says otherwise:
    `restored` (old files, service up), `restored-down` (old files, service did not come back),
    `untouched`, `failed` (it waits for `rollback`, see Member.together), `held` (the new set
    stays), `unknown` (the connection was lost).  `untouched` with `ok=True` at `stage` says that
    every file is as wanted already; the words may go on, or stop.  `waiting` with `ok=True` at
    `check` says that the service is not healthy yet, and why: the word is to be sent again.
    """

    ok: bool
    barrier: str
    state: Literal[
        "staged",
        "stopped",
        "switched",
        "started",
        "waiting",
        "checked",
        "failed",
        "held",
        "committed",
        "restored",
        "restored-down",
        "untouched",
        "unknown",
    ]
    text: str = ""
    log: tuple[str, ...] = ()


class Transaction(Protocol):
    """Carry one member through the barriers, each word sent once, each answered."""

    def advance(self, barrier: Barrier) -> Ack:
        """Send a word and wait for the answer; a lost connection is an Ack with state unknown."""

    def close(self) -> None:
        """Hang up; before hold the host undoes by itself."""


class Remote(Protocol):
    """Hold one open connection to one host."""

    host: Host

    def watch(self, tell: Callable[[str], None]) -> None:
        """Let what the next call moves be told, in a few words now and then, if it takes long.

        Of a transaction it is the staging: what is moved later is a few words.
        """

    def observe(self, survey: Survey) -> HostObservation:
        """Answer a survey in one round trip."""

    def run(self, command: str, *, stdin: bytes = b"", seconds: float = 30.0) -> Output:
        """Run a POSIX-sh snippet, sent on standard input, with the host's privilege."""

    def begin(self, member: Member) -> Transaction:
        """Start the host transaction; the first word must be `stage`."""

    def finish(self, transaction: str, how: Literal["recover", "forget"]) -> Ack:
        """Resolve a transaction that a lost run left on the host, by its own journal.

        `recover` undoes what was not held and finishes what was; `forget` prunes backups.
        """

    def close(self) -> None:
        """Close the connection."""


class Connector(Protocol):
    """Open connections; secrets are asked for before a run and passed to its constructor."""

    def connect(self, host: Host) -> Remote:
        """Connect and authenticate; raises UnreachableError, HostKeyError or LoginError."""


class OneTime:
    """Hold a code that a host takes once: whoever logs in first takes it away."""

    def __init__(self, secret: Secret) -> None:
        self._secret: Secret | None = secret
        self._lock = threading.Lock()

    def take(self) -> Secret | None:
        """Give the code, and None ever after."""
        with self._lock:
            secret, self._secret = self._secret, None
        return secret


@dataclass(frozen=True, slots=True)
class Logins:
    """Hold what was asked for before the run.

    Passwords, sudo passwords and one-time codes are by host name, passphrases by key file; a jump
    host that is no host of the site goes by the name that it has in the configuration.
    """

    passwords: Mapping[str, Secret] = field(default_factory=dict)
    sudo: Mapping[str, Secret] = field(default_factory=dict)
    keys: Mapping[str, Secret] = field(default_factory=dict)
    codes: Mapping[str, OneTime] = field(default_factory=dict)
