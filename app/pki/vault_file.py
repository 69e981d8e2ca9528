"""The vault's file: read with suspicion, replaced atomically, held by one writer at a time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from app.errors import LockedError, VaultError

SIZE_MAX = 64 << 20


def read_private(path: Path) -> bytes:
    """Return the bytes of a file that only its owner may read.

    Raises VaultError when it is missing, a symbolic link, no regular file, or open to others.
    """
    where = str(path)
    with _opened(path) as descriptor:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise VaultError("the vault is not a regular file", where=where)
        if found.st_mode & 0o077:
            raise VaultError(
                f"others may read or write the vault (mode {stat.S_IMODE(found.st_mode):04o})",
                where=where,
                hint=f"chmod 600 {path}",
            )
        if found.st_size > SIZE_MAX:
            raise VaultError("the file is too large for a vault", where=where)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()


def replace(path: Path, data: bytes, verify: Callable[[bytes], None]) -> None:
    """Put new bytes in place of the old ones, or leave the old ones whole.

    Written beside the target with mode 0600, synced, read back through a new descriptor and given
    to `verify`, which raises when they do not decrypt to what was meant; only then renamed, and
    the directory synced.  The caller holds the lock, so a left-over of a killed writer is dropped.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        _write(new, data, path)
        verify(read_private(new))
        os.rename(new, path)
        _sync_directory(path.parent)
    except VaultError:
        _drop(new)
        raise
    except OSError as error:
        _drop(new)
        raise VaultError(
            f"the vault cannot be written: {error.strerror or error}",
            where=str(path),
            hint="Nothing was lost: the vault is as it was before.",
        ) from None


class Lock:
    """Hold the writer's lock of a vault: an flock on `<vault>.lock`, freed when the process ends.

    The file stays, since removing a locked file lets two processes lock two files of one name; it
    names the holder for others, and its modification time is when the lock was taken.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(f"{path.name}.lock")
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Tell whether we hold it."""
        return self._descriptor is not None

    def acquire(self) -> None:
        """Take the lock at once, or raise LockedError naming process, host and time."""
        if self._descriptor is not None:
            return
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise VaultError(
                f"the vault cannot be locked: {error.strerror}", where=str(self.path)
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sign(descriptor)
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise LockedError(
                f"the vault is held by {holder}",
                where=str(self.path),
                hint="Wait until it has ended; `tlswright status` shows a run that is active.",
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise VaultError(
                f"the vault cannot be locked: {error.strerror}", where=str(self.path)
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Free the lock; nothing happens when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _not_opened(path, error) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _not_opened(path: Path, error: OSError) -> VaultError:
    if error.errno == errno.ENOENT:
        return VaultError("there is no vault", where=str(path), hint="`tlswright init` makes one.")
    if error.errno == errno.ELOOP:
        return VaultError(
            "the vault is a symbolic link",
            where=str(path),
            hint="Put the file itself there: replacing a link would leave its target behind.",
        )
    return VaultError(f"the vault cannot be read: {error.strerror}", where=str(path))


def _write(new: Path, data: bytes, old: Path) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(new, flags, 0o600)
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        if os.geteuid() == 0 and old.exists():
            owner = old.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _drop(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sign(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(
        descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0
    )


def _holder(descriptor: int) -> str:
    since = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC)
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        who = f"process {int(holder['pid'])} on {holder['host']}"
    except (ValueError, KeyError, TypeError):
        who = "another process"
    return f"{who} since {since:%Y-%m-%d %H:%M:%S} UTC"
