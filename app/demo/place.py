"""Know where the demo keeps its things, which ports it has, and whether it is up.

DIR/site/ is the ready-made site, DIR/hosts/NAME/ a host's file system, DIR/keys/ the SSH keys,
DIR/passphrase the vault's passphrase, DIR/hosts.json ports and process of the hosts.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from app.errors import LockedError

NAMES = ("hub", "spoke-a", "spoke-b")
LOW, HIGH = 20000, 32000
"""Ports below those that the system gives to outgoing connections: a restart finds them free."""


@dataclass(frozen=True, slots=True)
class DemoHost:
    """Hold the ports of one demo host: SSH, the broker in the clear, the broker over TLS."""

    name: str
    ssh: int
    plain: int
    tls: int


@dataclass(frozen=True, slots=True)
class Place:
    """Name the files of one demo directory."""

    dir: Path

    @property
    def site(self) -> Path:
        """Give the site's directory."""
        return self.dir / "site"

    @property
    def passphrase(self) -> Path:
        """Give the file with the passphrase of the demo's vault."""
        return self.dir / "passphrase"

    @property
    def client_key(self) -> Path:
        """Give the SSH key that logs in to the demo hosts."""
        return self.dir / "keys" / "client"

    @property
    def log(self) -> Path:
        """Give the log of the process that runs the hosts."""
        return self.dir / "hosts.log"

    @property
    def keep(self) -> Path:
        """Give the mark that the hosts stay when nobody uses them."""
        return self.dir / "keep"

    def host_key(self, name: str) -> Path:
        """Give the private host key of a demo host."""
        return self.dir / "keys" / name

    def root(self, name: str) -> Path:
        """Give the folder that is a demo host's file system."""
        return self.dir / "hosts" / name

    def pid(self) -> int:
        """Give the process that runs the hosts, or 0 when none does.

        The lock tells, not the number: it goes with its process, a number is given away again.
        """
        try:
            with self.lock("hosts"):
                return 0
        except LockedError:
            return int(self.state().get("pid", 0))

    def state(self) -> dict[str, Any]:
        """Read hosts.json; empty when there is none."""
        try:
            found = json.loads((self.dir / "hosts.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def hosts(self) -> tuple[DemoHost, ...]:
        """Give the hosts with their ports, as hosts.json remembers them."""
        rows = self.state().get("hosts", [])
        return tuple(DemoHost(r["name"], r["ssh"], r["plain"], r["tls"]) for r in rows)

    def remember(self, hosts: tuple[DemoHost, ...], pid: int) -> None:
        """Write hosts.json whole."""
        data = {"pid": pid, "hosts": [asdict(host) for host in hosts]}
        new = self.dir / "hosts.json.new"
        new.write_text(json.dumps(data, indent=2) + "\n")
        new.replace(self.dir / "hosts.json")

    @contextmanager
    def lock(self, name: str, *, shared: bool = False, wait: bool = False) -> Iterator[None]:
        """Hold one of the demo's locks; raises LockedError when it is held and `wait` is off.

        `hosts` is held by the process that runs the hosts, `front` by everyone who uses them
        (shared), `start` while somebody starts them.
        """
        self.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        kind = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        number = os.open(self.dir / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(number, kind)
            except BlockingIOError:
                raise LockedError(f"the demo's {name} lock is held") from None
            yield
        finally:
            os.close(number)

    def used(self) -> bool:
        """Tell whether a front end of the demo is alive."""
        try:
            with self.lock("front"):
                return False
        except LockedError:
            return True


def free_ports(count: int, random: Random) -> tuple[int, ...]:
    """Give loopback ports that are free now, each once."""
    found: list[int] = []
    for port in random.sample(range(LOW, HIGH), HIGH - LOW):
        if len(found) == count:
            break
        if is_free(port):
            found.append(port)
    return tuple(found)


def is_free(port: int) -> bool:
    """Tell whether nobody listens on a loopback port."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
