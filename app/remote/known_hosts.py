"""Judge a host's key by what the site pins and by the user's known_hosts.

An own scan of the lines: plain, `[host]:port`, patterns, negation, hashed, `@revoked`; lines with
`@cert-authority` and lines that make no sense are passed over.  Format: sshd(8), SSH_KNOWN_HOSTS.
"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.errors import HostKeyError
from app.model import Host


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
    revoked: bool


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
    def of_user(cls, home: Path) -> KnownHosts:
        """Read the files that OpenSSH's client reads by default."""
        return cls.load(home / ".ssh/known_hosts", Path("/etc/ssh/ssh_known_hosts"))

    def keys(self, address: str, port: int) -> tuple[HostKey, ...]:
        """Give the keys under which a host is known; empty when it is unknown."""
        name = _name(address, port)
        return tuple(x.key for x in self.lines if not x.revoked and _matches(x.names, name))

    def revoked(self, address: str, port: int, key: HostKey) -> bool:
        """Tell whether a line revokes this key for this host."""
        name = _name(address, port)
        return any(x.revoked and x.key == key and _matches(x.names, name) for x in self.lines)


def expected(host: Host, known: KnownHosts, address: str, port: int) -> tuple[HostKey, ...]:
    """Give the keys that are right for a host: what the site pins, else what the user knows."""
    pinned = HostKey.parse(host.host_key)
    return (pinned,) if pinned else known.keys(address, port)


def judge(host: Host, known: KnownHosts, address: str, port: int, offered: HostKey) -> None:
    """Raise HostKeyError unless the offered key is the one we expect."""
    right = expected(host, known, address, port)
    if known.revoked(address, port, offered):
        raise HostKeyError(
            f"the key of {address} is revoked in known_hosts: {offered.fingerprint}",
            host=host.name,
            offered=offered.line,
            hint="give the host a new key, or take the @revoked line away if it is wrong",
        )
    if offered in right:
        return
    seen = f"{offered.type} {offered.fingerprint}"
    if not right:
        raise HostKeyError(
            f"the key of {address} is not known yet: {seen}",
            host=host.name,
            offered=offered.line,
            hint="compare the fingerprint on the host's own console: "
            "ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub",
        )
    before = ", ".join(f"{key.type} {key.fingerprint}" for key in right)
    source = "pinned in the site" if host.host_key else "in known_hosts"
    raise HostKeyError(
        f"the key of {address} has changed: it offers {seen}, {source} is {before}",
        host=host.name,
        offered=offered.line,
        pinned=right[0].line,
        hint="somebody may be in between; if the host was set up anew, pin its new key",
    )


def _parse(lines: Iterable[str]) -> list[_Line]:
    found: list[_Line] = []
    for line in lines:
        words = line.split()
        revoked = bool(words) and words[0] == "@revoked"
        if revoked:
            words = words[1:]
        if len(words) < 3 or words[0].startswith(("#", "@")):
            continue
        found.append(_Line(words[0], HostKey(words[1], words[2]), revoked))
    return found


def _name(address: str, port: int) -> str:
    plain = address.lower()
    return plain if port == 22 else f"[{plain}]:{port}"


def _matches(names: str, name: str) -> bool:
    if names.startswith("|1|"):
        return _hash_matches(names, name)
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
