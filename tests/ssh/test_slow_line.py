"""200 ms of latency and 64 kbit/s: all is waited for that moves, and told meanwhile."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from app.observed import Survey
from app.remote.base import Logins
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector
from tests.ssh.conftest import Sshd
from tests.ssh.slow_line import slow_line
from tests.ssh.steps import THROUGH, put, step


def test_a_line_of_64_kbit_and_200_ms_carries_a_whole_step_and_tells_of_it(
    sshd: Sshd, root: Path
) -> None:
    told: list[str] = []
    key = os.urandom(45_000)
    (root / "etc/big").write_bytes(os.urandom(8_000))
    with slow_line(sshd.port) as line:
        host = replace(sshd.host(root), port=line.port)
        made = ParamikoConnector(Logins(), KnownHosts(), home=root, use_agent=False)
        began = time.monotonic()
        remote = made.connect(host)
        connected = time.monotonic() - began
        remote.watch(told.append)
        seen = remote.observe(Survey(texts=("/etc/big",)))
        observed = time.monotonic() - began - connected
        transaction = remote.begin(step(put("/etc/key", key), start="true", silence_seconds=1))
        acks = [transaction.advance(word) for word in THROUGH]
        remote.close()
    print(
        f"\nconnect {connected:.1f} s, observe {observed:.1f} s, "
        f"all {time.monotonic() - began:.1f} s, {line.carried} bytes, {told}"
    )
    assert seen.file("/etc/big").data == (root / "etc/big").read_bytes()
    assert abs(seen.clock_skew) < 3
    assert [ack.ok for ack in acks] == [True] * len(THROUGH), acks[-1]
    assert (root / "etc/key").read_bytes() == key
    assert any("KiB sent" in text for text in told)
