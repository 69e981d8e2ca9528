"""The vault: every secret of a site in one encrypted file beside it.

No copy of the previous vault is kept on saving: the new bytes are decrypted and compared before
they replace the old ones, and a left-over copy would open with a passphrase that was changed, and
hold secrets that were deleted.  `backup` makes copies on purpose.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from app.errors import VaultError
from app.pki import vault_format
from app.pki.secret import Secret
from app.pki.vault_file import Lock, read_private, replace
from app.pki.vault_format import DEFAULT_LOG2_N, Cost, Payload


@dataclass(frozen=True, slots=True)
class VaultReport:
    """Say what a check found: entries, how often it was saved, bytes, and the cost of guessing."""

    entries: int
    generation: int
    size: int
    scrypt_log2_n: int


class Vault:
    """Hold the decrypted items in memory; nothing reaches the disk before `save`.

    Readers take no lock.  The first change takes the writer's lock (or `open(write=True)` does at
    once) and `close`, or leaving the `with` block, frees it.  An object belongs to one thread.
    """

    def __init__(self, path: Path, key: bytes, cost: Cost, payload: Payload, digest: bytes) -> None:
        self.path = path
        self._key = key
        self._cost = cost
        self._items = dict(payload.items)
        self._generation = payload.generation
        self._digest = digest
        self._lock = Lock(path)

    @classmethod
    def create(cls, path: Path, passphrase: Secret, *, log2_n: int = DEFAULT_LOG2_N) -> Vault:
        """Make an empty vault on disk and return it, held for writing.

        Raises VaultError when something is there already or the passphrase is empty, LockedError.
        """
        _check_passphrase(passphrase)
        cost = Cost.new(log2_n)
        vault = cls(path, vault_format.derive(passphrase, cost), cost, Payload(0, {}), b"")
        vault._lock.acquire()
        try:
            if os.path.lexists(path):
                raise VaultError(
                    "there is a file already where the new vault would be",
                    where=str(path),
                    hint="Open it, or move it away: a vault is never overwritten.",
                )
            vault._write()
        except BaseException:
            vault.close()
            raise
        return vault

    @classmethod
    def open(cls, path: Path, passphrase: Secret, *, write: bool = False) -> Vault:
        """Open a vault; with `write` take the lock first, so that what is read stays true.

        Raises VaultError (wrong passphrase, damaged, truncated, newer, not a vault, open to
        others, missing) and with `write` LockedError.
        """
        lock = Lock(path)
        if write:
            read_private(path)  # no lock file beside a vault that is not there
            lock.acquire()
        try:
            data = read_private(path)
            sealed = vault_format.parse(data, str(path))
            key = vault_format.derive(passphrase, sealed.cost)
            payload = vault_format.unseal(sealed, key, str(path))
        except BaseException:
            lock.release()
            raise
        vault = cls(path, key, sealed.cost, payload, hashlib.sha256(data).digest())
        vault._lock = lock
        return vault

    def get(self, key: str) -> bytes | None:
        """Return an item, None when there is none."""
        return self._items.get(key)

    def keys(self) -> tuple[str, ...]:
        """Return the names of all items, sorted."""
        return tuple(sorted(self._items))

    def put(self, key: str, value: bytes) -> None:
        """Set an item in memory; raises LockedError, VaultError when the file has changed."""
        self._begin()
        self._items[key] = bytes(value)

    def delete(self, key: str) -> None:
        """Remove an item in memory, if it is there; raises as `put` does."""
        self._begin()
        self._items.pop(key, None)

    def save(self) -> None:
        """Write all items and keep the lock; when this returns they are on the disk.

        Raises VaultError (the file is as it was before) and LockedError.
        """
        self._begin()
        self._compare()
        self._write()

    def change_passphrase(self, new: Secret) -> None:
        """Save under another passphrase, with a fresh salt and today's cost."""
        _check_passphrase(new)
        self._begin()
        self._compare()
        before = self._key, self._cost
        self._cost = Cost.new(max(self._cost.log2_n, DEFAULT_LOG2_N))
        self._key = vault_format.derive(new, self._cost)
        try:
            self._write()
        except BaseException:
            self._key, self._cost = before
            raise

    def backup(self, to: Path) -> None:
        """Copy the vault as it is on disk, still encrypted, to a path where nothing is yet."""
        data = read_private(self.path)
        payload = self._read(data, self.path)
        if os.path.lexists(to):
            raise VaultError("the backup would overwrite a file", where=str(to))
        replace(to, data, lambda copy: _same(self._read(copy, to), payload, to))

    def check(self) -> VaultReport:
        """Read the file again and decrypt it; raises VaultError when that fails."""
        data = read_private(self.path)
        payload = self._read(data, self.path)
        return VaultReport(len(payload.items), payload.generation, len(data), self._cost.log2_n)

    def close(self) -> None:
        """Free the lock; changes that were not saved are dropped."""
        self._lock.release()

    def __enter__(self) -> Vault:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Vault({str(self.path)!r}, {len(self._items)} items)"

    def _begin(self) -> None:
        if not self._lock.held:
            self._lock.acquire()
            self._compare()

    def _compare(self) -> None:
        if self._digest and hashlib.sha256(read_private(self.path)).digest() != self._digest:
            self._lock.release()
            raise VaultError(
                "another process has saved the vault since it was opened here",
                where=str(self.path),
                hint="Run the command again: nothing was overwritten.",
            )

    def _write(self) -> None:
        payload = Payload(self._generation + 1, dict(self._items))
        data = vault_format.seal(payload, self._key, self._cost)
        replace(self.path, data, lambda new: _same(self._read(new, self.path), payload, self.path))
        self._generation, self._digest = payload.generation, hashlib.sha256(data).digest()

    def _read(self, data: bytes, path: Path) -> Payload:
        return vault_format.unseal(vault_format.parse(data, str(path)), self._key, str(path))


def _same(read: Payload, meant: Payload, path: Path) -> None:
    if read != meant:
        raise VaultError("the vault reads back otherwise than it was written", where=str(path))


def _check_passphrase(passphrase: Secret) -> None:
    if not passphrase:
        raise VaultError("the vault's passphrase is empty", hint="Choose one, best of five words.")
