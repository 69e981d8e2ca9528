"""Bring the four files to sixteen hosts with tlswright's own transaction, as the engine does.

Usage: python -P -m tests.bench.deploy login|files FOLDER PORT
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

from app.model import Host
from app.observed import ABSENT, Survey
from app.remote.base import Barrier, FileEntry, Logins, Member
from app.remote.known_hosts import KnownHosts
from app.remote.pool import each
from app.remote.ssh import ParamikoConnector
from tests.bench.sixteen import CALLS, FILES, WHERE, Sixteen

BARRIERS: tuple[Barrier, ...] = ("stage", "switch", "start", "check", "hold", "commit")


def main() -> None:
    """Do it on all hosts at once; what fails on one ends with its error."""
    folder = Path(sys.argv[2])
    place = Sixteen(folder, int(sys.argv[3]), folder / "id", _host_key(folder))
    connector = ParamikoConnector(
        Logins(), KnownHosts(), home=Path("/nonexistent"), use_agent=False
    )
    files = {name: (place.source / name).read_bytes() for name in FILES}

    def login(host: Host) -> None:
        remote = connector.connect(host)
        assert remote.run(":").code == 0
        remote.close()

    def bring(host: Host) -> None:
        remote = connector.connect(host)
        paths = tuple(f"/{WHERE}/{name}" for name in files)
        found = remote.observe(Survey(digests=paths))
        entries = tuple(
            FileEntry(
                path, "put", (found.file(path).state,), mode=FILES[name], data=data,
                owner=host.user, group=host.user,
            )
            for path, (name, data) in zip(paths, files.items(), strict=True)
            if (found.file(path).state, found.file(path).mode)
            != (hashlib.sha256(data).hexdigest(), FILES[name])
        )  # fmt: skip
        if entries:
            assert all(entry.expect == (ABSENT,) for entry in entries), "not a first run"
            member = Member(
                f"t{time.time_ns()}", "bench", host.name, "bench", entries,
                start=f'echo reloaded >>"$ROOT/{CALLS}"', check=f'test -s "$ROOT/{CALLS}"',
            )  # fmt: skip
            transaction = remote.begin(member)
            for word in BARRIERS:
                ack = transaction.advance(word)
                assert ack.ok, ack
            transaction.close()
        remote.close()

    done = each(place.hosts(), login if sys.argv[1] == "login" else bring)
    for host, result in done.items():
        if result is not None:
            sys.exit(f"{host.name}: {result}")


def _host_key(folder: Path) -> str:
    return " ".join((folder / "host.pub").read_text().split()[:2])


if __name__ == "__main__":
    main()
