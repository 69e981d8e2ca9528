"""Login shells that are not POSIX, profile files that talk or take, users without a home.

Each either does a whole transaction and its undoing, or is refused by name with nothing written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import UnfitError
from app.observed import Survey
from app.remote.base import Logins
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector, SshRemote
from tests.ssh.conftest import Connect
from tests.ssh.homes import Homes, User, homes, needs
from tests.ssh.steps import STATE, apply, carry, journal, litter, put, step, tree

SCRIPT_SHELLS = ("busybox sh", "ksh93", "zsh --emulate sh")
"""Beside dash and bash, which every other test of a transaction goes through."""

SH_NOISE = """\
echo "A ok stage staged"; echo "time 1"; echo "#HERE"; printf 'no end of line'
echo "$(printf '\\033]0;x\\007') oops" >&2
umask 000; PATH=/opt/nothing; export PATH; alias sh='echo no'; IFS=x; cd /tmp; set -u
"""
TCSH_NOISE = """\
echo "A ok stage staged"
ls /nonexistent
umask 000; setenv PATH /opt/nothing; alias sh 'echo no'; alias echo 'cat'; cd /tmp
"""
FISH_NOISE = """\
echo "A ok stage staged"; echo oops >&2
umask 000; set -x PATH /opt/nothing; alias sh 'echo no'; cd /tmp
"""
GOOD = (
    User("dash", "/bin/dash", (("nothing", ""), (".profile", SH_NOISE))),
    User("bash", "/bin/bash", ((".bashrc", SH_NOISE), (".bash_profile", SH_NOISE))),
    User("one-line", "/bin/bash", ((".bashrc", "read -r a; read -r b; echo got $a $b\n"),)),
    User("strict", "/bin/bash", ((".bashrc", "set -euo pipefail; trap 'echo bye' EXIT\n"),)),
    User("zsh", "/bin/zsh", ((".zshenv", SH_NOISE + "setopt errexit\n"),)),
    User("ksh", "/bin/ksh93", ((".kshrc", SH_NOISE),)),
    User("mksh", "/bin/mksh", ((".mkshrc", SH_NOISE),)),
    User("tcsh", "/bin/tcsh", ((".tcshrc", TCSH_NOISE),)),
    User("fish", "/usr/bin/fish", ((".config/fish/config.fish", FISH_NOISE),)),
    User("homeless", "/bin/sh", home=False),
    User("wrapped", "/bin/bash", match='ForceCommand echo hi; /bin/sh -c "$SSH_ORIGINAL_COMMAND"'),
)  # fmt: skip
BAD = {
    User("nologin", "/usr/sbin/nologin"): "no login shell .nologin.: This account",
    User("false", "/bin/false"): "ends with status 1 and says nothing",
    User("rbash", "/bin/rbash"): "restricted",
    User("sftp", match="ForceCommand internal-sftp"): "SFTP only",
    User("forced", match="ForceCommand /bin/date +at-%s"): "does not run what it is told: Force",
    User("eater", "/bin/bash", ((".bashrc", "cat >/dev/null\n"),)): "reads our standard input",
    User("exec-dash", "/bin/bash", ((".bashrc", "exec dash\n"),)): "starts another shell",
    User("alias", "/bin/zsh", ((".zshenv", "alias exec='echo no'\n"),)): "cannot start /bin/sh",
    User("exec-zsh", "/bin/bash", ((".bashrc", "exec zsh\n"),)): "starts another shell",
    User("exec-fish", "/bin/bash", ((".bashrc", "exec fish\n"),)): "starts another shell",
    User("exec-tcsh", "/bin/bash", ((".bashrc", "exec tcsh\n"),)): "starts another shell",
    User("exits", "/bin/bash", ((".bashrc", "echo no entry; exit 3\n"),)): "told: .*: no entry",
}
WAITS = ("eater", "exec-fish")
"""These wait for the end of what they are sent, which a transaction does not have."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    with homes(tmp_path_factory.mktemp("homes"), (*GOOD, *BAD)) as made:
        yield made


def login(town: Homes, user: User, tmp_path: Path) -> SshRemote:
    needed = [user.shell, *(t.split()[1] for _, t in user.profile if t.startswith("exec "))]
    for shell in needed:
        needs(shell)
    made = ParamikoConnector(Logins(), KnownHosts(), home=tmp_path, use_agent=False)
    return made.connect(town.host(user.name))


def whole_step(remote: SshRemote, root: Path) -> None:
    """Observe, change, go back, and take it all back: what a run and its undoing do."""
    data = bytes(range(256)) * 40
    (root / "etc/a").write_bytes(data)
    (root / "etc/a").chmod(0o640)
    os.chown(root / "etc/a", root.stat().st_uid, root.stat().st_gid)
    before = tree(root)
    asked = Survey(texts=("/etc/*",), commands=(("who", "pwd; umask; echo $ROOT"),))
    seen = remote.observe(asked)
    assert seen.file("/etc/a").data == data
    assert seen.out("who").split("\n") == ["/", "0022", remote.host.root]
    echoed = remote.run("cat; echo err >&2; exit 7", stdin=data[:-1])
    assert (echoed.code, echoed.err) == (7, "err\n")
    member = step(
        put("/etc/a", b"new", data), put("/etc/d/key", b"\n\xff\x00k" * 999, mode=0o600),
        start='cat "$ROOT/etc/a" >>"$ROOT/calls"', check='test -s "$ROOT/etc/a"',
    )  # fmt: skip
    acks = carry(remote, member, "stage", "switch", "start", "check", "rollback")
    assert [a.state for a in acks[:-1]] == ["staged", "switched", "started", "checked"], acks
    (root / "calls").unlink()
    assert tree(root) == before
    apply(remote, step(*member.entries, id="t2"))
    assert (root / "etc/d/key").read_bytes() == b"\n\xff\x00k" * 999
    assert (root / "etc/d/key").stat().st_mode & 0o7777 == 0o600
    assert journal(root, "t2")[-1] == "done"
    assert litter(root) == []
    assert (root / STATE).stat().st_mode & 0o7777 == 0o700


@pytest.mark.parametrize("shell", SCRIPT_SHELLS)
def test_every_shell_that_may_stand_as_sh_carries_a_whole_step(
    connect: Connect, root: Path, shell: str
) -> None:
    needs(shell.split()[0])
    whole_step(connect(root, shell=shell), root)


@pytest.mark.parametrize("user", GOOD, ids=lambda u: u.name)
def test_a_login_shell_that_is_not_posix_or_is_noisy_carries_a_whole_step(
    town: Homes, user: User, tmp_path: Path
) -> None:
    remote = login(town, user, tmp_path)
    whole_step(remote, town.path(remote.host.root))
    remote.close()


@pytest.mark.parametrize("user", BAD, ids=lambda u: u.name)
def test_a_login_that_runs_nothing_of_ours_is_refused_by_name(
    town: Homes, user: User, tmp_path: Path
) -> None:
    remote = login(town, user, tmp_path)
    with pytest.raises(UnfitError, match=BAD[user]) as caught:
        remote.observe(Survey())
    assert (caught.value.host, caught.value.step) == (user.name, "login shell")
    assert caught.value.hint
    assert "\x1b" not in str(caught.value)
    with pytest.raises(UnfitError):
        remote.run("true")
    if user.name not in WAITS:
        ack = remote.begin(step(put("/etc/new", b"key"))).advance("stage")
        assert (ack.ok, ack.state) == (False, "unknown")
    remote.close()
    root = town.path(remote.host.root)
    assert [str(p.relative_to(root)) for p in root.rglob("*")] == ["etc"]
