"""The host transaction on its good way, under every shell of this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from app.engine.takeable import KEPT
from app.errors import RemoteError
from app.observed import Survey
from app.remote.ssh import SshRemote
from tests.ssh.conftest import Connect
from tests.ssh.steps import (
    SHELLS,
    STATE,
    apply,
    carry,
    delete,
    journal,
    litter,
    put,
    restore,
    sha256,
    step,
    tree,
)


@pytest.fixture(params=SHELLS)
def remote(connect: Connect, root: Path, request: pytest.FixtureRequest) -> SshRemote:
    return connect(root, shell=request.param)


def test_a_step_writes_restarts_checks_and_leaves_nothing_else(
    remote: SshRemote, root: Path
) -> None:
    (root / "etc/a").write_bytes(b"old")
    (root / "etc/gone").write_bytes(b"bye")
    member = step(
        put("/etc/a", b"new", b"old", mode=0o640),
        put("/etc/tls/deep/key", b"secret", mode=0o600, test='grep secret "$1"'),
        delete("/etc/gone", b"bye"),
        stop='echo stop >>"$ROOT/calls"',
        start='echo start >>"$ROOT/calls"',
        check='grep -q start "$ROOT/calls"',
    )
    acks = carry(remote, member, "stage", "stop", "switch", "start", "check", "hold", "commit")
    assert [a.state for a in acks] == [
        "staged", "stopped", "switched", "started", "checked", "held", "committed",
    ]  # fmt: skip
    assert (root / "etc/a").read_bytes() == b"new"
    assert (root / "etc/a").stat().st_mode & 0o7777 == 0o640
    assert (root / "etc/tls/deep/key").read_bytes() == b"secret"
    assert (root / "etc/tls/deep").stat().st_mode & 0o7777 == 0o750
    assert not (root / "etc/gone").exists()
    assert (root / "calls").read_text() == "stop\nstart\n"
    assert litter(root) == []
    assert (root / STATE).stat().st_mode & 0o7777 == 0o700


def test_a_second_identical_step_finds_every_file_as_wanted_and_keeps_its_inode(
    remote: SshRemote, root: Path
) -> None:
    apply(remote, step(put("/etc/a", b"new", mode=0o640, owner="amq", group="amq")))
    before = (root / "etc/a").stat()
    again = step(put("/etc/a", b"new", b"new", mode=0o640, owner="amq", group="amq"), id="t2")
    [ack] = carry(remote, again, "stage")
    assert (ack.ok, ack.state) == (True, "untouched")
    after = (root / "etc/a").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_wrong_mode_alone_is_repaired(remote: SshRemote, root: Path) -> None:
    (root / "etc/a").write_bytes(b"same")
    (root / "etc/a").chmod(0o644)
    apply(remote, step(put("/etc/a", b"same", b"same", mode=0o600)))
    assert (root / "etc/a").stat().st_mode & 0o7777 == 0o600


def test_rollback_before_hold_brings_the_same_tree_and_restarts(
    remote: SshRemote, root: Path
) -> None:
    (root / "etc/a").write_bytes(b"old")
    (root / "etc/a").chmod(0o604)
    before = tree(root)
    member = step(
        put("/etc/a", b"new", b"old"), put("/etc/x/y/z", b"z"), start="true", check="true"
    )
    acks = carry(remote, member, "stage", "switch", "start", "rollback")
    assert (acks[-1].ok, acks[-1].state) == (True, "restored")
    assert tree(root) == before
    assert litter(root) == []
    assert journal(root)[-2:] == ["undoing", "restored"]


def test_rollback_before_switch_leaves_it_untouched(remote: SshRemote, root: Path) -> None:
    acks = carry(remote, step(put("/etc/x/y", b"z")), "stage", "rollback")
    assert acks[-1].state == "untouched"
    assert not (root / "etc/x").exists()
    assert litter(root) == []
    assert journal(root) == []


def test_rollback_after_stop_starts_the_service_again(remote: SshRemote, root: Path) -> None:
    member = step(put("/etc/x", b"z"), stop="true", start='echo up >>"$ROOT/calls"')
    acks = carry(remote, member, "stage", "stop", "rollback")
    assert acks[-1].state == "restored"
    assert (root / "calls").read_text() == "up\n"


def test_restored_files_have_a_fresh_time(remote: SshRemote, root: Path) -> None:
    (root / "etc/a").write_bytes(b"old")
    os.utime(root / "etc/a", (1, 1))
    carry(remote, step(put("/etc/a", b"new", b"old")), "stage", "switch", "rollback")
    assert (root / "etc/a").read_bytes() == b"old"
    assert (root / "etc/a").stat().st_mtime > 1_000_000


def test_a_restore_brings_back_what_a_transaction_found_with_its_mode(
    remote: SshRemote, root: Path
) -> None:
    (root / "etc/a").write_bytes(b"\x00old\xff")
    (root / "etc/a").chmod(0o4711)
    before = tree(root)
    apply(remote, step(put("/etc/a", b"new", b"\x00old\xff"), put("/etc/n/new", b"n")))
    apply(remote, step(put("/etc/a", b"newer", b"new"), id="t2"))
    back = step(restore("/etc/a", "t1", b"newer"), restore("/etc/n/new", "t1", b"n"), id="t3")
    apply(remote, back)
    assert tree(root) == before
    apply(remote, step(restore("/etc/a", "t3", b"\x00old\xff"), id="t4"))
    assert (root / "etc/a").read_bytes() == b"newer"


def test_a_link_is_kept_and_the_file_behind_it_is_changed(remote: SshRemote, root: Path) -> None:
    (root / "etc/available").mkdir()
    (root / "etc/available/conf").write_bytes(b"old")
    (root / "etc/enabled").symlink_to("available")
    (root / "etc/conf").symlink_to("enabled/conf")
    apply(remote, step(put("/etc/conf", b"new", b"old")))
    assert (root / "etc/conf").is_symlink()
    assert (root / "etc/available/conf").read_bytes() == b"new"


def test_hostile_names_are_only_names(remote: SshRemote, root: Path) -> None:
    names = ["a b", "it's", 'q"q', "$(touch pwned)", "`id`", "-rf", "*", "é—☃", "a;b&c|d", "\\n"]
    apply(remote, step(*(put(f"/etc/{name}", name.encode()) for name in names)))
    for name in names:
        assert (root / "etc" / name).read_bytes() == name.encode()
    assert sorted(p.name for p in (root / "etc").iterdir()) == sorted(names)


@pytest.mark.parametrize("path", ["/etc/a\nb", "etc/a", "/etc/../a", "/etc/a/", "/etc/a\tb", "/"])
def test_names_that_cannot_be_sent_are_refused(connect: Connect, root: Path, path: str) -> None:
    with pytest.raises(RemoteError):
        connect(root).begin(step(put(path, b"x")))


def test_a_large_file_arrives_whole(remote: SshRemote, root: Path) -> None:
    data = os.urandom(1024 * 1024 + 7)
    apply(remote, step(put("/etc/big", data), put("/etc/empty", b"")))
    assert (root / "etc/big").read_bytes() == data
    assert (root / "etc/empty").read_bytes() == b""


def test_owners_are_recorded_where_the_root_is_a_folder(remote: SshRemote, root: Path) -> None:
    apply(remote, step(put("/etc/a", b"1", owner="activemq", group="domain users")))
    fact = remote.observe(Survey(texts=("/etc/a",))).file("/etc/a")
    assert (fact.owner, fact.group, fact.data) == ("activemq", "domain users", b"1")
    carry(
        remote,
        step(put("/etc/a", b"2", b"1", owner="other"), id="t2"),
        "stage",
        "switch",
        "rollback",
    )
    assert remote.observe(Survey(digests=("/etc/a",))).file("/etc/a").owner == "activemq"


def test_only_the_last_transactions_are_kept(connect: Connect, root: Path) -> None:
    remote = connect(root)
    old: bytes | None = None
    for number in range(KEPT + 2):
        data = b"%d" % number
        apply(remote, step(put("/etc/a", data, old), id=f"t{number}"))
        old = data
    kept = {p.name for p in (root / STATE / "runs").iterdir()}
    assert kept == {f"t{number}" for number in range(2, KEPT + 2)}
    [ack] = carry(remote, step(restore("/etc/a", "t0", old), id="late"))
    assert ack.state == "untouched"
    assert "no longer keeps" in ack.text


def test_of_those_that_were_undone_the_last_are_kept_too(connect: Connect, root: Path) -> None:
    remote, runs = connect(root), root / STATE / "runs"

    def fails(name: str) -> set[str]:
        member = step(put("/etc/b", b"x"), id=name, start='[ ! -e "$ROOT/etc/b" ]')
        assert carry(remote, member)[-1].state == "restored"
        return {path.name for path in runs.iterdir()}

    apply(remote, step(put("/etc/a", b"1"), id="kept"))
    fails("first")
    # One of an older tlswright, which gave them no number.
    shutil.copytree(runs / "first", runs / "older")
    (runs / "older/undone").unlink(missing_ok=True)
    (root / STATE / "undone").write_text(f"{KEPT - 1}\n")
    assert fails("second") == {"kept", "first", "older", "second"}
    assert fails("third") == {"kept", "older", "second", "third"}
    # They push out nothing but their like.
    (root / STATE / "undone").write_text(f"{3 * KEPT}\n")
    apply(remote, step(put("/etc/a", b"2", b"1"), id="more"))
    assert {path.name for path in runs.iterdir()} == {"kept", "more"}


def test_a_member_without_commands_or_files_passes(remote: SshRemote, root: Path) -> None:
    acks = carry(remote, step())
    assert [a.ok for a in acks] == [True] * 6


def test_forget_drops_the_kept_bytes(remote: SshRemote, root: Path) -> None:
    (root / "etc/a").write_bytes(b"old key")
    apply(remote, step(put("/etc/a", b"new", b"old key")))
    assert remote.finish("t1", "forget").ok
    assert not (root / STATE / "runs/t1").exists()


def test_expect_may_name_several_states(remote: SshRemote, root: Path) -> None:
    entry = put("/etc/a", b"new")
    apply(remote, step(entry))
    both = type(entry)("/etc/a", "put", ("absent", sha256(b"new")), data=b"new")
    apply(remote, step(both, id="t2"))
