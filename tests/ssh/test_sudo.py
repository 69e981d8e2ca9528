"""sudo as people have it: each rule lets a whole step through, or is refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import LoginError, UnfitError
from app.observed import Survey
from app.pki.secret import Secret
from app.remote.base import Logins
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector, SshRemote
from app.remote.sudo import records
from tests.ssh.homes import PASSWORD, Homes, User, homes, needs
from tests.ssh.steps import STATE, apply, carry, journal, put, step

COMMON = (
    "Defaults env_reset, mail_badpass, use_pty\n"
    'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n'
)
ROOT_ALL = "ALL=(root) ALL"
FREE_ALL = "ALL=(ALL:ALL) NOPASSWD: ALL"


def ruled(name: str, rule: str, *defaults: str, profile: str = "") -> User:
    """Make a user with a rule of sudo and defaults of its own."""
    lines = [f"Defaults:{name} {text}" for text in defaults]
    given = ((".bashrc", profile),) if profile else ()
    return User(name, "/bin/bash", given, sudo="\n".join([*lines, f"{name} {rule}"]))


NOISY = "echo welcome; echo 'sudo: command not found' >&2; PATH=/opt/nothing\n"
GOOD = (
    User("free", "/bin/bash", ((".bashrc", NOISY),), sudo=f"{COMMON}free {FREE_ALL}"),
    ruled("shell-only", "ALL=(root) NOPASSWD: /bin/sh"),
    ruled("word", ROOT_ALL, profile=NOISY),
    ruled("lectured", ROOT_ALL, "lecture=always", "!use_pty", "insults", "timestamp_type=global"),
    ruled("other-default", FREE_ALL, "runas_default=daemon", "umask=0077", "umask_override"),
    ruled("exempt", ROOT_ALL, "log_input", "!log_input"),
    ruled("written", FREE_ALL, "log_output"),
)
BAD = {
    ruled("tty", ROOT_ALL, "requiretty"): "wants a terminal .requiretty.",
    ruled("no-rule", "ALL=(root) /bin/ls"): "may not use sudo",
    ruled("stranger", "ALL=(daemon) NOPASSWD: ALL"): "may not use sudo",
    ruled("no-exec", "ALL=(root) NOEXEC: NOPASSWD: ALL"): "NOEXEC",
    ruled("recorded", FREE_ALL, "log_input"): "records what it is given .log_input.",
    ruled("tagged", "ALL=(root) NOPASSWD: LOG_INPUT: ALL"): "records what it is given",
    ruled("stdin", ROOT_ALL, "log_stdin"): "records what it is given",
    ruled("reader", ROOT_ALL, profile="read -r line\n"): "reads our standard input",
    ruled("zsher", ROOT_ALL, profile="exec zsh\n"): "starts another shell",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    needs("sudo")
    with homes(tmp_path_factory.mktemp("homes"), (*GOOD, *BAD)) as made:
        yield made


def login(town: Homes, user: str, word: str | None = PASSWORD) -> SshRemote:
    logins = Logins(sudo={user: Secret(word)} if word is not None else {})
    made = ParamikoConnector(logins, KnownHosts(), home=Path("/nonexistent"), use_agent=False)
    return made.connect(town.host(user, "sudo"))


def records_of(town: Homes) -> bytes:
    """Give all that was logged in that world, by sudo or anybody."""
    files = (path for path in town.path("/var/log").rglob("*") if path.is_file())
    return b"".join(path.read_bytes() for path in files)


@pytest.mark.parametrize("user", GOOD, ids=lambda u: u.name)
def test_sudo_with_or_without_a_password_carries_a_whole_step(town: Homes, user: User) -> None:
    remote = login(town, user.name)
    seen = remote.observe(Survey(texts=("/etc/shadow",), commands=(("id", "id -u; umask"),)))
    assert (seen.user, seen.out("id")) == ("root", "0\n0022")
    assert b"root:" in (seen.file("/etc/shadow").data or b"")
    data = b"\x00\xff\n\x04\x03\x1a key\r\n" * 2000
    echoed = remote.run("cat; echo err >&2", stdin=b"x" * 200_000)
    # sudo's own log_output relays what a command writes, and may drop the last of it when the
    # command ends; answers of ours have an end mark, so that it is seen.
    whole = {200_000} if user.name != "written" else range(1, 200_001)
    assert len(echoed.out) in whole
    assert echoed.err == "err\n"
    place = f"/mnt/{user.name}"
    member = step(put(f"{place}/key", data, mode=0o600), start="true", id=user.name)
    acks = carry(remote, member, "stage", "switch", "start", "rollback")
    assert acks[-1].state == "restored", acks
    assert not town.path(place).exists()
    apply(remote, step(*member.entries, id=f"{user.name}2"))
    written = town.path(f"{place}/key")
    assert written.read_bytes() == data
    assert (written.stat().st_mode & 0o7777, written.stat().st_uid) == (0o600, 0)
    assert journal(town.root, f"{user.name}2")[-1] == "done"
    assert bool(seen.cautions) == (user.name == "written")
    assert PASSWORD.encode() not in records_of(town)
    if user.name == "exempt":
        assert not list(town.path("/var/log").glob("sudo-io/**/stdin"))
    remote.close()


@pytest.mark.parametrize("user", BAD, ids=lambda u: u.name)
def test_sudo_that_no_password_helps_is_refused_by_name(town: Homes, user: User) -> None:
    with pytest.raises(UnfitError, match=BAD[user]) as caught:
        login(town, user.name)
    assert caught.value.host == user.name
    assert caught.value.hint
    assert not list(town.path(f"/{STATE}/runs").glob(f"{user.name}*"))
    assert PASSWORD.encode() not in records_of(town)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("word", "text"),
    [(None, "sudo wants a password"), ("wrong", "sudo refused the password"), ("a\nb", "line end")],
)
def test_a_sudo_password_that_lacks_or_is_wrong_is_asked_for(
    town: Homes, word: str | None, text: str
) -> None:
    with pytest.raises(LoginError, match=text) as caught:
        login(town, "word", word)
    assert caught.value.step == "sudo"


def test_a_login_of_a_minute_ago_is_not_taken_for_the_right_to_go_on(town: Homes) -> None:
    remote = login(town, "free")
    become = "setpriv --reuid=lectured --clear-groups"
    asked = remote.run(
        f"{become} sudo -S -p '' true && {become} sudo -n true", stdin=PASSWORD.encode()
    )
    assert asked.code == 0, asked.err
    with pytest.raises(LoginError, match="sudo wants a password"):
        login(town, "lectured", None)
    remote.close()


@pytest.mark.parametrize(
    ("listing", "recorded"),
    [
        ("    use_pty, log_input, log_output", True),
        ("    log_input, !log_input", False),
        ("    log_input\n    Defaults!/bin/dash !log_input", True),
        ("    log_input\n    Defaults!/bin/ls,/bin/sh !log_stdin", False),
        ("    !log_stdin\n    Defaults!ALL log_stdin", True),
        ("    log_input\n    (root) NOPASSWD: ALL, NOLOG_INPUT: /bin/sh", False),
        ("    (ALL : ALL) LOG_INPUT: NOPASSWD: ALL", True),
        ("    (ALL) LOG_INPUT: /bin/ls, /usr/bin/sh -c *", True),
        ("    (ALL) LOG_INPUT: /bin/ls, NOLOG_INPUT: ALL", False),
        ("    (ALL) LOG_OUTPUT: ALL\n    log_output", False),
        ("", False),
    ],
)
def test_a_listing_of_sudo_tells_whether_input_is_recorded(listing: str, recorded: bool) -> None:
    assert records(listing, "input") is recorded
