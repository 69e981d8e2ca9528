"""Wire hosts: a bridge on the machine, a namespace and a pair of interfaces for each host."""

from __future__ import annotations

import ctypes
import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.lab.commands import run

CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
CLOSED = Path("/proc/sys/net/ipv4/tcp_max_tw_buckets")
"""How many closed connections a namespace keeps."""


@dataclass(frozen=True)
class Wire:
    """The cable between one host's namespace and the bridge."""

    namespace: str
    interface: str
    bridge: str
    address: str

    @property
    def path(self) -> str:
        return f"/run/netns/{self.namespace}"

    def lay(self) -> None:
        """Make the namespace, give it eth0 with the address, and plug it into the bridge."""
        run("ip", "netns", "add", self.namespace)
        run(
            *("ip", "link", "add", self.interface, "type", "veth"),
            *("peer", "name", "eth0", "netns", self.namespace),
        )
        run("ip", "link", "set", self.interface, "master", self.bridge, "up")
        inside = ("ip", "-n", self.namespace)
        run(*inside, "addr", "add", f"{self.address}/24", "dev", "eth0")
        run(*inside, "link", "set", "eth0", "up")
        run(*inside, "link", "set", "lo", "up")

    def dial(self, port: int, seconds: float) -> socket.socket:
        """Connect to a port of the host's own loopback address, as a program on the host does."""
        # A thread of its own changes its network, and ends.
        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(self._dial, port, seconds).result()

    def _dial(self, port: int, seconds: float) -> socket.socket:
        inside = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if _LIBC.setns(inside, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"cannot enter {self.path}")
        finally:
            os.close(inside)
        return socket.create_connection(("127.0.0.1", port), timeout=seconds)

    def cut(self) -> None:
        """Unplug the host: packets vanish in both directions, connections stay open."""
        run("ip", "link", "set", self.interface, "down")

    def mend(self) -> None:
        """Plug the host in again, and let it keep closed connections as any host does."""
        run("ip", "link", "set", self.interface, "up")
        self.keep_closed(True)

    def keep_closed(self, kept: bool) -> None:
        """Let its kernel keep connections that close from now on for a minute (TIME_WAIT), or not.

        Those that are kept already stay.  A service of MySQL-MMM cannot bind its port meanwhile.
        """
        number = CLOSED.read_text().strip() if kept else "0"
        run("ip", "netns", "exec", self.namespace, "sh", "-c", f"echo {number} >{CLOSED}")


def make_bridge(name: str, address: str) -> None:
    """Make the bridge and give the machine its own address on it."""
    run("ip", "link", "add", name, "type", "bridge")
    run("ip", "addr", "add", f"{address}/24", "dev", name)
    run("ip", "link", "set", name, "up")


def clear(prefix: str, bridge: str) -> None:
    """Delete the bridge, and every namespace and interface whose name starts with prefix."""
    for name in _names("netns", prefix):
        run("ip", "netns", "delete", name)
    bridges = [name for name in _names("link", bridge) if name == bridge]
    for name in [*_names("link", prefix), *bridges]:
        # An interface may already have gone together with its namespace.
        run("ip", "link", "delete", name, check=False)


def names(prefix: str) -> list[str]:
    """List the namespaces and interfaces whose names start with prefix."""
    return [*_names("netns", prefix), *_names("link", prefix)]


def _names(kind: str, prefix: str) -> list[str]:
    listed = run("ip", "-j", kind, "show").stdout.strip()
    key = "ifname" if kind == "link" else "name"
    found = [str(row[key]) for row in json.loads(listed or "[]")]
    return [name for name in found if name.startswith(prefix)]
