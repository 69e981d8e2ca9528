"""Real owners on a real root directory, in a mount namespace of the script's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from app.remote.ssh import SshRemote
from tests.ssh.conftest import Connect
from tests.ssh.steps import carry, put, step

PREPARE = """#!/bin/sh
mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /mnt || exit 1
printf old >/mnt/a; chown nobody:daemon /mnt/a; chmod 0604 /mnt/a
exec sh "$@"
"""


@pytest.fixture
def remote(connect: Connect, tmp_path: Path) -> SshRemote:
    """Open a connection whose every exec has a private /var/lib and /mnt, with `old` in /mnt/a."""
    if os.getuid() != 0 or not shutil.which("unshare"):
        pytest.skip("changing owners needs root and unshare")
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody make a mount namespace")
    prepare = tmp_path / "prepare"
    prepare.write_text(PREPARE)
    prepare.chmod(0o755)
    return connect(None, shell=f"unshare -m {prepare}")


SHOW = "stat -c '%n %U:%G %a' /mnt/a /mnt/new /mnt/new/b 2>/dev/null; cat /mnt/a; exit 3"


def test_new_files_have_the_wanted_owner_and_made_directories_its_group(remote: SshRemote) -> None:
    member = step(
        put("/mnt/a", b"new", b"old", owner="daemon", group="nogroup", mode=0o640),
        put("/mnt/new/b", b"b", owner="nobody", group="daemon", mode=0o600),
        check=SHOW,
    )
    log = carry(remote, member, "stage", "switch", "start", "check")[-1].log
    assert log[:4] == (
        "/mnt/a daemon:nogroup 640", "/mnt/new root:daemon 750", "/mnt/new/b nobody:daemon 600",
        "new",
    )  # fmt: skip


def test_owner_and_mode_that_are_not_named_stay_and_come_back(remote: SshRemote) -> None:
    member = step(put("/mnt/a", b"new", b"old", mode=0o600), start="true", check=SHOW)
    acks = carry(remote, member, "stage", "switch", "start", "check")
    assert acks[-1].log[:2] == ("/mnt/a nobody:daemon 600", "new")
    assert "/mnt/a nobody:daemon 604" in acks[-1].log
    assert "old" in acks[-1].log


def test_an_owner_that_does_not_exist_is_named(remote: SshRemote) -> None:
    [ack] = carry(remote, step(put("/mnt/b", b"b", owner="no-such-user")), "stage")
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "no-such-user" in ack.text
