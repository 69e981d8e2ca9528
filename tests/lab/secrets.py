"""Look for every secret of a site wherever none belongs: on its hosts, beside it, on terminals.

Markers are what the user gave (passphrase, passwords) and what the vault holds (store passwords,
the CA's key).  A host may hold its own passwords, in files of its product that others cannot read.
"""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.pki.secret import Secret
from app.pki.vault import Vault
from tests.lab.host import LabHost
from tests.lab.site import PASSPHRASE, Site

BROUGHT = ("root/first", "root/second", "root/kept/")
"""Where tests put what a person brings to a host that cannot be reached, and what they put back."""
OWN = ("etc/", "opt/", "usr/local/mmm/", "var/lib/tlswright/", *BROUGHT)
"""Where a host may hold passwords and keys of its own."""
SYSTEM = ("etc/ssh/", "root/.ssh/", "etc/ssl/private/")
MEMORY = ("tmp", "run", "dev/shm", "var/tmp")
"""File systems in memory that hosts mount themselves, and folders for what is to go again."""
LARGEST = 64 * 1024 * 1024
KEY = b"PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class Marker:
    """One secret in every form that it might show in; `host` is where it may be, if anywhere."""

    name: str
    forms: tuple[bytes, ...]
    host: str = ""

    def within(self, data: bytes) -> bool:
        return any(form in data for form in self.forms)


def leaks(site: Site, shown: Sequence[str] = ()) -> list[str]:
    """Name every place where a secret of the site stands and does not belong."""
    markers = _markers(site)
    found = [*_beside(site, markers)]
    for text in (*site.said, *shown):
        found += [f"{m.name} was shown" for m in markers if m.within(text.encode())]
    for name in site.hosts:
        found += _on_host(site.lab[name], markers)
    return found


def _markers(site: Site) -> list[Marker]:
    given = {"passphrase": PASSPHRASE} | {p.name: text for p, text in site.given.items()}
    found = [Marker(name, _forms(text.encode())) for name, text in given.items()]
    vault = site.directory / "vault"
    if not vault.exists():
        return found
    word = site.given.get(site.directory.parent / "passphrase", PASSPHRASE)
    with Vault.open(vault, Secret(word)) as kept:
        for key in kept.keys():  # noqa: SIM118 - a vault is no mapping
            value = kept.get(key) or b""
            if key.startswith("password/"):
                found.append(Marker(key, _forms(value), key.split("/")[1]))
            elif key.startswith("option/"):
                found.append(Marker(key, _forms(value), "*"))
            elif key.startswith("authority/") and json.loads(value).get("key"):
                found.append(Marker(key, _key(base64.b64decode(json.loads(value)["key"]))))
    return found


def _forms(value: bytes) -> tuple[bytes, ...]:
    return (value, base64.b64encode(value).rstrip(b"=")[:-1], value.hex().encode())


def _key(der: bytes) -> tuple[bytes, ...]:
    """Give a part of the key that no certificate shows: of RSA a prime, of a curve its number."""
    at = len(der) * 3 // 5 if len(der) > 300 else 40
    body = base64.b64encode(der)
    line = max(1, at * 4 // 3 // 64) * 64
    return (der[at : at + 32], der[at : at + 32].hex().encode(), body[line : line + 64])


def _beside(site: Site, markers: Sequence[Marker]) -> Iterator[str]:
    """Look at all files of the site and of its user's home."""
    passed = {site.directory / "vault", *site.given}
    for path in site.directory.parent.rglob("*"):
        if path in passed or not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes()
        yield from (f"{m.name} in {path}" for m in markers if m.within(data))


def _on_host(host: LabHost, markers: Sequence[Marker]) -> Iterator[str]:
    for path, inside in _written(host):
        try:
            found = path.lstat()
            data = path.read_bytes() if found.st_size <= LARGEST else b""
        except (FileNotFoundError, OSError):
            continue
        closed = not found.st_mode & 0o007 or _shut_away(path, inside)
        own = inside.startswith(OWN) and closed
        for marker in markers:
            if not (own and marker.host in (host.name, "*")) and marker.within(data):
                yield f"{marker.name} on {host.name} in /{inside} ({found.st_mode & 0o777:04o})"
        if KEY in data and not own and not inside.startswith(SYSTEM):
            yield f"a private key on {host.name} in /{inside} ({found.st_mode & 0o777:04o})"
    if host.running():
        log = host.run(["journalctl", "--no-pager", "-o", "cat"]).stdout.encode()
        yield from (f"{m.name} in the journal of {host.name}" for m in markers if m.within(log))


def _shut_away(path: Path, inside: str) -> bool:
    """Tell whether a folder on the way to a file lets its owner in and nobody else."""
    folders = path.parents[: inside.count("/")]
    return any(not folder.lstat().st_mode & 0o077 for folder in folders)


def _written(host: LabHost) -> Iterator[tuple[Path, str]]:
    """Give every regular file that was written on a host since it was made."""
    tops: Mapping[Path, str] = {host.overlay.upper: ""}
    if host.running():
        inside = Path(f"/proc/{host.leader.pid}/root")
        tops = {**tops, **{inside / name: f"{name}/" for name in MEMORY}}
    for top, prefix in tops.items():
        for path in top.rglob("*"):
            try:
                regular = stat.S_ISREG(path.lstat().st_mode)
            except OSError:
                continue
            if regular:
                yield path, f"{prefix}{path.relative_to(top)}"
