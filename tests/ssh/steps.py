"""Short ways to write a step down, to carry it through, and to compare what it leaves."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path
from typing import Any

from app.observed import ABSENT
from app.remote.base import Ack, Barrier, FileEntry, Member
from app.remote.ssh import SshRemote

STATE = "var/lib/tlswright"
SHELLS = [name for name in ("dash", "bash") if shutil.which(name)]
THROUGH: tuple[Barrier, ...] = ("stage", "switch", "start", "check", "hold", "commit")


def sha256(data: bytes) -> str:
    """Give a digest in hex."""
    return hashlib.sha256(data).hexdigest()


def put(path: str, data: bytes, old: bytes | None = None, **more: Any) -> FileEntry:
    """Write `data`, expecting `old` bytes, or nothing there."""
    expect = ABSENT if old is None else sha256(old)
    return FileEntry(path, "put", (expect,), data=data, **more)


def delete(path: str, old: bytes) -> FileEntry:
    """Take a file away."""
    return FileEntry(path, "delete", (sha256(old),))


def restore(path: str, transaction: str, now: bytes | None) -> FileEntry:
    """Put back what an earlier transaction found."""
    return FileEntry(
        path, "restore", (sha256(now) if now is not None else ABSENT,), restore=transaction
    )


def step(*entries: FileEntry, id: str = "t1", **more: Any) -> Member:
    """Make a member of a step."""
    given: dict[str, Any] = {"start_seconds": 20, "check_seconds": 3, "stop_seconds": 10} | more
    return Member(id, "run-1", "group-1", "tester@here", entries, **given)


def carry(remote: SshRemote, member: Member, *words: Barrier) -> list[Ack]:
    """Send words (all of them by default) until one is refused; gives every answer."""
    transaction = remote.begin(member)
    acks: list[Ack] = []
    for word in words or THROUGH:
        acks.append(transaction.advance(word))
        while acks[-1].state == "waiting":
            acks[-1] = transaction.advance(word)
        if not acks[-1].ok:
            break
    transaction.close()
    return acks


def apply(remote: SshRemote, member: Member) -> None:
    """Carry a member through, which must pass."""
    acks = carry(remote, member)
    assert all(ack.ok for ack in acks), acks[-1]
    assert acks[-1].state == "committed"


def tree(root: Path) -> dict[str, tuple[object, ...]]:
    """Give everything below a host's root but the state directory: kind, mode, owner, content."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(root):
        for name in [*folders, *files]:
            path = Path(folder, name)
            inside = str(path.relative_to(root))
            if inside.startswith(STATE) or STATE.startswith(inside):
                continue
            info = path.lstat()
            content: object = None
            if path.is_symlink():
                content = os.readlink(path)
            elif path.is_file():
                content = path.read_bytes()
            facts = (
                stat.S_IFMT(info.st_mode),
                stat.S_IMODE(info.st_mode),
                info.st_uid,
                info.st_gid,
            )
            found[inside] = (*facts, content)
    return found


def litter(root: Path) -> list[str]:
    """Name what a transaction must not leave: temporary files, locks, payloads, private bytes."""
    left = [str(p) for p in root.rglob(".tlswright.*")]
    state = root / STATE
    left += [str(p) for p in state.glob("lock*")]
    left += [str(p) for name in ("in", "payload", "beat") for p in state.glob(f"runs/*/{name}")]
    return left


def journal(root: Path, id: str = "t1") -> list[str]:
    """Give the words of a transaction's journal; empty when nothing is kept of it."""
    path = root / STATE / "runs" / id / "journal"
    return [line.split()[1] for line in path.read_text().splitlines()] if path.exists() else []
