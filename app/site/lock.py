"""One lock per site, that names who holds it.

The lock is the kernel's (flock) and ends with the process that holds it, however that ends; the
words in the file only tell others whom they are waiting for.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from app.errors import LockedError
from app.site.places import Places

_ATTEMPTS = 10
_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Holder:
    """Say who holds a site: user, machine, process, since when (ISO 8601), and what for."""

    who: str
    where: str
    pid: int
    since: str
    verb: str = ""
    run: str = ""

    def __str__(self) -> str:
        work = f"{self.verb} {self.run}".strip()
        what = f" ({work}, process {self.pid})" if work else f" (process {self.pid})"
        return f"{self.who} on {self.where}{what} since {self.since}"


class SiteLock:
    """Hold the lock of a site until `release`, or until the process ends.

    The lock belongs to the open file: a child that inherits `fileno()` holds it as well, so a lock
    can be handed over by passing the descriptor on and closing it here with `close`.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Give the descriptor, to be passed on to a child."""
        return self._descriptor

    def write(self, holder: Holder) -> None:
        """Say who holds the lock now."""
        data = json.dumps(asdict(holder)).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, data, 0)

    def release(self) -> None:
        """Let the lock go, in every process that shares it; the file stays, as flock needs."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            self.close()

    def close(self) -> None:
        """Close this process' descriptor; whoever inherited the lock keeps it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> SiteLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def acquire(path: Path, holder: Holder) -> SiteLock:
    """Take the lock, or raise LockedError naming who has it.

    `path` is in a private directory; the file is made with mode 0600 and never removed.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise LockedError(f"the lock cannot be opened: {error.strerror}", where=str(path)) from None
    lock = SiteLock(descriptor)
    for attempt in range(_ATTEMPTS):
        if _taken(descriptor):
            break
        found = _read(descriptor)
        if found or attempt == _ATTEMPTS - 1:
            lock.close()
            who = f"the site is held by {found}" if found else "another process holds the site"
            hint = "`tlswright attach` shows what it does; `tlswright stop` asks it to stop."
            raise LockedError(who, hint=hint, where=str(path))
        # A nameless holder is one that just begins, ends, or only looks who holds the lock.
        time.sleep(_PAUSE)
    lock.write(holder)
    return lock


def site_lock(
    places: Places, verb: str, *, run: str = "", now: Callable[[], datetime] | None = None
) -> SiteLock:
    """Take the lock of a site for this process, making its private directory where needed.

    Raises LockedError naming who has it, UsageError when the directory is not ours.
    """
    places.prepare()
    since = (now or _utc)().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return acquire(
        places.lock, Holder(_user(), socket.gethostname(), os.getpid(), since, verb, run)
    )


def adopt(descriptor: int) -> SiteLock:
    """Take over a lock whose descriptor was inherited from the process that acquired it."""
    os.set_inheritable(descriptor, False)
    return SiteLock(descriptor)


def current(path: Path) -> Holder | None:
    """Say who holds the lock now; None when nobody does.

    A holder that has not written its name yet is given with empty words.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(descriptor) or Holder("someone", "this machine", 0, "a moment ago")
    else:
        return None
    finally:
        os.close(descriptor)


def _utc() -> datetime:
    return datetime.now(UTC)


def _user() -> str:
    """Name the user; a number where the system has no name for it."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> Holder | None:
    try:
        found = json.loads(os.pread(descriptor, 4096, 0))
        return Holder(**{f.name: found[f.name] for f in fields(Holder)})
    except (ValueError, TypeError, KeyError):
        return None
