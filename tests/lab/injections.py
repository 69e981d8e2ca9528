"""Ways to hurt a lab host at an exact point, each a context that mends it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.host import LabHost
from tests.until import until

HERE, ON = "/opt/fault/here", "/opt/fault/on"
# Stops where it is until it is told to go on, as a disk that has stalled would.
WAIT = f": >{HERE}; while [ ! -e {ON} ]; do sleep 0.05; done"

SQUATTER = "import socket,time; s=socket.create_server(('', 61617)); time.sleep(3600)"
"""A program in Python that takes the TLS port of a broker and keeps it until it is ended."""


@contextmanager
def hooked(host: LabHost, tool: str, snippet: str) -> Iterator[None]:
    """Run a snippet on the host before each call of a tool; `$*` are the call's arguments."""
    shim, real = f"/opt/fault/{tool}", f"/opt/fault/real-{tool}"
    host.run(f"rm -rf /opt/fault; mkdir -p /opt/fault; cp -a /usr/bin/{tool} {real}")
    host.path(shim).write_text(f'#!/bin/sh\n{snippet}\nexec {real} "$@"\n')
    host.path(shim).chmod(0o755)
    host.run(["mount", "--bind", shim, f"/usr/bin/{tool}"])
    try:
        yield
    finally:
        if host.running():
            host.run(f": >{ON}; umount /usr/bin/{tool}", check=False)


def came_to_hook(host: LabHost) -> None:
    """Wait until the snippet WAIT of a hook is reached."""
    until(host.path(HERE).exists, 60, "the hook on the host")


def hang_up(host: LabHost) -> None:
    """End every SSH connection to a host, as a firewall that resets them would."""
    host.run("kill -9 $(ps -o pid= --ppid $(cat /run/sshd.pid) | tr '\\n' ' ')")


@contextmanager
def small(host: LabHost, folder: str, size: str) -> Iterator[None]:
    """Put a folder with its files on a small file system of its own, and bring them back."""
    host.run(
        f"mkdir -p /opt/small; mount -t tmpfs -o size={size},mode=$(stat -c %a {folder}) small "
        f"/opt/small && cp -a {folder}/. /opt/small/ && mount --bind /opt/small {folder} && "
        "umount /opt/small"
    )
    try:
        yield
    finally:
        host.run(
            f"rm -f {folder}/fill; rm -rf /opt/back; cp -a {folder} /opt/back; "
            f"umount --lazy {folder}; rm -rf {folder}; cp -a /opt/back {folder}"
        )


def fill(host: LabHost, folder: str) -> None:
    """Leave no byte free on the file system of a folder."""
    host.run(f"cat /dev/zero >{folder}/fill 2>/dev/null", check=False)


@contextmanager
def read_only(host: LabHost, folder: str) -> Iterator[None]:
    """Let a folder be on a file system that takes no writes."""
    host.run(
        f"mkdir -p {folder}; mount --bind {folder} {folder}; mount -o remount,bind,ro {folder}"
    )
    try:
        yield
    finally:
        host.run(["umount", "--lazy", folder])


@contextmanager
def mounted(host: LabHost, path: str) -> Iterator[None]:
    """Let a file be a mount of its own, as container tools do."""
    host.run(["mount", "--bind", path, path])
    try:
        yield
    finally:
        host.run(["umount", "--lazy", path])


@contextmanager
def immutable(host: LabHost, path: str) -> Iterator[None]:
    """Let nobody change, replace or delete a file, root included."""
    host.run(["chattr", "+i", path])
    try:
        yield
    finally:
        host.run(["chattr", "-i", path])
