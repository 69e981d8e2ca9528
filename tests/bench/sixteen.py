"""Sixteen hosts on loopback: one real sshd at sixteen addresses, a folder for each host's files."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.model import Host
from tests.ssh.conftest import free_port, keygen, listening, public
from tests.until import until

HOSTS = 16
FILES = {"key.p12": 0o600, "trust.p12": 0o640, "app.xml": 0o644, "app.conf": 0o644}
SIZES = {"key.p12": 2_600, "trust.p12": 1_400, "app.xml": 12_000, "app.conf": 900}
"""In bytes, about what a broker has of each."""
WHERE = "etc/app"
CALLS = "calls"


@dataclass(frozen=True)
class Sixteen:
    """Name what a peer needs: where the hosts are, the key to log in with, the files to bring."""

    folder: Path
    port: int
    identity: Path
    host_key: str

    @property
    def source(self) -> Path:
        """Give the folder that holds the files to bring."""
        return self.folder / "source"

    @property
    def known(self) -> Path:
        """Give a known_hosts file that holds every host's key."""
        return self.folder / "known_hosts"

    def hosts(self) -> tuple[Host, ...]:
        """Give the hosts; `root` is where a host's files live."""
        return tuple(
            Host(
                name=f"h{n}", address=f"127.0.1.{n}", port=self.port, user=getpass.getuser(),
                identity=str(self.identity), host_key=self.host_key,
                root=str(self.folder / "hosts" / f"h{n}"),
            )
            for n in range(1, HOSTS + 1)
        )  # fmt: skip

    def wipe(self) -> None:
        """Make every host as it was before the first run."""
        for host in self.hosts():
            shutil.rmtree(host.root, ignore_errors=True)
            (Path(host.root) / WHERE).mkdir(parents=True)

    def check(self, calls: int) -> None:
        """Refuse a run that did not do its work: bytes, modes, and how often the command ran."""
        for host in self.hosts():
            for name, mode in FILES.items():
                made = Path(host.root, WHERE, name)
                assert made.read_bytes() == (self.source / name).read_bytes(), made
                assert made.stat().st_mode & 0o777 == mode, made
            said = Path(host.root, CALLS).read_text()
            assert said.count("\n") == calls, (host.name, said)


@contextmanager
def sixteen(folder: Path, program: str) -> Iterator[Sixteen]:
    """Run the sshd while the context lasts."""
    identity = keygen(folder / "id", "-t", "ed25519")
    host_key = keygen(folder / "host", "-t", "ed25519")
    port = free_port()
    place = Sixteen(folder, port, identity, public(host_key))
    place.source.mkdir()
    for name, size in SIZES.items():
        (place.source / name).write_bytes(os.urandom(size))
    lines = [f"[{host.address}]:{port} {place.host_key}\n" for host in place.hosts()]
    place.known.write_text("".join(lines))
    listen = "".join(f"ListenAddress {host.address}:{port}\n" for host in place.hosts())
    (folder / "sshd_config").write_text(
        f"{listen}PidFile none\nUsePAM no\nStrictModes no\nMaxStartups 200\n"
        f"Subsystem sftp internal-sftp\nAuthorizedKeysFile {identity}.pub\n"
        f"PermitRootLogin yes\nHostKey {host_key}\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [program, "-D", "-e", "-f", str(folder / "sshd_config")], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until(lambda: listening(port, f"127.0.1.{HOSTS}"), 20, "sshd to listen")
        yield place
    finally:
        server.terminate()
        server.wait(10)
