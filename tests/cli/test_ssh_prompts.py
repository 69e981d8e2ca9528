"""SSH as people have it, at the command line: what is asked at a terminal, what flags give instead.

A real sshd is both the jump host `gate` and what is behind it; the user's key is encrypted.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.remote.known_hosts import HostKey
from tests.cli.command import passphrase_file, tlswright
from tests.ssh.conftest import keygen, public, serving

WORD = "open sesame"


@dataclass(frozen=True)
class Behind:
    """Hold a site of two hosts behind a jump host, and the user's home."""

    home: Path
    key: Path
    host_key: str
    passphrase: Path

    @property
    def known(self) -> Path:
        return self.home / ".ssh/known_hosts"

    @property
    def fingerprint(self) -> str:
        key = HostKey.parse(self.host_key)
        assert key is not None
        return key.fingerprint

    def plan(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        given = ("plan", "--passphrase-file", self.passphrase, *words)
        return tlswright(*given, cwd=self.home)

    def file(self, name: str, text: str) -> Path:
        path = self.home / name
        path.write_text(f"{text}\n")
        path.chmod(0o600)
        return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    folder = tmp_path_factory.mktemp("server")
    key = folder / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-f", str(key), "-N", WORD], check=True)
    keygen(folder / "host", "-t", "ed25519")
    lines = (f"AuthorizedKeysFile {key}.pub", f"HostKey {folder}/host",
             "KbdInteractiveAuthentication no")  # fmt: skip
    with serving(folder, *lines) as port:
        yield folder, port


@pytest.fixture
def behind(server: tuple[Path, int], tmp_path: Path) -> Behind:
    folder, port = server
    (tmp_path / ".ssh").mkdir(mode=0o700)
    (tmp_path / ".ssh/config").write_text(
        f"Host gate hub spoke\n  HostName 127.0.0.1\n  Port {port}\n  User root\n"
        f"  IdentityFile {folder}/id\n  HashKnownHosts no\nHost hub spoke\n  ProxyJump gate\n"
        "Host gate\n  HostKeyAlias gate\n"
    )
    found = Behind(tmp_path, folder / "id", public(folder / "host"), passphrase_file(tmp_path))
    done = tlswright("init", "--hub", "hub=hub", "--spoke", "spoke=spoke", "--dials", "hub=h.x",
                     "--dials", "spoke=s.x", "--passphrase-file", found.passphrase,
                     cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return found


def talk(behind: Behind, answers: dict[str, str], *words: str) -> str:
    """Run a command on a terminal, answer its questions by their words, and give all it wrote."""
    ours, theirs = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "TERM": "dumb", "LANG": "C.UTF-8",
               "HOME": str(behind.home)}  # fmt: skip
    command = [sys.executable, "-P", "-m", "app.cli.main", *words]
    said, heard = "", 0
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, cwd=behind.home,
        start_new_session=True,
    ) as child:  # fmt: skip
        os.close(theirs)
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:
                break
            said += data.decode("utf-8", "replace")
            for pattern, answer in answers.items():
                if found := re.search(pattern, said[heard:]):
                    os.write(ours, f"{answer}\n".encode())
                    heard += found.end()
                    break
        child.wait(60)
    os.close(ours)
    return said


def test_what_lacks_is_asked_once_for_all_hosts_behind_a_jump_host(behind: Behind) -> None:
    said = talk(
        behind,
        {r"Trust this key for this site\? \[y/N\]": "y",
         r"passphrase of the key [^\n]*: ": WORD},
        "plan", "--passphrase-file", str(behind.passphrase),
    )  # fmt: skip
    assert said.count("gate is not known") == 1
    assert said.count("passphrase of the key") == 1
    assert f"added the key of gate to {behind.known}" in said
    assert behind.known.read_text() == f"gate {behind.host_key}\n"
    assert behind.known.stat().st_mode & 0o777 == 0o600
    site = (behind.home / "site.yaml").read_text()
    assert site.count(behind.host_key) == 2
    assert "no ActiveMQ" in said or "not found" in said or "is not installed" in said, said
    assert WORD not in said


def test_without_a_terminal_flags_give_what_lacks(behind: Behind) -> None:
    refused = behind.plan()
    assert refused.returncode == 6
    assert f"--accept-host-key {behind.fingerprint}" in refused.stderr
    word, wrong = behind.file("word", WORD), behind.file("wrong", "hunter2")
    given = behind.plan("--accept-host-key", behind.fingerprint, "--key-passphrase-file", wrong,
                        "--key-passphrase-file", f"{behind.key}={word}")  # fmt: skip
    assert given.returncode == 6, given.stderr
    assert "refused" not in given.stderr
    bad = behind.plan("--key-passphrase-file", wrong, "--password-file", f"gate={wrong}")
    assert bad.returncode == 5
    assert f"gate: login: root@127.0.0.1 was refused: key {behind.key}: wrong" in bad.stderr
    assert bad.stderr.count("wrong passphrase") == 1
    assert "hunter2" not in bad.stderr


def test_a_configuration_that_ssh_refuses_is_told_with_its_place(behind: Behind) -> None:
    config = behind.home / ".ssh/config"
    usual = config.read_text()
    config.write_text(f"{usual}Frobnicate yes\n")
    done = behind.plan()
    assert done.returncode == 2
    line = usual.count("\n") + 1
    assert f"{config}:{line}: the keyword frobnicate is not known" in done.stderr
    assert "Traceback" not in done.stderr
