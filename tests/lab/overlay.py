"""Give a host a file system: the machine's own below, private writes in memory above."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tests.lab.commands import run

SIZE = "4g"
# What a stock Debian starts by itself and a lab host can do without.
UNWANTED = ("getty.target.wants", "timers.target.wants", "multi-user.target.wants")
WANTED = frozenset({"ssh.service", "remote-fs.target"})
# Where a change means that a test left its traces; logs and caches change by themselves.
Trace: TypeAlias = tuple[str, int, int, int]
# Debian's own settings of every broker, and what makes its start cost less than half of a core.
BROKER = Path("usr/share/activemq/activemq-options")
STOCK_MEMORY = "-Xms512M -Xmx512M"
# How long Debian's script sleeps behind each broker that it starts, to say whether it still runs.
STOCK_PAUSE, SHORT_PAUSE = "STARTTIME=5", "STARTTIME=1"
LIGHT = (
    "-Xms64M -Xmx256M -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto "
    "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
)
# Plugins that no test enables: every Erlang of the product looks for each module in all of them.
PLUGINS = "usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins"
NEEDED = frozenset((
    "amqp10_common", "aten", "credentials_obfuscation", "cuttlefish", "enough", "gen_batch_server",
    "getopt", "jsx", "observer_cli", "osiris", "ra", "rabbit", "rabbit_common",
    "rabbitmq_prelaunch", "ranch", "recon", "seshat", "stdout_formatter", "syslog",
    "sysmon_handler", "systemd",
))  # fmt: skip
WATCHED = ("etc", "home", "opt", "root", "srv", "usr", "var/lib/activemq", "var/lib/rabbitmq")


@dataclass(frozen=True)
class Seed:
    """What makes one host's copy of the machine its own."""

    name: str
    hosts: str
    authorized_key: str
    host_keys: Path


@dataclass(frozen=True)
class Overlay:
    """A mounted overlay; root is the host's / as the machine sees it."""

    directory: Path

    @property
    def root(self) -> Path:
        return self.directory / "root"

    @property
    def upper(self) -> Path:
        return self.directory / "u"

    def mount(self, label: str) -> None:
        """Mount a fresh memory file system, and the overlay on it."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", label, str(self.directory))
        for name in ("u", "w", "root"):
            (self.directory / name).mkdir(mode=0o755)
        self._hide_plugins()
        options = f"lowerdir=/,upperdir={self.upper},workdir={self.directory / 'w'}"
        run("mount", "-t", "overlay", "overlay", "-o", options, str(self.root))

    def _hide_plugins(self) -> None:
        """Leave out what the server neither runs nor needs: a third of each of its starts."""
        for plugin in Path("/").glob(f"{PLUGINS}/*-*"):
            if plugin.name.rpartition("-")[0] not in NEEDED:
                whiteout = self.upper / plugin.relative_to("/")
                for folder in reversed(whiteout.parents[: -len(self.upper.parents) - 1]):
                    if not folder.exists():
                        folder.mkdir()
                        folder.chmod(0o755)
                os.mknod(whiteout, stat.S_IFCHR, os.makedev(0, 0))

    def unmount(self) -> None:
        """Drop the overlay with everything that was written to it."""
        unmount_below(self.directory)

    def seed(self, seed: Seed) -> None:
        """Write identity, names, keys, and take away services that need not run."""
        etc = self.root / "etc"
        (etc / "machine-id").write_text("")
        (etc / "hostname").write_text(f"{seed.name}\n")
        (etc / "hosts").write_text(seed.hosts)
        (etc / "resolv.conf").unlink(missing_ok=True)
        (etc / "resolv.conf").write_text("")
        self._seed_home()
        self._seed_ssh(seed)
        for folder in UNWANTED:
            for entry in _entries(etc / "systemd/system" / folder):
                if entry.name not in WANTED:
                    entry.unlink()
        (self.root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)
        options = self.root / BROKER
        text = options.read_text().replace(STOCK_MEMORY, LIGHT)
        options.write_text(text.replace(STOCK_PAUSE, SHORT_PAUSE))

    def _seed_home(self) -> None:
        """Give root the profile of a stock host, not what grew on this machine."""
        home = self.root / "root"
        for old in (".bashrc", ".profile", ".bash_profile", ".bash_login", ".zshenv"):
            (home / old).unlink(missing_ok=True)
            stock = self.root / "etc/skel" / old
            if stock.exists():
                shutil.copy(stock, home / old)

    def _seed_ssh(self, seed: Seed) -> None:
        home = self.root / "root/.ssh"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(mode=0o700, parents=True)
        (home / "authorized_keys").write_text(seed.authorized_key)
        (home / "authorized_keys").chmod(0o600)
        ssh = self.root / "etc/ssh"
        for old in ssh.glob("ssh_host_*"):
            old.unlink()
        for key in seed.host_keys.glob("ssh_host_*"):
            shutil.copy(key, ssh / key.name)

    def traces(self) -> frozenset[Trace]:
        """Fingerprint what was written where tests write: path, inode, mode and change time."""
        found = set()
        for area in WATCHED:
            top = self.upper / area
            for path in (top, *top.rglob("*")):
                with contextlib.suppress(FileNotFoundError):
                    status = path.lstat()
                    if not path.is_dir() or path.is_symlink():
                        found.add((str(path), status.st_ino, status.st_mode, status.st_ctime_ns))
        return frozenset(found)


def unmount_below(directory: Path) -> None:
    """Unmount everything mounted at or below a directory, the deepest first."""
    for point in sorted(_mounts(directory), key=len, reverse=True):
        if run("umount", point, check=False).returncode:
            # Somebody's shell still stands in it: take it from the tree at least.
            run("umount", "--lazy", point)


def _mounts(directory: Path) -> list[str]:
    points = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        point = line.split()[4].encode().decode("unicode_escape")
        if point == str(directory) or point.startswith(f"{directory}/"):
            points.append(point)
    return points


def _entries(folder: Path) -> Iterable[Path]:
    return list(folder.iterdir()) if folder.is_dir() else ()
