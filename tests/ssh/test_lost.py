"""Control sides and scripts that die, hang or meet: before `hold` the host undoes by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from app.engine.settling import tell_to_end
from app.observed import Survey
from app.remote.ssh import SshRemote
from app.remote.transaction import read_ack
from tests.ssh.conftest import Connect, Sshd
from tests.ssh.steps import SHELLS, STATE, apply, carry, journal, litter, put, step, tree
from tests.ssh.test_faults import opening
from tests.until import until

Client = Callable[..., subprocess.Popen[str]]


@pytest.fixture(params=SHELLS)
def remote(connect: Connect, root: Path, request: pytest.FixtureRequest) -> SshRemote:
    (root / "etc/a").write_bytes(b"old")
    return connect(root, shell=request.param)


@pytest.fixture
def client(sshd: Sshd, root: Path) -> Iterator[Client]:
    """Start another control side and wait until it has had all its answers."""
    running: list[subprocess.Popen[str]] = []

    def begin(*words: str, id: str = "t1", silence: int = 300) -> subprocess.Popen[str]:
        given = [json.dumps(asdict(sshd.host(root))), id, str(silence), *words]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ssh.client", *given], stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout is not None
        for _ in words:
            assert process.stdout.readline().strip() not in ("", "unknown")
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def script_pid(root: Path) -> int:
    """Give the process of the script that holds the lock."""
    return int((root / STATE / "lock").read_text().split("\t")[0])


def unlocked(root: Path) -> bool:
    """Tell whether no transaction holds the host."""
    return not (root / STATE / "lock").exists()


def test_every_later_word_tells_too_why_the_first_was_not_answered(
    remote: SshRemote, root: Path
) -> None:
    transaction = remote.begin(step(put("/etc/a", b"new", b"old")))
    assert transaction.advance("stage").ok
    os.kill(script_pid(root), signal.SIGKILL)
    acks = [transaction.advance("switch"), transaction.advance("rollback")]
    assert [(ack.state, ack.text) for ack in acks] == [("unknown", "the connection was lost")] * 2


def test_hanging_up_before_hold_restores_and_restarts(remote: SshRemote, root: Path) -> None:
    before = tree(root)
    transaction = remote.begin(step(put("/etc/a", b"new", b"old"), put("/etc/d/b", b"b")))
    for word in ("stage", "switch"):
        assert transaction.advance(word).ok
    transaction.close()
    until(lambda: unlocked(root), 20, "the host to undo")
    assert tree(root) == before
    assert litter(root) == []
    assert journal(root)[-3:] == ["undoing", "restored", "because"]


def test_hanging_up_while_staged_leaves_it_untouched(remote: SshRemote, root: Path) -> None:
    before = tree(root)
    transaction = remote.begin(step(put("/etc/d/b", b"b")))
    assert transaction.advance("stage").ok
    transaction.close()
    until(lambda: unlocked(root), 20, "the host to undo")
    assert tree(root) == before
    assert journal(root) == []


def test_hanging_up_after_hold_keeps_the_new_set_until_the_next_run(
    remote: SshRemote, root: Path
) -> None:
    transaction = remote.begin(step(put("/etc/a", b"new", b"old")))
    for word in ("stage", "switch", "start", "check", "hold"):
        assert transaction.advance(word).ok
    transaction.close()
    until(lambda: unlocked(root), 20, "the script to end")
    assert (root / "etc/a").read_bytes() == b"new"
    assert remote.observe(Survey()).unfinished == ("t1",)
    ack = remote.finish("t1", "recover")
    assert (ack.ok, ack.state) == (True, "committed")
    assert remote.observe(Survey()).unfinished == ()
    assert litter(root) == []


def test_a_killed_control_side_makes_the_host_undo(
    remote: SshRemote, root: Path, client: Client
) -> None:
    client("stage", "switch", "start").kill()
    until(lambda: unlocked(root), 20, "the host to undo")
    assert (root / "etc/a").read_bytes() == b"old"
    assert not (root / "etc/new").exists()
    assert (root / "calls").read_bytes() == b"newold"
    assert litter(root) == []


def test_a_hanging_control_side_makes_the_host_undo(
    remote: SshRemote, root: Path, client: Client
) -> None:
    process = client("stage", "switch", silence=2)
    process.send_signal(signal.SIGSTOP)
    until(lambda: unlocked(root), 20, "the host to lose patience")
    assert (root / "etc/a").read_bytes() == b"old"
    assert journal(root)[-1] == "because"


def test_a_slow_but_living_control_side_is_waited_for(
    root: Path, client: Client, remote: SshRemote
) -> None:
    client("stage", "switch", silence=2)
    beat = root / STATE / "runs/t1/beat"
    until(lambda: beat.stat().st_size >= 12, 20, "some pings")
    assert (root / "etc/a").read_bytes() == b"new"


@pytest.mark.parametrize("words", [("stage",), ("stage", "switch"), ("stage", "switch", "start")])
def test_a_killed_script_is_reported_and_recovered(
    remote: SshRemote, root: Path, words: tuple[str, ...]
) -> None:
    before = tree(root)
    member = step(put("/etc/a", b"new", b"old"), put("/etc/d/b", b"b"), start="true", stop="true")
    transaction = remote.begin(member)
    for word in words:
        assert transaction.advance(word).ok  # type: ignore[arg-type]
    os.kill(script_pid(root), signal.SIGKILL)
    assert transaction.advance("check").state == "unknown"
    assert remote.observe(Survey()).unfinished == ("t1",)
    [ack] = carry(remote, step(put("/etc/z", b"z"), id="t2"), "stage")
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "unfinished transaction: t1" in ack.text
    ack = remote.finish("t1", "recover")
    assert (ack.ok, ack.state) == (True, "untouched" if words == ("stage",) else "restored")
    assert tree(root) == before
    assert litter(root) == []
    assert remote.observe(Survey()).unfinished == ()
    apply(remote, step(put("/etc/a", b"new", b"old"), id="t3"))


def test_recovering_twice_or_nothing_is_harmless(remote: SshRemote, root: Path) -> None:
    assert remote.finish("never", "recover").state == "untouched"
    apply(remote, step(put("/etc/a", b"new", b"old")))
    assert remote.finish("t1", "recover").state == "committed"
    assert (root / "etc/a").read_bytes() == b"new"


def test_a_second_control_side_is_refused_by_name_and_time(remote: SshRemote, root: Path) -> None:
    first = remote.begin(step(put("/etc/a", b"new", b"old")))
    assert first.advance("stage").ok
    [ack] = carry(remote, step(put("/etc/b", b"b"), id="t2"), "stage")
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "held by tester@here since 20" in ack.text
    assert remote.finish("t1", "recover").state == "unknown"
    assert remote.observe(Survey()).unfinished == ()
    assert first.advance("rollback").ok
    apply(remote, step(put("/etc/b", b"b"), id="t2"))


@pytest.mark.parametrize(
    "lock", ["", "999999999\tx\t2020\told\tsomebody\n", "1\tother\t2020\told\tx\n"]
)
def test_a_stale_lock_is_taken_over(remote: SshRemote, root: Path, lock: str) -> None:
    (root / STATE).mkdir(parents=True)
    (root / STATE / "lock").write_text(lock)
    apply(remote, step(put("/etc/a", b"new", b"old")))
    assert litter(root) == []


def test_a_takeover_that_was_cut_off_does_not_stop_the_next(remote: SshRemote, root: Path) -> None:
    (root / STATE / "lock.take").mkdir(parents=True)
    (root / STATE / "lock").write_text("999999999\tx\t2020\told\tsomebody\n")
    apply(remote, step(put("/etc/a", b"new", b"old")))
    assert not (root / STATE / "lock.take").exists()
    assert litter(root) == []


def test_a_torn_last_line_of_the_journal_counts_for_nothing(remote: SshRemote, root: Path) -> None:
    transaction = remote.begin(step(put("/etc/a", b"new", b"old")))
    transaction.advance("stage")
    os.kill(script_pid(root), signal.SIGKILL)
    transaction.close()
    with (root / STATE / "runs/t1/journal").open("a") as file:
        file.write("1700000000 li")
    assert remote.finish("t1", "recover").state == "untouched"
    assert (root / "etc/a").read_bytes() == b"old"


def test_a_signal_to_the_script_undoes(remote: SshRemote, root: Path) -> None:
    transaction = remote.begin(step(put("/etc/a", b"new", b"old")))
    transaction.advance("stage")
    transaction.advance("switch")
    os.kill(script_pid(root), signal.SIGHUP)
    until(lambda: unlocked(root), 20, "the host to undo")
    assert (root / "etc/a").read_bytes() == b"old"
    assert transaction.advance("start").state == "unknown"


@pytest.mark.parametrize("staged", [False, True], ids=["in its payload", "at a word"])
def test_a_host_that_waits_for_a_dead_run_is_told_to_end(
    remote: SshRemote, root: Path, staged: bool
) -> None:
    """Its connection stands, and nothing comes: packets are dropped since the run died."""
    before = tree(root)
    process, text, data = opening(remote)
    process.send(text + (data + b"stage\n" if staged else data[:20_000]), 10)
    if staged:
        assert read_ack(process, "stage", 20).ok
    until(lambda: (root / STATE / "runs/t1/journal").exists(), 20, "the transaction")
    tell_to_end(remote, "t1", lambda transaction: False)
    assert not unlocked(root)
    tell_to_end(remote, "t1", lambda transaction: transaction == "t1")
    until(lambda: unlocked(root), 20, "the host to undo")
    assert tree(root) == before
    assert litter(root) == []
    process.close()
