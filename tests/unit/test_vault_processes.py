"""The vault under several processes, kills and a full disk."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import LockedError, VaultError
from app.pki.secret import Secret
from app.pki.vault import Vault
from tests.until import until

PASSPHRASE = Secret("five words are quite enough")

HOLDER = """
import sys
from pathlib import Path
from app.pki.secret import Secret
from app.pki.vault import Vault
vault = Vault.open(Path(sys.argv[1]), Secret("five words are quite enough"), write=True)
print("held", flush=True)
sys.stdin.read()
vault.put("child", b"saved")
vault.save()
"""

SAVER = """
import sys
from pathlib import Path
from app.pki.secret import Secret
from app.pki.vault import Vault
vault = Vault.open(Path(sys.argv[1]), Secret("five words are quite enough"), write=True)
number = int(vault.get("number") or b"0")
print("held", flush=True)
while True:
    number += 1
    vault.put("number", str(number).encode())
    vault.put("filling", str(number).encode() * 20_000)
    vault.save()
    print(number, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a vault with one item."""
    path = tmp_path / "vault"
    with Vault.create(path, PASSPHRASE, log2_n=8) as vault:
        vault.put("a", b"one")
        vault.save()
    return path


def _start(program: str, path: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=pipe, stdout=pipe, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_two_processes_at_once_lose_nothing(path: Path) -> None:
    with _start(HOLDER, path) as child:
        with pytest.raises(LockedError, match=f"process {child.pid} on "):
            Vault.open(path, PASSPHRASE, write=True)
        assert Vault.open(path, PASSPHRASE).get("a") == b"one"
        child.communicate("")
        assert child.returncode == 0
    with Vault.open(path, PASSPHRASE, write=True) as vault:
        assert (vault.get("a"), vault.get("child")) == (b"one", b"saved")


def test_a_killed_holder_leaves_no_lock(path: Path) -> None:
    with _start(HOLDER, path) as child:
        child.kill()
        child.communicate()
    with Vault.open(path, PASSPHRASE, write=True) as vault:
        vault.save()


def test_a_kill_at_any_moment_of_saving_leaves_the_old_or_the_new(path: Path) -> None:
    moments = random.Random(7)
    reached = 0
    for _ in range(25):
        with _start(SAVER, path) as child:
            assert child.stdout is not None
            told = reached
            for _ in range(moments.randrange(1, 4)):
                told = int(child.stdout.readline())
            if moments.random() < 0.5:  # in the midst of a write, if it can be met
                new = path.with_name(".vault.new")
                until(lambda new=new: new.exists(), 30, "a save")  # type: ignore[misc]
            child.send_signal(signal.SIGKILL)
            told = max([told, *(int(line) for line in child.stdout.read().splitlines())])
        vault = Vault.open(path, PASSPHRASE)
        reached = int(vault.get("number") or b"0")
        assert reached in (told, told + 1)
        assert vault.get("filling") == str(reached).encode() * 20_000
        assert vault.get("a") == b"one"
    with Vault.open(path, PASSPHRASE) as vault:
        vault.save()
    assert sorted(p.name for p in path.parent.iterdir()) == ["vault", "vault.lock"]


def test_a_full_disk_leaves_the_old_vault(path: Path) -> None:
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with Vault.open(path, PASSPHRASE) as vault:
            vault.put("large", os.urandom(100_000))
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
            with pytest.raises(VaultError, match="cannot be written") as caught:
                vault.save()
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            assert "as it was before" in caught.value.hint
            assert path.read_bytes() == before
            assert not path.with_name(".vault.new").exists()
            vault.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert Vault.open(path, PASSPHRASE).keys() == ("a", "large")
