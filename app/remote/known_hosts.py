"""Read known_hosts files, and add a line to one.

An own scan of the lines: plain, `[host]:port`, patterns, negation, hashed, `@cert-authority` and
`@revoked`; lines that make no sense are passed over.  Format: sshd(8), SSH_KNOWN_HOSTS.
"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.errors import HostKeyError, UsageError

_MARKERS: Final = ("@cert-authority", "@revoked")


@dataclass(frozen=True, slots=True)
class HostKey:
    """Hold a public host key: its type and its blob in base64."""

    type: str
    blob: str

    @property
    def line(self) -> str:
        """Give the key as site.yaml pins it: `type base64`."""
        return f"{self.type} {self.blob}"

    @property
    def fingerprint(self) -> str:
        """Give the fingerprint as ssh-keygen prints it: `SHA256:…`, or `unreadable`."""
        try:
            raw = base64.b64decode(self.blob, validate=True)
        except (binascii.Error, ValueError):
            return "unreadable"
        digest = hashlib.sha256(raw).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @classmethod
    def parse(cls, line: str) -> HostKey | None:
        """Read `type base64 [comment]`; None when it is no key."""
        words = line.split()
        if len(words) < 2 or not re.fullmatch(r"[A-Za-z0-9@.-]+", words[0]):
            return None
        return cls(words[0], words[1])


@dataclass(frozen=True, slots=True)
class _Line:
    names: str
    key: HostKey
    marker: str


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """Hold the lines of known_hosts files, parsed once for all hosts."""

    lines: tuple[_Line, ...] = ()

    @classmethod
    def load(cls, *paths: Path) -> KnownHosts:
        """Read files; a missing or unreadable one is empty."""
        found: list[_Line] = []
        for path in paths:
            try:
                text = path.read_text("utf-8", "replace")
            except OSError:
                continue
            found += _parse(text.splitlines())
        return cls(tuple(found))

    @classmethod
    def parse(cls, text: str) -> KnownHosts:
        """Read lines that stand in no file."""
        return cls(tuple(_parse(text.splitlines())))

    def with_lines(self, other: KnownHosts) -> KnownHosts:
        """Add the lines of another."""
        return KnownHosts(self.lines + other.lines)

    @classmethod
    def of_user(cls, home: Path) -> KnownHosts:
        """Read the files that OpenSSH's client reads by default."""
        shared = Path("/etc/ssh")
        mine = (home / ".ssh/known_hosts", home / ".ssh/known_hosts2")
        return cls.load(*mine, shared / "ssh_known_hosts", shared / "ssh_known_hosts2")

    def keys(self, name: str) -> tuple[HostKey, ...]:
        """Give the keys under which a host is known; empty when it is unknown.

        `name` is a host's, or `[host]:port` for a port of its own.
        """
        return self._marked(name, "")

    def authorities(self, name: str) -> tuple[HostKey, ...]:
        """Give the keys of the CAs that may certify a host of this name."""
        return self._marked(name, "@cert-authority")

    def revoked(self, name: str, key: HostKey) -> bool:
        """Tell whether a line revokes this key, a host's or a CA's, for this host."""
        return key in self._marked(name, "@revoked")

    def _marked(self, name: str, marker: str) -> tuple[HostKey, ...]:
        lower = name.lower()
        return tuple(x.key for x in self.lines if x.marker == marker and _matches(x.names, lower))


def add_known(path: Path, name: str, key: HostKey, *, hashed: bool = False) -> None:
    """Append a host's key to a known_hosts file, as ssh does; raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shown = _hashed(name.lower(), os.urandom(20)) if hashed else name.lower()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        size = os.fstat(descriptor).st_size
        whole = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
        file.write(f"{'' if whole else chr(10)}{shown} {key.line}\n".encode())


def remember(error: HostKeyError) -> str:
    """Add the unknown key of a jump host to the user's known hosts, and give the file's path.

    Raises UsageError where there is no file for it, or where it cannot be written.
    """
    key = HostKey.parse(error.offered)
    if key is None or not error.known_file:
        raise UsageError(
            f"{error.host} is no host of the site, and the ssh configuration has no known_hosts",
            hint="Put the jump host's key where UserKnownHostsFile says.",
        )
    try:
        add_known(Path(error.known_file), error.known_name, key, hashed=error.hashed)
    except OSError as problem:
        raise UsageError(
            f"the key of {error.host} cannot be added: {problem.strerror}", where=error.known_file
        ) from problem
    return error.known_file


def _parse(lines: Iterable[str]) -> list[_Line]:
    found: list[_Line] = []
    for line in lines:
        words = line.split()
        marker = words.pop(0) if words and words[0] in _MARKERS else ""
        if len(words) < 3 or words[0].startswith(("#", "@")):
            continue
        found.append(_Line(words[0], HostKey(words[1], words[2]), marker))
    return found


def _matches(names: str, name: str) -> bool:
    if names.startswith("|"):
        return names.startswith("|1|") and _hash_matches(names, name)
    hit = False
    for pattern in names.lower().split(","):
        negated = pattern.startswith("!")
        if _glob(pattern.removeprefix("!"), name):
            if negated:
                return False
            hit = True
    return hit


def _glob(pattern: str, name: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))


def _hash_matches(names: str, name: str) -> bool:
    parts = names.split("|")
    if len(parts) != 4:
        return False
    try:
        salt, digest = base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest)


def _hashed(name: str, salt: bytes) -> str:
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
