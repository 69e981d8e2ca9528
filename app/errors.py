"""One tree of errors that a user can cause or meet.

TlswrightError                    what happened, where, why, what to do; carries an exit code
├── UsageError                    a flag or an answer is missing or wrong
├── SiteError                     site.yaml is not valid (file, line, column, key)
├── PkiError                      a key, certificate or store cannot be made or read
│   ├── VaultError                the vault: wrong passphrase, truncated, held by another process
│   └── GivenError                what somebody handed us (a CA, a key) is not usable
│       └── PasswordError         it is encrypted: its password is missing or wrong
├── EditError                     a file of the user's cannot be edited safely (file, line)
├── HostError                     something on one host (host, step)
│   ├── UnreachableError          no connection, or it was lost
│   ├── HostKeyError              the host key is unknown or has changed
│   ├── LoginError                authentication or sudo was refused: a password may help
│   ├── UnfitError                the login, its shell, sudo or a tool there cannot do what we need
│   └── RemoteError               a command or the host transaction failed
├── PreflightError                the checks before a run refuse it
│   └── HostsError                several hosts could not be asked
├── StalePlanError                a target is neither as the plan saw it nor as it would make it
│   └── PartedError               a rollback would part the members of a group
├── LockedError                   another run holds the site (who, where, since)
└── Cancelled                     the user stopped the run

Everything else that escapes is a bug, and is reported as one (exit code 1).
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every verb; the README documents this table."""

    OK = 0
    BUG = 1
    USAGE = 2
    CHANGES = 3
    FAILED = 4
    UNREACHABLE = 5
    PREFLIGHT = 6
    FINDINGS = 7
    EXPIRING = 8
    EXPIRED = 9
    STALE = 10
    LOCKED = 11
    CANCELLED = 12
    MIXED = 13
    INTERRUPTED = 130


class TlswrightError(Exception):
    """Say what happened, where, and what to do about it.

    `text` is one sentence without secrets; `hint` tells the remedy; `where` names the place
    (a path with line, a host and step).  `exit_code` is what the command line answers.
    """

    exit_code: Exit = Exit.FAILED

    def __init__(self, text: str, *, hint: str = "", where: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.text}"


class UsageError(TlswrightError):
    """A flag or an answer is missing or wrong."""

    exit_code = Exit.USAGE


class SiteError(TlswrightError):
    """site.yaml is not valid; `where` is `file:line:column`, `key` the dotted key.

    `others` are further problems of the same file, in its order.
    """

    exit_code = Exit.USAGE

    def __init__(self, text: str, *, hint: str = "", where: str = "", key: str = "") -> None:
        super().__init__(text, hint=hint, where=where)
        self.key = key
        self.others: tuple[SiteError, ...] = ()


class PkiError(TlswrightError):
    """A key, certificate or store cannot be made or read."""


class VaultError(PkiError):
    """The vault cannot be opened, read or written."""

    exit_code = Exit.USAGE


class GivenError(PkiError):
    """A file with certificates or keys that somebody handed us cannot be used.

    `problems` lists everything that is wrong with it, one sentence each.
    """

    exit_code = Exit.USAGE

    def __init__(
        self, text: str, *, hint: str = "", where: str = "", problems: tuple[str, ...] = ()
    ) -> None:
        super().__init__(text, hint=hint, where=where)
        self.problems = problems


class PasswordError(GivenError):
    """A file is encrypted, and its password is missing or wrong; `given` tells which."""

    def __init__(self, text: str, *, given: bool, hint: str = "", where: str = "") -> None:
        super().__init__(text, hint=hint, where=where)
        self.given = given


class EditError(TlswrightError):
    """A file that the user owns cannot be edited safely.

    `snippet` is what the user may paste by hand instead.
    """

    exit_code = Exit.PREFLIGHT

    def __init__(
        self, text: str, *, hint: str = "", where: str = "", line: int = 0, snippet: str = ""
    ) -> None:
        super().__init__(text, hint=hint, where=where)
        self.line = line
        self.snippet = snippet


class HostError(TlswrightError):
    """Something went wrong on one host; `step` is the step that it happened in."""

    def __init__(
        self, text: str, *, host: str, step: str = "", hint: str = "", where: str = ""
    ) -> None:
        super().__init__(text, hint=hint, where=where or (f"{host}: {step}" if step else host))
        self.host = host
        self.step = step


class UnreachableError(HostError):
    """No connection to the host, or it was lost."""

    exit_code = Exit.UNREACHABLE


class HostKeyError(HostError):
    """The host key is unknown or has changed; `offered` is the line the host presented.

    `pinned` is what was expected instead, empty where nothing was: then alone may a user accept
    the key.  That of a jump host, which is no host of the site, is to be added to the user's
    known_hosts file `known_file` as `known_name`, hashed or not; both are empty where there is
    none.
    """

    exit_code = Exit.PREFLIGHT

    def __init__(
        self, text: str, *, host: str, offered: str, pinned: str = "", hint: str = ""
    ) -> None:
        super().__init__(text, host=host, step="host key", hint=hint)
        self.offered = offered
        self.pinned = pinned
        self.known_name = ""
        self.known_file = ""
        self.hashed = False


class LoginError(HostError):
    """Authentication or sudo was refused."""

    exit_code = Exit.UNREACHABLE


class UnfitError(HostError):
    """The login, its shell, sudo or a missing tool keeps us from working there; no secret helps."""

    exit_code = Exit.PREFLIGHT


class RemoteError(HostError):
    """A command or the host transaction failed on the host."""


class PreflightError(TlswrightError):
    """The checks before a run refuse it; `problems` lists them all, one sentence each."""

    exit_code = Exit.PREFLIGHT

    def __init__(self, text: str, *, problems: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.problems = problems


class HostsError(PreflightError):
    """Several hosts could not be asked; `errors` holds each host's own error."""

    def __init__(self, errors: tuple[HostError, ...]) -> None:
        texts = tuple(f"{error}. {error.hint}".strip() for error in errors)
        super().__init__(f"{len(errors)} hosts could not be asked", problems=texts)
        self.errors = errors
        self.exit_code = errors[0].exit_code


class StalePlanError(TlswrightError):
    """A target is neither as the plan saw it nor as it would make it."""

    exit_code = Exit.STALE


class PartedError(StalePlanError):
    """A rollback would part the members of a group; `instead` is the run to take back."""

    def __init__(self, text: str, *, instead: str) -> None:
        super().__init__(text, hint=f"Take the whole change back: tlswright rollback {instead}")
        self.instead = instead


class LockedError(TlswrightError):
    """Another run or process holds the site."""

    exit_code = Exit.LOCKED


class Cancelled(TlswrightError):
    """The user stopped the run; nothing is left half done."""

    exit_code = Exit.CANCELLED
