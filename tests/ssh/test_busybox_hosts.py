"""Hosts with busybox alone, and hosts that lack a tool: a whole step, or refused by name.

`busy` has every applet and busybox's own shell; `bare` has dash and exactly the tools of our table,
so that a tool which our scripts call and the table does not name makes a step fail here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import UnfitError
from app.observed import Survey
from app.pki.secret import Secret
from app.remote.base import Logins
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector, SshRemote
from app.remote.tools import NEEDED, OF_PRODUCTS
from tests.ssh.homes import Homes, User, homes, needs
from tests.ssh.steps import apply, carry, put, step
from tests.ssh.test_login_shells import whole_step

CHOICES = {"sha256sum|shasum|openssl": "sha256sum", "od|hexdump|xxd": "od"}
TOOLS = [CHOICES.get(group, group) for group in NEEDED]

PREPARE = f"""
for host in busy bare; do
  root=/mnt/$host
  mkdir $root $root/bin $root/dev $root/etc $root/proc $root/usr $root/usr/bin $root/var
  mkdir $root/host $root/host/etc
  chmod 755 $root $root/*
  cp "$(command -v busybox)" $root/usr/bin/busybox
  echo 'root:x:0:0::/:/bin/sh' >$root/etc/passwd
  echo 'root:x:0:' >$root/etc/group
  echo "PRETTY_NAME='Host of $host'" >$root/etc/os-release
  mknod -m 666 $root/dev/null c 1 3
  mount --bind /proc $root/proc
done
for tool in $(busybox --list); do ln -s ../usr/bin/busybox "/mnt/busy/bin/$tool"; done
for tool in {" ".join(TOOLS)}; do ln -s ../usr/bin/busybox "/mnt/bare/bin/$tool"; done
mkdir /mnt/blind && chmod 755 /mnt/blind
cp -r /mnt/busy/bin /mnt/busy/usr /mnt/busy/etc /mnt/blind/
cp /bin/dash /mnt/bare/bin/sh
ldd /bin/dash | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "/mnt/bare${{library%/*}}" && cp "$library" "/mnt/bare$library"
done
"""
USERS = (
    User("busy", "/bin/sh", match="ChrootDirectory /mnt/busy", uid=0, home=False),
    User("bare", "/bin/sh", match="ChrootDirectory /mnt/bare", uid=0, home=False),
    User("blind", "/bin/sh", match="ChrootDirectory /mnt/blind", uid=0, home=False),
    User("ann", "/bin/sh", match="ChrootDirectory /mnt/bare", home=False),
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    needs("busybox")
    with homes(tmp_path_factory.mktemp("homes"), USERS, PREPARE) as made:
        yield made


@contextmanager
def login(town: Homes, user: str, root: str = "", *, sudo: bool = False) -> Iterator[SshRemote]:
    logins = Logins(sudo={user: Secret("word")})
    made = ParamikoConnector(logins, KnownHosts(), home=Path("/nonexistent"), use_agent=False)
    remote = made.connect(town.host(user, "sudo" if sudo else "root", root))
    try:
        yield remote
    finally:
        remote.close()


@contextmanager
def without(town: Homes, *names: str) -> Iterator[None]:
    """Take tools away from `bare` for a while."""
    places = [town.path(f"/mnt/bare/bin/{name}") for name in names]
    for place in places:
        place.unlink()
    try:
        yield
    finally:
        for place in places:
            place.symlink_to("../usr/bin/busybox")


def refused(town: Homes, *groups: str, needs: tuple[str, ...]) -> UnfitError:
    """Ask `bare` while it lacks some tools; give the error."""
    names = [CHOICES.get(group, group) for group in groups]
    with (
        without(town, *names),
        login(town, "bare") as remote,
        pytest.raises(UnfitError) as caught,
    ):
        remote.observe(Survey(texts=("/etc/passwd",), needs=needs))
    return caught.value


@pytest.mark.parametrize("user", ["busy", "bare"])
def test_a_host_of_busybox_alone_carries_a_whole_step(town: Homes, user: str) -> None:
    with login(town, user, "/host") as remote:
        whole_step(remote, town.path(f"/mnt/{user}/host"))
    with login(town, user) as remote:
        seen = remote.observe(Survey(texts=("/etc/passwd",)))
        apply(remote, step(put("/opt/x/key", b"key", owner="root", group="root", mode=0o640)))
    assert seen.system == f"Host of {user}"
    assert abs(seen.clock_skew) < 3
    assert seen.free_bytes < 0  # its root is no mount point, so that df knows nothing
    passwd = seen.file("/etc/passwd")
    assert (passwd.owner, passwd.mode) == ("root", 0o644)
    written = town.path(f"/mnt/{user}/opt/x/key")
    assert (written.read_bytes(), written.stat().st_mode & 0o7777) == (b"key", 0o640)


def test_other_tools_that_do_the_same_are_taken(town: Homes) -> None:
    with without(town, "od"):
        for other in ("hexdump", "xxd"):
            place = town.path(f"/mnt/bare/bin/{other}")
            place.symlink_to("../usr/bin/busybox")
            data = bytes(range(256)) * 3 + b"odd"
            town.path("/mnt/bare/etc/bytes").write_bytes(data)
            with login(town, "bare") as remote:
                asked = Survey(texts=("/etc/bytes",), commands=(("say", "printf 'a\\nb'; exit 5"),))
                seen = remote.observe(asked)
            place.unlink()
            assert seen.file("/etc/bytes").data == data
            assert (seen.outputs["say"].out, seen.outputs["say"].code) == ("a\nb", 5)


def test_each_tool_that_lacks_is_named_with_its_package_before_anything_is_written(
    town: Homes,
) -> None:
    for group, package in NEEDED.items():
        error = refused(town, group, needs=())
        first, *others = group.split("|")
        assert error.text.startswith(f"it lacks {first}"), group
        assert all(other in error.text for other in others)
        assert package in error.hint
        assert error.where == "bare: tools"


def test_all_that_lacks_is_told_at_once(town: Homes) -> None:
    error = refused(town, "tar", "sha256sum|shasum|openssl", needs=("perl", "ss", "sed"))
    assert error.text == "it lacks sha256sum (or shasum or openssl), tar, perl, ss"
    assert error.hint == "install there: coreutils, tar, perl, iproute2"
    assert set(OF_PRODUCTS) >= {"perl", "ss", "awk"}


def test_a_host_without_proc_is_refused_where_ps_knows_no_starting_times(town: Homes) -> None:
    with (
        login(town, "blind") as remote,
        pytest.raises(UnfitError, match="it lacks /proc") as caught,
    ):
        remote.observe(Survey())
    assert "mount /proc" in caught.value.hint


def test_a_login_that_may_change_nothing_is_known(town: Homes) -> None:
    with login(town, "ann") as remote:
        assert remote.observe(Survey()).powerless
        [ack] = carry(remote, step(put("/etc/new", b"x")), "stage")
    assert (ack.ok, ack.state) == (False, "untouched")
    assert not town.path("/mnt/bare/etc/new").exists()


def test_a_host_without_sudo_is_refused_by_name_and_with_doas_too(town: Homes) -> None:
    place = town.path("/mnt/bare/bin/doas")
    assert sudo_refused(town).text == "sudo is not installed"
    place.symlink_to("../usr/bin/busybox")
    error = sudo_refused(town)
    place.unlink()
    assert error.text == "sudo is not installed, doas is"
    assert "log in as root" in error.hint


def sudo_refused(town: Homes) -> UnfitError:
    """Log in where sudo is wanted; give the error."""
    with pytest.raises(UnfitError) as caught, login(town, "ann", sudo=True):
        pass
    return caught.value
