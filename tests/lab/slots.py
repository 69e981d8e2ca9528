"""Give every test session bridge, addresses and names of its own.

Slot k owns the bridge labbr{k}, the network 198.18.{7+k}.0/24 (RFC 2544: for benchmarks, nothing
leaves the machine), namespaces, interfaces and control groups called lab{k}-NAME, and a directory.
A slot is owned while its lock file is locked; the lock goes with its process, so a slot that can be
locked is free, and whatever is still there was left behind by a session that was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab import cgroups, network, overlay
from tests.lab.processes import Process

STATE = Path("/run/tlswright-lab")
# nspawn deletes its directory there only where /run is a memory file system.
NSPAWN = Path("/run/systemd/nspawn/propagate")
SLOTS = 24
# A booted host holds about ten of these, and the kernel gives root 128 for all hosts together: a
# host that gets none never comes up. Sessions share the machine, so the room stays.
INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH = 2048


class NoFreeSlot(Exception):
    """All slots are in use by other sessions on this machine."""


@dataclass
class Slot:
    """One session's share of the machine; release() gives it back empty."""

    number: int
    directory: Path
    lock: int
    processes: list[Process] = field(default_factory=list)

    @property
    def bridge(self) -> str:
        return f"labbr{self.number}"

    @property
    def prefix(self) -> str:
        return f"lab{self.number}-"

    def address(self, last: int) -> str:
        """Give the address in this slot's network that ends with this number."""
        return f"198.18.{7 + self.number}.{last}"

    def record(self, process: Process) -> None:
        """Write down a process before it matters, so that a later session can end it."""
        self.processes = [known for known in self.processes if known.alive()] + [process]
        text = json.dumps([[known.pid, known.started] for known in self.processes])
        fresh = self.directory / "processes.new"
        fresh.write_text(text)
        fresh.replace(self.directory / "processes.json")

    def clear(self) -> None:
        """End the recorded processes, then take away groups, mounts, network and files."""
        for process in _recorded(self.directory):
            process.end()
        self.processes = []
        cgroups.clear(self.prefix)
        overlay.unmount_below(self.directory)
        network.clear(self.prefix, self.bridge)
        for left in NSPAWN.glob(f"{self.prefix}*"):
            left.rmdir()
        shutil.rmtree(self.directory, ignore_errors=True)

    def release(self) -> None:
        """Clear the slot and let others have it."""
        try:
            self.clear()
        finally:
            os.close(self.lock)


def claim(numbers: Iterable[int] = range(SLOTS)) -> Slot:
    """Take the first free one of these slots and clean away what a killed session left in it.

    Raises NoFreeSlot.
    """
    STATE.mkdir(mode=0o700, exist_ok=True)
    _make_room()
    for number in numbers:
        lock = os.open(STATE / f"slot{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        slot = Slot(number, STATE / f"slot{number}", lock)
        slot.clear()
        slot.directory.mkdir(mode=0o700)
        return slot
    raise NoFreeSlot(f"all lab slots are in use by other sessions; see {STATE}")


def _make_room() -> None:
    if int(INSTANCES.read_text()) < ENOUGH:
        # Where the machine's settings cannot be written, few hosts still find room.
        with contextlib.suppress(OSError):
            INSTANCES.write_text(f"{ENOUGH}\n")


def _recorded(directory: Path) -> list[Process]:
    path = directory / "processes.json"
    if not path.exists():
        return []
    return [Process(pid, started) for pid, started in json.loads(path.read_text())]
