"""A real sshd whose users are ours: in a mount namespace of its own, gone with the server.

There /etc/passwd, shadow, sudoers, /var/lib, /var/log and /mnt are private; the machine's own users
and files stay as they are.  `folder` is where a test finds a file of that world from outside.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.model import Host, Privilege
from tests.ssh.conftest import free_port, keygen, listening, public
from tests.until import until

PASSWORD = "pass word'1$x"
FIRST_UID = 60001

PREPARE = r"""
set -e
for place in /mnt /var/lib /var/log /etc/sudoers.d /run/sudo; do
  [ -d "$place" ] || continue
  mount -t tmpfs tmpfs "$place"
done
for file in passwd shadow group sudoers; do
  [ ! -e "/etc/$file" ] || mount --bind "$1/$file" "/etc/$file"
done
chmod 755 /mnt
mkdir /mnt/home /mnt/root
install -m 644 "$1/id.pub" /mnt/authorized
. "$1/prepare"
exec "$2" -D -e -f "$1/sshd_config"
"""


@dataclass(frozen=True)
class User:
    """Name one user of that world: login shell, profile files by name, rules of sudo and of sshd.

    `uid` makes it another name of an account that there is; such a user gets no home made.
    """

    name: str
    shell: str = "/bin/sh"
    profile: tuple[tuple[str, str], ...] = ()
    sudo: str = ""
    home: bool = True
    match: str = ""
    uid: int | None = None


@dataclass(frozen=True)
class Homes:
    """Name what a test needs of the running server."""

    port: int
    host_key: str
    identity: Path
    root: Path

    def host(self, user: str, privilege: Privilege = "root", root: str | None = None) -> Host:
        """Give a user's login as a host; without sudo its files live under a folder of its own."""
        own = f"/mnt/root/{user}" if root is None and privilege == "root" else root or ""
        return Host(
            name=user, address="127.0.0.1", port=self.port, user=user, root=own,
            identity=str(self.identity), host_key=self.host_key, privilege=privilege,
        )  # fmt: skip

    def path(self, place: str) -> Path:
        """Give the path from outside of a file in that world."""
        return self.root / place.lstrip("/")


@contextmanager
def homes(folder: Path, users: tuple[User, ...], prepare: str = "") -> Iterator[Homes]:
    """Run the server with these users; skips where this machine cannot.

    `prepare` is a shell snippet that makes that world ready, before anybody can log in.
    """
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or os.getuid() != 0:
        pytest.skip("users of our own need root and sshd")
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody make a mount namespace")
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    keygen(folder / "host", "-t", "ed25519")
    identity = keygen(folder / "id", "-t", "ed25519")
    (folder / "prepare").write_text(prepare)
    _write(folder, users, port)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", "sh", "-c", PREPARE, "sh",
             str(folder), program], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    made = Homes(port, public(folder / "host"), identity, Path(f"/proc/{server.pid}/root"))
    try:
        until(lambda: listening(port) or server.poll() is not None, 20, "sshd to listen")
        assert server.poll() is None, (folder / "log").read_text()
        for number, user in enumerate(users, FIRST_UID):
            if user.uid is None:
                _settle(made, user, number)
        yield made
    finally:
        server.terminate()
        server.wait(10)


def needs(program: str) -> None:
    """Skip a test whose program this machine lacks; where a lab is required, fail."""
    if not shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        said = pytest.fail if os.environ.get("TLSWRIGHT_LAB_REQUIRED") == "1" else pytest.skip
        said(f"no {program} on this machine: `make lab-deps`")


def _write(folder: Path, users: tuple[User, ...], port: int) -> None:
    """Write the accounts and the server's configuration."""
    word = subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, text=True, capture_output=True,
        check=True,
    ).stdout.strip()  # fmt: skip
    passwd, shadow, group = (Path(f"/etc/{n}").read_text() for n in ("passwd", "shadow", "group"))
    for number, user in enumerate(users, FIRST_UID):
        home = f"/mnt/home/{user.name}" if user.home else "/nonexistent"
        uid = number if user.uid is None else user.uid
        passwd += f"{user.name}:x:{uid}:{uid}::{home}:{user.shell}\n"
        shadow += f"{user.name}:{word}:19000:0:99999:7:::\n"
        group += f"{user.name}:x:{number}:\n"
    rules = "".join(f"{user.sudo}\n" for user in users if user.sudo)
    matches = "".join(f"Match User {u.name}\n  {u.match}\n" for u in users if u.match)
    server = (
        f"Port {port}\nListenAddress 127.0.0.1\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"AuthorizedKeysFile /mnt/authorized\nPasswordAuthentication no\nMaxStartups 100\n"
        f"HostKey {folder}/host\nSubsystem sftp internal-sftp\nBanner {folder}/banner\n{matches}"
    )
    (folder / "banner").write_bytes(b"\x1b]0;owned\x07 A ok stage staged\n\xff\xfe" * 40)
    for name, text, mode in (
        ("passwd", passwd, 0o644), ("shadow", shadow, 0o600), ("group", group, 0o644),
        ("sudoers", rules, 0o440), ("sshd_config", server, 0o600),
    ):  # fmt: skip
        (folder / name).write_text(text)
        (folder / name).chmod(mode)


def _settle(made: Homes, user: User, uid: int) -> None:
    """Make a user's home, with its profile files, and the folder that stands for its host."""
    places = [made.path(f"/mnt/root/{user.name}"), made.path(f"/mnt/root/{user.name}/etc")]
    if user.home:
        home = made.path(f"/mnt/home/{user.name}")
        home.mkdir()
        places.append(home)
        for name, text in user.profile:
            file = home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    for place in places[:2]:
        place.mkdir()
    for place in places:
        os.chown(place, uid, uid)
