"""Pack a member of a step as the host script wants it: one tar with a manifest.

The manifest has a line per entry, separated by tabs: number, action, mode, owner, group, SHA-256,
transaction to restore from, expected states, whether it has a test, path.  `-` stands for nothing.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from dataclasses import dataclass
from typing import Final

from app.errors import RemoteError
from app.observed import ABSENT
from app.quoting import sh_words
from app.remote.base import FileEntry, Member

_ID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ACCOUNT: Final = re.compile(r"[^\x00-\x1f\x7f:/-][^\x00-\x1f\x7f:/]*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Payload:
    """Hold the framed bytes of a member and their digest."""

    data: bytes
    sha256: str


def pack(member: Member, host: str) -> Payload:
    """Pack `member`; the size is a multiple of 512.  Raises RemoteError for what cannot be sent."""
    _judge(member, host)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as bag:
        _add(bag, "manifest", "".join(_line(n, e) for n, e in enumerate(member.entries)).encode())
        for name in ("stop", "start", "check", "logs"):
            _add(bag, name, getattr(member, name).encode())
        for number, entry in enumerate(member.entries):
            if entry.action == "put":
                _add(bag, f"f{number}", entry.data)
            if entry.test:
                _add(bag, f"t{number}", entry.test.encode())
    data = tar.getvalue()
    return Payload(data, hashlib.sha256(data).hexdigest())


def begin_call(member: Member, root: str, payload: Payload) -> str:
    """Give the script's last line, which starts the transaction."""
    limits = (
        member.stop_seconds,
        member.start_seconds,
        member.check_seconds,
        member.silence_seconds,
    )
    return sh_words(
        *("begin", root, member.id, str(len(payload.data)), payload.sha256),
        *(one_line(text) for text in (member.owner, member.run, member.group)),
        *(str(max(1, seconds)) for seconds in limits),
        str(max(0, member.settle_seconds)),
        "1" if member.together else "0",
    )


def finish_call(transaction: str, root: str, how: str, owner: str) -> str:
    """Give the script's last line, which resolves a lost transaction."""
    return sh_words("finish", root, transaction, how, one_line(owner))


def one_line(text: str) -> str:
    """Make text fit one field of a line of the host's state; never empty."""
    return _CONTROL.sub(" ", text).strip()[:200] or "-"


def check_id(transaction: str, host: str) -> str:
    """Give back a transaction's id; raises RemoteError when it cannot be a directory's name."""
    if not _ID.fullmatch(transaction):
        raise RemoteError(f"{transaction!r} is no transaction id", host=host, step="stage")
    return transaction


def _judge(member: Member, host: str) -> None:
    check_id(member.id, host)
    for entry in member.entries:
        if problem := _problem(entry):
            raise RemoteError(f"{entry.path!r}: {problem}", host=host, step="stage")
    paths = [entry.path for entry in member.entries]
    if len(set(paths)) != len(paths):
        raise RemoteError("a path is named twice in one step", host=host, step="stage")


def _problem(entry: FileEntry) -> str:
    path = entry.path
    if not path.startswith("/") or path.endswith("/") or _CONTROL.search(path):
        return "not an absolute path of one line"
    if {"..", ".", ""} & set(path.split("/")[1:]):
        return "a path with empty, `.` or `..` parts"
    if strange := set(entry.expect) & {"directory", "symlink", "other"}:
        words = {"directory": "a directory", "symlink": "a dangling link"}
        return f"{words.get(min(strange), 'something else than a file')} stands there: move it away"
    if not entry.expect or not all(s == ABSENT or _SHA256.fullmatch(s) for s in entry.expect):
        return "no state is expected, or one that is neither a SHA-256 nor `absent`"
    if entry.action == "restore" and not _ID.fullmatch(entry.restore):
        return "no transaction to restore from"
    if not all(not name or _ACCOUNT.fullmatch(name) for name in (entry.owner, entry.group)):
        return "owner or group cannot be an account's name"
    return "" if 0 <= entry.mode <= 0o7777 else "not a file mode"


def _line(number: int, entry: FileEntry) -> str:
    sha256 = hashlib.sha256(entry.data).hexdigest() if entry.action == "put" else ABSENT
    fields = (
        *(str(number), entry.action, f"{entry.mode:o}", entry.owner, entry.group),
        *(sha256, entry.restore, ",".join(entry.expect), "1" if entry.test else "0", entry.path),
    )
    return "\t".join(field or "-" for field in fields) + "\n"


def _add(bag: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    bag.addfile(info, io.BytesIO(data))
