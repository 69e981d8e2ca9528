"""KnownHostsCommand is asked for host keys as ssh asks it, and one that fails lets nobody in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.errors import HostKeyError, UnreachableError
from app.model import Host
from app.remote.base import Logins
from app.remote.config import SshConfig, resolve
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector
from tests.ssh.conftest import Sshd, keygen, public

WORDS = "%H %I %t %f %K %h '%n %%' %p"
HUB = Host("one", "hub")


def write(folder: Path, sshd: Sshd, script: str) -> Path:
    """Write a command that keeps what it was called with, and a configuration that names it."""
    program = folder / "known"
    log = folder / "calls"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" >>{log}\necho >>{log}\n{script}\n')
    program.chmod(0o755)
    path = folder / "config"
    path.write_text(
        f"Host *\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User {sshd.host().user}\n"
        f"  IdentityFile {sshd.identity}\n  IdentitiesOnly yes\n  CheckHostIP no\n"
        f"  UserKnownHostsFile none\n  GlobalKnownHostsFile none\n  UpdateHostKeys no\n"
        f"  KnownHostsCommand {program} {WORDS}\n"
    )
    return path


def calls(folder: Path) -> list[str]:
    """Give what the command was called with since the last look."""
    log = folder / "calls"
    found = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return found


def enters(path: Path, host: Host = HUB) -> bool:
    made = ParamikoConnector(
        Logins(), KnownHosts(), SshConfig.load(path, path.parent), home=path.parent, use_agent=False
    )
    remote = made.connect(host)
    try:
        return remote.run("echo in").out == "in\n"
    finally:
        remote.close()


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_its_keys_are_trusted_and_it_is_called_as_ssh_calls_it(
    sshd: Sshd, tmp_path: Path, kind: str
) -> None:
    key = public(sshd.folder / f"host_{kind}")
    path = write(tmp_path, sshd, f"echo '[127.0.0.1]:{sshd.port},127.0.0.1 {key}'")
    assert enters(path)
    mine = calls(tmp_path)
    done = subprocess.run(
        ["ssh", "-F", str(path), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "hub",
         "true"], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    theirs = calls(tmp_path)
    assert [line.split("|")[1] for line in theirs] == ["ORDER", "HOSTNAME"]
    assert set(theirs) <= set(mine)
    # Each is asked about with its port and without; ssh asks for the order without it alone.
    assert {line.partition("|")[2] for line in mine} == {line.partition("|")[2] for line in theirs}


def test_a_key_that_it_does_not_give_stays_unknown(sshd: Sshd, tmp_path: Path) -> None:
    with pytest.raises(HostKeyError, match="is not known yet"):
        enters(write(tmp_path, sshd, ":"))
    other = public(keygen(tmp_path / "other", "-t", "ed25519"))
    with pytest.raises(HostKeyError, match="has changed"):
        enters(write(tmp_path, sshd, f"echo '[127.0.0.1]:{sshd.port} {other}'"))
    lines = f"echo '@revoked * {sshd.host_key}'; echo '* {sshd.host_key}'"
    with pytest.raises(HostKeyError, match="revoked"):
        enters(write(tmp_path, sshd, lines))


def test_one_that_fails_lets_nobody_in_and_says_why(sshd: Sshd, tmp_path: Path) -> None:
    line = f"echo '* {sshd.host_key}'"
    path = write(tmp_path, sshd, f"{line}; printf 'no \\033[1mdirectory' >&2; exit 3")
    with pytest.raises(HostKeyError) as caught:
        enters(path)
    assert f"KnownHostsCommand ({tmp_path}/known) ended with 3: no " in caught.value.text
    assert "\x1b" not in caught.value.text
    assert caught.value.offered == ""
    (tmp_path / "known").unlink()
    with pytest.raises(HostKeyError, match="cannot be run: No such file"):
        enters(path)


def test_a_pinned_key_needs_no_command(sshd: Sshd, tmp_path: Path) -> None:
    path = write(tmp_path, sshd, "exit 1")
    assert enters(path, Host("one", "hub", host_key=sshd.host_key))
    assert calls(tmp_path) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [("known %H", "absolute path"), ("/bin/known %e", "the token %e cannot be filled in")],
)
def test_a_command_that_ssh_would_not_run_is_an_error(
    tmp_path: Path, words: str, said: str
) -> None:
    path = tmp_path / "config"
    path.write_text(f"KnownHostsCommand {words}\n")
    with pytest.raises(UnreachableError, match=said):
        resolve(HUB, SshConfig.load(path, tmp_path), "me")
    path.write_text("Host hub\n  KnownHostsCommand none\nHost *\n  KnownHostsCommand /bin/false\n")
    assert resolve(HUB, SshConfig.load(path, tmp_path), "me").known_command is None
