"""Whatever goes wrong, the old files are back, the cause is told, and no litter stays."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.remote.base import Barrier
from app.remote.payload import begin_call, pack
from app.remote.process import Process, start
from app.remote.shipping import command_line, frame, script
from app.remote.ssh import SshRemote
from app.remote.transaction import read_ack
from tests.ssh.conftest import Connect
from tests.ssh.steps import (
    SHELLS,
    STATE,
    THROUGH,
    carry,
    delete,
    journal,
    litter,
    put,
    restore,
    step,
    tree,
)


@pytest.fixture(params=SHELLS)
def remote(connect: Connect, root: Path, request: pytest.FixtureRequest) -> SshRemote:
    (root / "etc/a").write_bytes(b"old")
    return connect(root, shell=request.param)


def test_a_target_that_is_not_as_expected_refuses_all(remote: SshRemote, root: Path) -> None:
    before = tree(root)
    [ack] = carry(remote, step(put("/etc/new", b"x"), put("/etc/a", b"new", b"other")))
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "/etc/a is not as expected" in ack.text
    assert tree(root) == before
    assert litter(root) == []


def test_a_target_changed_after_staging_is_not_overwritten(remote: SshRemote, root: Path) -> None:
    transaction = remote.begin(step(put("/etc/a", b"new", b"old")))
    assert transaction.advance("stage").ok
    (root / "etc/a").write_bytes(b"somebody else")
    ack = transaction.advance("switch")
    assert (ack.ok, ack.state) == (False, "untouched")
    assert (root / "etc/a").read_bytes() == b"somebody else"
    assert litter(root) == []


@pytest.mark.parametrize("kind", ["directory", "dangling", "fifo", "out of the root"])
def test_targets_that_are_no_files_are_refused(remote: SshRemote, root: Path, kind: str) -> None:
    target = root / "etc/t"
    if kind == "directory":
        target.mkdir()
    elif kind == "dangling":
        target.symlink_to("nowhere")
    elif kind == "fifo":
        os.mkfifo(target)
    else:
        target.symlink_to("/etc/hostname")
    [ack] = carry(remote, step(put("/etc/t", b"x")))
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "/etc/t" in ack.text
    assert litter(root) == []


def test_two_names_of_one_file_are_refused(remote: SshRemote, root: Path) -> None:
    (root / "etc/link").symlink_to("a")
    [ack] = carry(remote, step(put("/etc/a", b"1", b"old"), put("/etc/link", b"2", b"old")))
    assert "named twice" in ack.text


def opening(remote: SshRemote, member_id: str = "t1") -> tuple[Process, bytes, bytes]:
    """Start the script by hand: the process, its framed text, the payload."""
    member = step(put("/etc/a", b"new", b"old"), put("/etc/b", os.urandom(40_000)), id=member_id)
    payload = pack(member, "one")
    text = frame(script("transaction") + begin_call(member, remote.host.root, payload))
    return start(remote._transports[0], command_line("own"), "one"), text, payload.data


def test_a_payload_that_is_cut_changes_nothing(remote: SshRemote, root: Path) -> None:
    before = tree(root)
    process, text, data = opening(remote)
    process.send(text + data[:20_000], 10)
    process.end_input()
    ack = read_ack(process, "stage", 20)
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "was cut" in ack.text
    assert tree(root) == before
    assert litter(root) == []


def test_a_flipped_bit_in_the_payload_changes_nothing(remote: SshRemote, root: Path) -> None:
    process, text, data = opening(remote)
    flipped = bytearray(data)
    flipped[30_000] ^= 1
    process.send(text + bytes(flipped) + b"stage\n", 10)
    ack = read_ack(process, "stage", 20)
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "damaged" in ack.text
    assert litter(root) == []


def test_a_script_that_is_cut_does_nothing(remote: SshRemote, root: Path) -> None:
    process, text, _ = opening(remote)
    process.send(text[:-30], 10)
    process.end_input()
    assert read_ack(process, "stage", 20).state == "unknown"
    assert not (root / "var").exists()


def test_the_entrys_own_test_can_refuse_the_staged_file(remote: SshRemote, root: Path) -> None:
    before = tree(root)
    entry = put("/etc/a", b"new", b"old", test='cat "$1"; echo " is wrong"; exit 1')
    [ack] = carry(remote, step(put("/etc/d/b", b"b"), entry))
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "new is wrong" in ack.text
    assert tree(root) == before
    assert litter(root) == []


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a failed start": (
        {"start": 'grep -q new "$ROOT/etc/a" && { echo boom; exit 1; }; exit 0'},
        "start failed with status 1: boom",
    ),
    "a start that hangs": (
        {"start": 'grep -q new "$ROOT/etc/a" && sleep 60; exit 0', "start_seconds": 1},
        "start took longer than 1 seconds",
    ),
    "a check that never passes": (
        {"check": 'grep -q new "$ROOT/etc/a" && { echo not yet; exit 1; }; exit 0',
         "check_seconds": 1},
        "not healthy within 1 seconds: not yet",
    ),
    "a dead service": (
        {"check": 'grep -q new "$ROOT/etc/a" && { echo gone; exit 3; }; exit 0',
         "check_seconds": 60},
        "the service is dead: gone",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_failure_restores_the_old_set_and_the_service(
    remote: SshRemote, root: Path, what: str
) -> None:
    commands, text = BAD[what]
    (root / "etc/gone").write_bytes(b"g")
    before = tree(root)
    member = step(
        put("/etc/a", b"new", b"old"),
        put("/etc/d/b", b"b"),
        delete("/etc/gone", b"g"),
        **{"logs": "echo from the log", **commands},
    )
    acks = carry(remote, member, "stage", "switch", "start", "check")
    assert (acks[-1].ok, acks[-1].state) == (False, "restored")
    assert text in acks[-1].text
    assert "from the log" in acks[-1].log
    assert tree(root) == before
    assert litter(root) == []
    assert journal(root)[-1] == "restored"


def test_a_service_that_stays_down_is_told_so(remote: SshRemote, root: Path) -> None:
    member = step(put("/etc/a", b"new", b"old"), start="echo port in use; exit 1")
    acks = carry(remote, member)
    assert (acks[-1].ok, acks[-1].state) == (False, "restored-down")
    assert (root / "etc/a").read_bytes() == b"old"


# Healthy at the first look after each start, dead at every later one.
BRIEF: dict[str, Any] = {
    "start": 'rm -f "$ROOT/seen"',
    "check": 'if [ -e "$ROOT/seen" ]; then echo its bean is missing; exit 3; fi; : >"$ROOT/seen"',
    "settle_seconds": 2,
}


def test_a_service_that_dies_soon_after_it_came_up_is_not_kept(
    remote: SshRemote, root: Path
) -> None:
    member = step(put("/etc/a", b"new", b"old"), **BRIEF)
    acks = carry(remote, member, "stage", "switch", "start", "check", "check")
    assert [ack.ok for ack in acks] == [True, True, True, True, False]
    assert "it came up, but then died: its bean is missing" in acks[-1].text
    assert (root / "etc/a").read_bytes() == b"old"


def test_a_service_that_does_not_stay_up_on_its_old_files_is_told_so(
    remote: SshRemote, root: Path
) -> None:
    member = step(put("/etc/a", b"new", b"old"), **BRIEF)
    acks = carry(remote, member, "stage", "switch", "start", "check", "rollback")
    assert (acks[-1].ok, acks[-1].state) == (False, "restored-down")
    assert (root / "etc/a").read_bytes() == b"old"


def test_a_service_is_watched_until_it_has_settled(remote: SshRemote, root: Path) -> None:
    member = step(put("/etc/a", b"new", b"old"), check='date +%s.%N >>"$ROOT/looks"',
                  start="true", settle_seconds=2)  # fmt: skip
    acks = carry(remote, member, "stage", "switch", "start", "check", "check", "hold", "commit")
    assert acks[-1].state == "committed"
    looks = [float(line) for line in (root / "looks").read_text().split()]
    # The host counts whole seconds: of two only one need have passed.
    assert looks[-1] - looks[0] > 1


def test_a_service_that_says_it_is_whole_is_watched_for_a_moment_only(
    remote: SshRemote, root: Path
) -> None:
    check = 'date +%s >>"$ROOT/looks"; echo life 7; [ -e "$ROOT/whole" ] && echo whole; true'
    member = step(put("/etc/a", b"new", b"old"), check=check, start="true", settle_seconds=60)
    transaction = remote.begin(member)
    for word in THROUGH[:-2]:
        assert transaction.advance(word).ok
    (root / "whole").touch()
    assert [transaction.advance(word).ok for word in ("check", "hold", "commit")] == [True] * 3
    transaction.close()
    looks = [int(line) for line in (root / "looks").read_text().split()]
    assert 1 <= looks[-1] - looks[0] < 30


def test_a_service_that_says_it_is_whole_and_dies_at_once_is_not_kept(
    remote: SshRemote, root: Path
) -> None:
    brief = BRIEF | {"check": f"{BRIEF['check']}; echo whole", "settle_seconds": 60}
    acks = carry(remote, step(put("/etc/a", b"new", b"old"), **brief),
                 "stage", "switch", "start", "check", "check")  # fmt: skip
    assert [ack.ok for ack in acks] == [True, True, True, True, False]
    assert "it came up, but then died: its bean is missing" in acks[-1].text


def test_a_service_that_died_and_was_started_again_is_not_kept(
    remote: SshRemote, root: Path
) -> None:
    check = 'echo x >>"$ROOT/looks"; echo "life $(wc -l <"$ROOT/looks")"'
    acks = carry(remote, step(put("/etc/a", b"new", b"old"), start="true", check=check),
                 "stage", "switch", "start", "check", "check")  # fmt: skip
    assert [ack.ok for ack in acks] == [True, True, True, True, False]
    assert "it came up, but then died, and was started again" in acks[-1].text
    assert (root / "etc/a").read_bytes() == b"old"


def test_a_look_that_says_nothing_of_the_start_is_no_other_start(
    remote: SshRemote, root: Path
) -> None:
    check = '[ -e "$ROOT/told" ] || echo "life 7"; : >"$ROOT/told"'
    acks = carry(remote, step(put("/etc/a", b"new", b"old"), start="true", check=check),
                 "stage", "switch", "start", "check", "check", "hold", "commit")  # fmt: skip
    assert acks[-1].state == "committed"


def test_what_a_stop_notes_is_told_though_it_went_well(remote: SshRemote, root: Path) -> None:
    stop = "echo well; echo 'note: it was killed'"
    acks = carry(remote, step(put("/etc/a", b"new", b"old"), start="true", stop=stop),
                 "stage", "stop", "switch", "start", "check", "hold", "commit")  # fmt: skip
    assert [ack.log for ack in acks if ack.log] == [("it was killed",)]


# Up after four seconds of the clock that the host's patience goes by, dead after six.
SLOW: dict[str, Any] = {
    "start": 'cat /proc/uptime >"$ROOT/born"',
    "check": 'IFS=. read -r born rest <"$ROOT/born"; IFS=. read -r now rest </proc/uptime\n'
    'age=$((now - born)); [ "$age" -lt 6 ] || exit 3\n[ "$age" -ge 4 ]',
    "settle_seconds": 1,
    "check_seconds": 20,
}


@pytest.mark.parametrize("word", ["check", "rollback"])
def test_a_service_that_came_up_slowly_is_watched_for_longer(
    remote: SshRemote, root: Path, word: Barrier
) -> None:
    member = step(put("/etc/a", b"new", b"old"), **SLOW)
    acks = carry(remote, member, "stage", "switch", "start", "check", word)
    assert [ack.ok for ack in acks] == [True, True, True, True, False]
    assert acks[-1].state == "restored-down"


def test_a_failed_stop_starts_again_and_changes_nothing(remote: SshRemote, root: Path) -> None:
    before = tree(root)
    member = step(put("/etc/a", b"new", b"old"), stop="exit 5", start="true")
    acks = carry(remote, member, "stage", "stop")
    assert (acks[-1].ok, acks[-1].state) == (False, "restored")
    assert tree(root) == before
    assert litter(root) == []


def test_words_out_of_order_undo(remote: SshRemote, root: Path) -> None:
    before = tree(root)
    acks = carry(remote, step(put("/etc/a", b"new", b"old")), "stage", "commit")
    assert (acks[-1].ok, acks[-1].state) == (False, "untouched")
    assert tree(root) == before


def test_a_restore_of_damaged_bytes_is_refused(remote: SshRemote, root: Path) -> None:
    carry(remote, step(put("/etc/a", b"new", b"old")))
    (root / "var/lib/tlswright/runs/t1/old/0").write_bytes(b"rot")
    [ack] = carry(remote, step(restore("/etc/a", "t1", b"new"), id="t2"))
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "damaged" in ack.text


def test_output_of_commands_is_bounded(remote: SshRemote, root: Path) -> None:
    noise = "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 1"
    acks = carry(remote, step(put("/etc/a", b"new", b"old"), start=noise))
    assert 50 <= len(acks[-1].log) <= 110
    assert "line 2999" in acks[-1].log


@pytest.fixture
def small(root: Path) -> Iterator[Path]:
    """Put a file system of 64 KiB under one folder of the host."""
    if os.getuid() != 0:
        pytest.skip("a small file system needs root")
    folder = root / "etc/small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True
    )
    if done.returncode != 0:
        pytest.skip("this machine lets nobody mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill_up(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_full_disk_at_staging_changes_nothing(remote: SshRemote, root: Path, small: Path) -> None:
    (small / "c").write_bytes(b"c")
    before = tree(root)
    entries = (
        put("/etc/a", b"new", b"old"),
        put("/etc/small/c", b"C", b"c"),
        put("/etc/small/big", bytes(200_000)),
    )
    [ack] = carry(remote, step(*entries))
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "/etc/small/big: No space left on device (disk full)" in ack.text
    assert tree(root) == before
    assert litter(root) == []


def test_a_disk_that_fills_up_later_does_not_keep_the_old_set_from_coming_back(
    remote: SshRemote, root: Path, small: Path
) -> None:
    (small / "c").write_bytes(b"o" * 9000)
    transaction = remote.begin(step(put("/etc/small/c", b"n" * 9000, b"o" * 9000)))
    assert transaction.advance("stage").ok
    assert transaction.advance("switch").ok
    fill_up(small / "fill")
    assert transaction.advance("rollback").state == "restored"
    assert (small / "c").read_bytes() == b"o" * 9000


def test_a_run_directory_that_turns_read_only_does_not_keep_the_service_down(
    remote: SshRemote, root: Path, small: Path
) -> None:
    state = root / STATE
    state.mkdir(parents=True)
    subprocess.run(["mount", "--bind", str(small), str(state)], check=True)
    calls = {"stop": 'echo stop >>"$ROOT/calls"', "start": 'echo start >>"$ROOT/calls"'}
    try:
        transaction = remote.begin(step(put("/etc/a", b"new", b"old"), **calls))
        assert transaction.advance("stage").ok
        assert transaction.advance("stop").ok
        subprocess.run(["mount", "-o", "remount,bind,ro", str(state)], check=True)
        ack = transaction.advance("switch")
    finally:
        subprocess.run(["umount", "--lazy", str(state)], check=True)
    assert (ack.ok, ack.state) == (False, "restored")
    assert "Read-only file system" in ack.text
    assert (root / "calls").read_text().split() == ["stop", "start"]
    assert (root / "etc/a").read_bytes() == b"old"


def test_a_state_directory_that_cannot_be_made_is_told(connect: Connect, root: Path) -> None:
    (root / "var").write_text("a file in the way")
    [ack] = carry(connect(root), step(put("/etc/a", b"x")))
    assert (ack.ok, ack.state) == (False, "untouched")
    assert "cannot write to" in ack.text
    assert "Not a directory" in ack.text
