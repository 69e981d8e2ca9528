"""A control side in a process of its own, to be stopped or killed in the middle of a step.

Usage: python -m tests.ssh.client HOST-JSON MEMBER-ID SILENCE WORD...  It writes `old` -> `new` in
/etc/a, prints each answer's state, and then waits.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from app.model import Host
from app.remote.base import Logins
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector
from tests.ssh.steps import put, step


def main() -> None:
    """Carry the step to the last of the given words, and wait to be ended."""
    host = Host(**json.loads(sys.argv[1]))
    remote = ParamikoConnector(
        Logins(), KnownHosts(), home=Path("/nonexistent"), use_agent=False
    ).connect(host)
    member = step(
        put("/etc/a", b"new", b"old"),
        put("/etc/new/b", b"b"),
        start='cat "$ROOT/etc/a" >>"$ROOT/calls"',
        id=sys.argv[2],
        silence_seconds=int(sys.argv[3]),
    )
    transaction = remote.begin(member)
    for word in sys.argv[4:]:
        print(transaction.advance(word).state, flush=True)  # type: ignore[arg-type]
    threading.Event().wait()


if __name__ == "__main__":
    main()
