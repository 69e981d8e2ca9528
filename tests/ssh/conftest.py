"""A real OpenSSH server on loopback, and hosts that are folders under its root prefix."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.model import Host
from app.remote.base import Logins
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector, SshRemote
from tests.until import until


@dataclass(frozen=True)
class Sshd:
    """Name what a test needs of the running server."""

    folder: Path
    port: int
    host_key: str
    identity: Path

    def host(self, root: Path | None = None, name: str = "one") -> Host:
        """Give the server as a host whose files live under `root`."""
        return Host(
            name=name,
            address="127.0.0.1",
            port=self.port,
            user=getpass.getuser(),
            identity=str(self.identity),
            host_key=self.host_key,
            root=str(root) if root else "",
        )


def keygen(path: Path, *options: str) -> Path:
    """Make a key pair."""
    command = ["ssh-keygen", "-q", "-f", str(path), "-N", "", *options]
    subprocess.run(command, check=True, capture_output=True)
    return path


def public(path: Path) -> str:
    """Give a public key as `type base64`."""
    return " ".join(Path(f"{path}.pub").read_text().split()[:2])


def free_port() -> int:
    """Find a port on loopback that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def listening(port: int, address: str = "127.0.0.1") -> bool:
    """Tell whether somebody answers on a loopback port."""
    with socket.socket() as sock:
        return sock.connect_ex((address, port)) == 0


@contextmanager
def serving(folder: Path, *lines: str) -> Iterator[int]:
    """Run an sshd with some lines of configuration, and give its port; skips where there is none.

    Its log is the file `log` in the folder.
    """
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("no sshd on this machine")
    port = free_port()
    usual = (
        f"Port {port}", "ListenAddress 127.0.0.1", "PidFile none", "UsePAM no", "StrictModes no",
        "PermitRootLogin yes", "MaxStartups 100", "PasswordAuthentication no",
    )  # fmt: skip
    (folder / "sshd_config").write_text("\n".join([*lines, *usual]) + "\n")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [program, "-D", "-e", "-f", str(folder / "sshd_config")], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until(lambda: listening(port), 20, "sshd to listen")
        yield port
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """Run one sshd for the session; skipped where there is none."""
    folder = tmp_path_factory.mktemp("sshd")
    for kind in ("ed25519", "ecdsa", "rsa"):
        keygen(folder / f"host_{kind}", "-t", kind)
    identity = keygen(folder / "id", "-t", "ed25519")
    locked = folder / "locked"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-f", str(locked), "-N", "open sesame"], check=True
    )
    authorized = [Path(f"{key}.pub").read_text() for key in (identity, locked)]
    (folder / "authorized").write_text("".join(authorized))
    keys = [f"HostKey {folder}/host_{kind}" for kind in ("ed25519", "ecdsa", "rsa")]
    with serving(folder, f"AuthorizedKeysFile {folder}/authorized", *keys) as port:
        yield Sshd(folder, port, public(folder / "host_ed25519"), identity)


Connect = Callable[..., SshRemote]


@pytest.fixture
def connect(sshd: Sshd, tmp_path: Path) -> Iterator[Connect]:
    """Give a function that opens a connection to a host rooted at a folder."""
    opened: list[SshRemote] = []

    def open_one(root: Path | None, shell: str = "sh") -> SshRemote:
        connector = ParamikoConnector(
            Logins(), KnownHosts(), home=tmp_path, use_agent=False, owner="tester@here", shell=shell
        )
        opened.append(connector.connect(sshd.host(root)))
        return opened[-1]

    yield open_one
    for remote in opened:
        remote.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a folder that stands for a host's file system."""
    folder = tmp_path / "host root"
    (folder / "etc").mkdir(parents=True)
    return folder
