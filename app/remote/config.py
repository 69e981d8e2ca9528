"""Read the basics of ~/.ssh/config: where a name leads, as whom, with which key, through whom.

HostName, Port, User, IdentityFile, IdentitiesOnly and ProxyJump; Host patterns with negation;
Include.  `Match` blocks other than `all` and `host` are passed over, never taken as matching.
First value wins, as in ssh_config(5).
"""

from __future__ import annotations

import fnmatch
import glob
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.account import user_name
from app.model import Host

_KEYS = ("hostname", "port", "user", "identityfile", "identitiesonly", "proxyjump")
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Target:
    """Say where to dial and how to log in, after the configuration was asked."""

    address: str
    port: int
    user: str
    identities: tuple[Path, ...] = ()
    identities_only: bool = False
    jump: str = ""


@dataclass(frozen=True, slots=True)
class _Block:
    patterns: tuple[str, ...]
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SshConfig:
    """Hold the blocks of a configuration, in order."""

    blocks: tuple[_Block, ...] = ()
    home: Path = Path("/root")

    @classmethod
    def load(cls, path: Path, home: Path) -> SshConfig:
        """Read a file and what it includes; a missing one is empty."""
        return cls(tuple(_blocks(path, home, 0)), home)

    def values(self, name: str) -> dict[str, list[str]]:
        """Give every value that applies to `name`, the first the strongest."""
        found: dict[str, list[str]] = {}
        for block in self.blocks:
            if _applies(block.patterns, name):
                for key, value in block.values:
                    found.setdefault(key, []).append(value)
        return found

    def names(self) -> tuple[str, ...]:
        """Give the names that stand in the file without a pattern."""
        plain = [p for b in self.blocks for p in b.patterns if not set(p) & set("*?!")]
        return tuple(dict.fromkeys(plain))


def list_config_hosts(path: Path) -> tuple[str, ...]:
    """Give the host names of an ssh configuration, for picking from."""
    return SshConfig.load(path, path.parent.parent).names()


def resolve(host: Host, config: SshConfig | None, login: str = "") -> Target:
    """Join a host with the user's configuration; what the site says itself wins.

    `login` is the local user's name, asked of the system where it is empty.
    """
    conf = config or SshConfig()
    found = conf.values(host.address)

    def first(key: str) -> str:
        return found.get(key, [""])[0]

    address = first("hostname").replace("%h", host.address).replace("%%", "%") or host.address
    port = host.port
    if port == 22 and first("port").isdigit():
        port = int(first("port"))
    user = host.user or first("user") or login or user_name()
    written = [host.identity] if host.identity else found.get("identityfile", [])
    jump = host.jump or first("proxyjump")
    return Target(
        address,
        port,
        user,
        tuple(_path(text, conf.home, address, user) for text in written),
        bool(host.identity) or first("identitiesonly").lower() == "yes",
        "" if jump.lower() == "none" else jump,
    )


def parse_jump(text: str) -> Host:
    """Read `[user@]host[:port]`, the first hop of a ProxyJump."""
    hop = text.split(",")[0].removeprefix("ssh://").strip()
    user, _, place = hop.rpartition("@")
    bracketed = re.fullmatch(r"\[(.+)\](?::(\d+))?", place)
    plain = re.fullmatch(r"([^:]+)(?::(\d+))?", place)
    match = bracketed or plain
    address, port = (match[1], match[2]) if match else (place, None)
    return Host(name=address, address=address, port=int(port or 22), user=user)


def _path(text: str, home: Path, address: str, user: str) -> Path:
    for token, value in (("%d", str(home)), ("%h", address), ("%r", user), ("%%", "%")):
        text = text.replace(token, value)
    return home / text[2:] if text.startswith("~/") else Path(text)


def _applies(patterns: tuple[str, ...], name: str) -> bool:
    hit = False
    for pattern in patterns:
        if fnmatch.fnmatchcase(name.lower(), pattern.removeprefix("!").lower()):
            if pattern.startswith("!"):
                return False
            hit = True
    return hit


def _blocks(path: Path, home: Path, depth: int) -> Iterator[_Block]:
    patterns: tuple[str, ...] = ("*",)
    for key, value in _pairs(path):
        if key == "host":
            patterns = tuple(_words(value))
        elif key == "match":
            patterns = _match(_words(value))
        elif key == "include" and depth < _DEPTH and patterns:
            yield from _included(value, patterns, home, depth)
            continue
        values = ((key, _unquote(value)),) if key in _KEYS else ()
        if values or key == "host":
            yield _Block(patterns, values)


def _included(value: str, patterns: tuple[str, ...], home: Path, depth: int) -> Iterator[_Block]:
    for word in _words(value):
        text = str(home / word[2:]) if word.startswith("~/") else word
        place = text if text.startswith("/") else str(home / ".ssh" / text)
        for name in sorted(glob.glob(place)):
            blocks = _blocks(Path(name), home, depth + 1)
            yield from (b for b in blocks if patterns == ("*",) or b.patterns != ("*",))


def _match(words: list[str]) -> tuple[str, ...]:
    if [w.lower() for w in words] == ["all"]:
        return ("*",)
    if len(words) == 2 and words[0].lower() in ("host", "originalhost"):
        return tuple(words[1].split(","))
    return ()


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        found = re.fullmatch(r"\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.+?)\s*", line)
        if found:
            yield found[1].lower(), found[2]


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _unquote(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
