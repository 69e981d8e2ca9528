"""Four files and one command on sixteen hosts: tlswright's transaction against what else there is.

tlswright observes, stages, backs up, syncs, renames, runs the command and judges it on each host;
the others copy.  The second run finds nothing to change.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench import peers
from tests.bench.clock import Spent, columns, spent
from tests.bench.sixteen import HOSTS, Sixteen, sixteen

TIMES = 3
TREE = Path(__file__).parents[2]


@pytest.mark.timeout(3600)
def test_deploy(tmp_path: Path) -> None:
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    lacking = [name for name in ("ansible", "fabric") if importlib.util.find_spec(name) is None]
    if program is None or lacking:
        pytest.skip(f"needed to compare with: sshd, {', '.join(lacking)}; `make bench` brings them")
    with sixteen(tmp_path, program) as place:
        python = [sys.executable, "-P", "-m"]
        where = [str(place.folder), str(place.port)]
        curve = "-o KexAlgorithms=curve25519-sha256"
        rows: dict[str, Sequence[str]] = {
            "tlswright": [*python, "tests.bench.deploy", "files", *where],
            "OpenSSH, one exec a host, default key exchange": peers.openssh(place),
            "OpenSSH, one exec a host, curve25519": peers.openssh(place, curve),
            "Fabric": [*python, "tests.bench.with_fabric", *where],
            f"ansible-core, pipelining, {peers.FORKS} forks": peers.ansible(place),
        }
        found = {name: _both(place, words) for name, words in rows.items()}
        for name, words in {
            "bare logins: tlswright's connection, `true`": [
                *python, "tests.bench.deploy", "login", *where
            ],
            "bare logins: OpenSSH, curve25519, `true`": peers.openssh(place, curve, remote=":"),
        }.items():  # fmt: skip
            once = _least(place, words)
            found[name] = (once, once)
    columns(
        f"Four files and one command on {HOSTS} hosts over SSH on loopback, best of {TIMES}", found
    )


def _both(place: Sixteen, words: Sequence[str]) -> tuple[Spent, Spent]:
    first = []
    for _ in range(TIMES):
        place.wipe()
        first.append(spent(words, TREE))
        peers.hang_up(place)
        place.check(calls=1)
    again = _least(place, words)
    place.check(calls=1)
    return min(first), again


def _least(place: Sixteen, words: Sequence[str]) -> Spent:
    found = []
    for _ in range(TIMES):
        found.append(spent(words, TREE))
        peers.hang_up(place)
    return min(found)
