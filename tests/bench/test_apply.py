"""A whole apply over embedded hosts, and one that has nothing to do, against ssh once a host."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.demo.place import Place
from tests.bench.clock import command, seconds, table
from tests.cli.command import COLD
from tests.cli.embedded import embedded, run


def test_apply(tmp_path: Path) -> None:
    if not shutil.which("ssh"):
        pytest.skip("ssh is what is compared with")
    with embedded(tmp_path / "demo", vault=False) as place:
        first = seconds(lambda: _apply(place))
        again = seconds(lambda: _apply(place), 3)
        plain = seconds(lambda: _ssh(place), 3)
    table(
        f"{len(place.hosts())} hosts over SSH on loopback",
        [
            ("ssh HOST true, one host after the other", plain),
            ("tlswright apply with nothing to do: all hosts read, every leaf asked for", again),
            ("tlswright apply of everything: keys, stores, restarts, proofs", first),
        ],
    )


def _apply(place: Place) -> None:
    done = run(place, "apply", "--yes", program=COLD)
    assert done.returncode == 0, done.stderr


def _ssh(place: Place) -> None:
    for host in place.hosts():
        command(
            ["ssh", "-F", "none", "-p", str(host.ssh), "-i", place.client_key,
             "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
             "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no",
             "127.0.0.1", "true"],
            place.dir,
        )  # fmt: skip
