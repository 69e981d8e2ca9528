"""Give each host control groups of its own.

Without them several nspawn hosts share one set: then `systemctl stop` on one host waits for the
processes of the same service on the others. They also end a host surely, whatever it forked.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.until import until


@dataclass(frozen=True)
class Cgroup:
    """One host's groups: the same name in each hierarchy that systemd uses."""

    name: str

    @property
    def paths(self) -> list[Path]:
        return [top / self.name for top in _hierarchies()]

    def make(self) -> list[Path]:
        """Make the groups and give the files that a process writes itself into."""
        for path in self.paths:
            path.mkdir(exist_ok=True)
        return [path / "cgroup.procs" for path in self.paths]

    def remove(self, seconds: float = 10) -> None:
        """Kill what still runs in the groups, and delete them.

        A host outlives its nspawn, so this is what ends one for certain.
        """
        for path in self.paths:
            until(partial(_emptied, path), seconds, f"an empty {path}")


def clear(prefix: str) -> None:
    """Remove every group whose name starts with prefix."""
    names = {path.name for top in _hierarchies() for path in top.glob(f"{prefix}*")}
    for name in names:
        Cgroup(name).remove()


def _emptied(path: Path) -> bool:
    if not path.exists():
        return True
    for members in path.rglob("cgroup.procs"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for pid in members.read_text().split():
                os.kill(int(pid), signal.SIGKILL)
    # Parents follow their children only when these are gone.
    for group in sorted((item for item in path.rglob("*") if item.is_dir()), reverse=True):
        with contextlib.suppress(OSError):
            group.rmdir()
    with contextlib.suppress(OSError):
        path.rmdir()
    return not path.exists()


def _hierarchies() -> list[Path]:
    """Find the mounts that systemd puts services in: version 2, and version 1's named one."""
    tops = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        words = line.split()
        kind, options = words[words.index("-") + 1], words[-1].split(",")
        inside = words[4].startswith("/sys/fs/cgroup")
        if inside and (kind == "cgroup2" or "name=systemd" in options):
            tops.append(Path(words[4]))
    return tops
