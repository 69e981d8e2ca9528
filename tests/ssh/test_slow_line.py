"""200 ms of latency and 64 kbit/s: all is waited for that moves, and told meanwhile."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.observed import Survey
from app.remote import greeting
from app.remote.base import Logins
from app.remote.known_hosts import KnownHosts
from app.remote.pace import Pace
from app.remote.ssh import ParamikoConnector
from tests.ssh.conftest import Sshd
from tests.ssh.slow_line import slow_line
from tests.ssh.steps import THROUGH, put, step


def test_a_line_of_64_kbit_and_200_ms_carries_a_whole_step_and_tells_of_it(
    sshd: Sshd, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The line's delay is behind the port that is dialled: to be connected takes no time here.
    monkeypatch.setattr(greeting, "FAR_SECONDS", 0.0)
    told: list[str] = []
    key = os.urandom(50_000)
    (root / "etc/big").write_bytes(os.urandom(8_000))
    with slow_line(sshd.port) as line:
        host = replace(sshd.host(root), port=line.port)
        made = ParamikoConnector(Logins(), KnownHosts(), home=root, use_agent=False)
        remote = made.connect(host)
        assert remote._transports[0].remote_compression.startswith("zlib")
        remote.watch(told.append)
        seen = remote.observe(Survey(texts=("/etc/big",)))
        remote.watch(told.append)
        transaction = remote.begin(step(put("/etc/key", key), start="true", silence_seconds=1))
        acks = [transaction.advance(word) for word in THROUGH]
        remote.close()
    assert seen.file("/etc/big").data == (root / "etc/big").read_bytes()
    assert abs(seen.clock_skew) < 3
    assert [ack.ok for ack in acks] == [True] * len(THROUGH), acks[-1]
    assert (root / "etc/key").read_bytes() == key
    assert any("KiB sent" in text for text in told)


class Clock:
    """Stand for a clock that a test moves on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_transfer_that_moves_at_all_fast_is_waited_for_however_long_it_takes() -> None:
    clock, told = Clock(), list[str]()
    pace = Pace(clock, 60, told.append, total=4 << 20)
    for _ in range(1024):
        clock.now += 4  # a tenth of a line of 64 kbit/s would be 5 s for these 4 KiB
        pace.moved(sent=4 << 10)
        assert not pace.over()
    assert told[0] == "4 of 4096 KiB sent"
    assert told[-1] in ("4092 of 4096 KiB sent", "all is sent")
    assert 512 <= len(told) <= 1024


def test_a_transfer_that_stands_still_or_drips_is_not_waited_for() -> None:
    for drip in (0, 1, 100):
        clock, told = Clock(), list[str]()
        pace = Pace(clock, 60, told.append)
        while not pace.over():
            clock.now += 1
            pace.moved(received=drip)
        assert 60 <= clock.now <= 68
        assert len(told) <= drip


def test_a_line_that_is_stuck_for_a_while_is_waited_for(sshd: Sshd, root: Path) -> None:
    with slow_line(sshd.port, rate=1e6, delay=0.0) as line:
        host = replace(sshd.host(root), port=line.port)
        remote = ParamikoConnector(Logins(), KnownHosts(), home=root, use_agent=False).connect(host)
        transaction = remote.begin(step(put("/etc/key", b"key"), silence_seconds=60))
        assert transaction.advance("stage").ok
        line.stuck.set()
        free = threading.Timer(2.0, line.stuck.clear)
        free.start()
        assert [transaction.advance(w).ok for w in ("switch", "hold", "commit")] == [True] * 3
        assert not free.is_alive()
        remote.close()
    assert (root / "etc/key").read_bytes() == b"key"
