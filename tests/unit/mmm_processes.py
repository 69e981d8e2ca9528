"""Run the stand-ins of MySQL-MMM as plain processes on loopback addresses, without a lab.

Each "host" is a folder with its own configuration, logs and address; a random part of 127.0.0.0/8
keeps sessions apart, and a new address for each host keeps the TIME_WAIT of another away.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

from tests.unit.mmm_certificates import Pair

PERL = Path(__file__).parents[1] / "lab/mmm"
MONITOR = random.randrange(20_000, 30_000, 2)
AGENT = MONITOR + 1
"""Ports of this process of tests alone: others look for who listens on theirs, at any address."""
_START = random.randint(64 << 16, 250 << 16)
_NEXT = itertools.count(_START)
SECONDS = 20
REUSE = "-MIO::Socket::SSL=inet4"
"""What PERL5OPT must hold so that a listener with TLS can be started again at once."""


def address() -> str:
    """Give a loopback address that nothing used before."""
    number = next(_NEXT)
    if not 1 <= number & 0xFF <= 254:
        return address()
    return str(IPv4Address((127 << 24) + number))


def block(pair: Pair | None = None, ca: Path | None = None) -> dict[str, str]:
    """Give the options of a socket block that asks for TLS."""
    options = {"type": "ssl"}
    if pair is not None:
        options |= {"cert_file": str(pair.cert), "key_file": str(pair.key)}
    if ca is not None:
        options["ca_file"] = str(ca)
    return options


@dataclass
class Running:
    """A process that runs in the foreground, with all that it said on standard error."""

    process: subprocess.Popen[bytes]
    said: Path

    @property
    def text(self) -> str:
        """Give what it said so far."""
        return self.said.read_text(errors="replace")


@dataclass
class Place:
    """One host: a folder that stands for its root, a name, an address, and its processes."""

    root: Path
    name: str
    address: str = field(default_factory=address)
    processes: list[Running] = field(default_factory=list)
    user: str | None = None
    programs: Path = PERL

    def path(self, inside: str) -> Path:
        """Give a path of this host, with the folders above it."""
        path = self.root / inside.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, inside: str, text: str, mode: int = 0o640) -> Path:
        """Write a file with the mode that 2.x insists on."""
        path = self.path(inside)
        path.write_text(text)
        path.chmod(mode)
        return path

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give what the stand-ins need to find this host and themselves, at their quick pace."""
        libraries = [self.programs / "shared", self.programs / "two/lib"]
        return {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C",
            "PERL5LIB": ":".join(map(str, libraries)),
            "MMM_STANDIN_ROOT": str(self.root),
            "MMM_STANDIN_BASE": str(self.root / "usr/local/mmm"),
            "MMM_STANDIN_QUICK": "1",
            **(more or {}),
        }

    def start(self, program: str, more: Mapping[str, str] | None = None) -> Running:
        """Start a daemon that its configuration keeps in the foreground (debug)."""
        said = self.path(f"said/{len(self.processes)}")
        with said.open("wb") as out:
            process = subprocess.Popen(
                [str(self.program(program))], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=self.environment(more), start_new_session=True, user=self.user,
                extra_groups=[] if self.user else None,
            )  # fmt: skip
        self.processes.append(Running(process, said))
        return self.processes[-1]

    def run(
        self, program: str, *words: str, more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, without a terminal that could be asked for a password."""
        return subprocess.run(
            [str(self.program(program)), *words], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, env=self.environment(more), timeout=60, start_new_session=True,
            user=self.user, extra_groups=[] if self.user else None,
        )  # fmt: skip

    def program(self, name: str) -> Path:
        """Find a stand-in: `two/mmm_mond` and the like; 1.x runs from where it is installed."""
        version, _, program = name.partition("/")
        if version == "one":
            return self.root / "usr/local/mmm/sbin" / program
        return self.programs / "two/sbin" / program

    def log(self, name: str) -> str:
        """Give a log of 2.x."""
        path = self.root / f"var/log/mysql-mmm/{name}.log"
        return path.read_text() if path.exists() else ""

    def fails(self, check: str, *, now: bool = True) -> None:
        """Let a check such as db1.mysql fail on this monitor, or pass again."""
        path = self.path(f"run/mmm-standin/fails/{check}")
        if now:
            path.touch()
        else:
            path.unlink()

    def vips(self, host: str) -> list[str]:
        """Give the virtual addresses that the agent has set."""
        path = self.root / f"run/mmm-standin/vips.{host}"
        return path.read_text().split() if path.exists() else []

    def demote(self) -> None:
        """Let everything run as nobody, who cannot read what its mode forbids; root could."""
        self.programs = self.root / "programs"
        shutil.copytree(PERL, self.programs)
        if os.geteuid() == 0:
            self.user = "nobody"
            subprocess.run(["chown", "-R", "nobody", str(self.root)], check=True)

    def stop(self) -> None:
        """End this host's processes, daemons too; a resting angel hears no TERM."""
        for running in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait(5)
        self.processes.clear()
        for path in [*self.root.glob("run/**/*.pid"), *self.root.glob("usr/local/mmm/var/*.pid")]:
            _end_daemon(path)


def _end_daemon(path: Path) -> None:
    pid = path.read_text().strip()
    with contextlib.suppress(OSError, ValueError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"mmm" in command:
            os.killpg(int(pid), signal.SIGKILL)


def listens(where: str, port: int) -> bool:
    """Tell whether somebody listens, without a connection that would leave a trace."""
    done = subprocess.run(
        ["ss", "-Hltn", f"src {where}:{port}"], capture_output=True, text=True, check=True
    )
    return bool(done.stdout.strip())


def lingers(where: str, port: int) -> bool:
    """Tell whether a closed connection still holds the port (TIME_WAIT)."""
    done = subprocess.run(
        ["ss", "-Htn", "state", "time-wait", f"src {where}:{port}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return bool(done.stdout.strip())


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """Give a folder that others may enter; pytest's belongs to its owner alone."""
    with tempfile.TemporaryDirectory(prefix="tlswright-mmm-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
