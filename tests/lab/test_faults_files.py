"""Disks and files that do not take what is to be written: nothing is lost, and it is said why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults import Faults
from tests.lab import tiny_hosts
from tests.lab.fault_runs import At
from tests.lab.fault_table import Fault, try_out
from tests.lab.ground import STATE, Ground
from tests.lab.injections import fill, hooked, immutable, mounted, read_only, small
from tests.lab.tiny_hosts import CONFIG

MAIN = "/etc/activemq/instances-available/main"
STAGING, RENAMING = At(state="staging"), At(state="switching")


@contextmanager
def full_at_backup(ground: Ground) -> Iterator[None]:
    """The disk of the run directory fills up when the payload is there already."""
    host = ground.victim
    fills = f'case "$*" in */old/*) cat /dev/zero >{STATE}/fill 2>/dev/null ;; esac'
    with small(host, STATE, "20m"), hooked(host, "cp", fills):
        yield


@contextmanager
def two_disks(ground: Ground) -> Iterator[None]:
    """Run directory and stores have a small file system each."""
    with small(ground.victim, STATE, "20m"), small(ground.victim, f"{MAIN}/tls", "1m"):
        yield


@contextmanager
def fills_up(ground: Ground, *folders: str) -> Iterator[None]:
    """The file systems of these folders are full from now on."""
    for folder in folders:
        fill(ground.victim, folder)
    yield


@contextmanager
def turn_read_only(ground: Ground, *folders: str) -> Iterator[None]:
    """The kernel takes no more writes, as after an error of the disk, until it is mended."""
    for how in ("ro", "rw"):
        for folder in folders:
            ground.victim.run(["mount", "-o", f"remount,bind,{how}", folder])
        if how == "ro":
            yield


FAULTS = {
    "disk full at staging": Fault(
        lambda g: small(g.victim, f"{MAIN}/tls", "8k"), 4,
        ("spoke-a", f"{MAIN}/tls/spoke-a.p12", "No space left on device"),
    ),
    "disk full at backup": Fault(
        full_at_backup, 4, ("spoke-a", "cannot keep the old", "No space left on device"),
    ),
    "disk of the targets full at rename": Fault(
        lambda g: fills_up(g, f"{MAIN}/tls"), 0, at=RENAMING, before=two_disks, left="new",
    ),
    "every disk full at rename": Fault(
        lambda g: fills_up(g, f"{MAIN}/tls", STATE), 0, at=RENAMING, before=two_disks, left="new",
    ),
    "disks turn read-only at rename": Fault(
        lambda g: turn_read_only(g, f"{MAIN}/tls", STATE), 4,
        ("spoke-a", f"cannot write to {STATE}", "Read-only file system", "tlswright apply"),
        at=RENAMING, before=two_disks, tidy=False,
    ),
    "read-only file system": Fault(
        lambda g: read_only(g.victim, "/etc/activemq"), 4, ("spoke-a", "Read-only file system"),
    ),
    "run directory on a read-only file system": Fault(
        lambda g: read_only(g.victim, "/var/lib"), 4, ("spoke-a", STATE, "Read-only file system"),
    ),
    "target is immutable": Fault(
        lambda g: immutable(g.victim, CONFIG), 4,
        ("spoke-a", CONFIG, "immutable", "Nothing was changed on this host"),
    ),
    "target is mounted by itself": Fault(
        lambda g: mounted(g.victim, CONFIG), 4,
        ("spoke-a", CONFIG, "Device or resource busy", "the service runs with them"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_disk_or_file_that_takes_no_writes(ground: Ground, faults: Faults, name: str) -> None:
    try_out(ground, faults, name, FAULTS[name])


def test_a_target_that_is_a_link_stays_one_and_leads_to_the_new_file(
    ground: Ground, faults: Faults
) -> None:
    ground.reset("tls")
    host, kept = ground.victim, "/etc/activemq/kept.xml"
    host.run(f"mv {CONFIG} {kept} && ln -s {kept} {CONFIG}")
    assert ground.apply().exit == 0
    assert host.path(CONFIG).is_symlink()
    assert 'networkTTL="3"' in host.path(kept).read_text()
    assert ground.apply().said.count("nothing to do")
    host.run(f"mv {kept} {CONFIG}")
    assert ground.state() == "new"
    faults.saw("target is a link", "new state proven, the link stays, exit 0")


def test_a_target_that_is_a_directory_or_a_dangling_link_is_named(
    ground: Ground, faults: Faults
) -> None:
    ground.reset("tls")
    host, trust = ground.victim, f"{MAIN}/tls/trust.p12"
    for make, words in (("mkdir", "a directory"), ("ln -s nowhere", "a dangling link")):
        host.run(f"mv {trust} {MAIN}/kept; {make} {trust}")
        seen = ground.apply()
        assert seen.exit == 4, seen.said
        assert f"spoke-a: '{trust}': {words} stands there: move it away" in seen.said
        assert tiny_hosts.shown(host) == ground.old["spoke-a"]
        host.run(f"rm -r {trust}; mv {MAIN}/kept {trust}")
        assert ground.state() == "old"
        faults.saw(f"target is {words}", "refused, old state works, exit 4; next apply finished")
    ground.finishes()


def test_an_edit_of_the_user_between_plan_and_apply_is_never_lost(
    ground: Ground, faults: Faults
) -> None:
    ground.reset("tls")
    plan = ground.site.directory / "plan.json"
    ground.site.run("plan", "-o", str(plan), expect=3)
    edit = ("</beans>", "<!-- mine -->\n</beans>")
    ground.site.edit_broker("spoke-a", *edit)
    seen = ground.apply(plan)
    assert seen.exit == 10, seen.said
    assert CONFIG in seen.said
    faults.saw("edit between plan and apply", "plan refused, nothing touched, exit 10")
    for at, when in ((STAGING, "before staging"), (RENAMING, "before the renames")):
        ground.reset("tls")
        run = ground.start(at, "wait")
        run.waits()
        ground.site.edit_broker("spoke-a", *edit)
        run.go_on()
        seen = ground.end(run)
        assert seen.exit == 4, seen.said
        assert f"spoke-a: {CONFIG}" in seen.said
        assert tiny_hosts.shown(ground.victim) == ground.old["spoke-a"]
        ground.finishes()
        assert "<!-- mine -->" in ground.victim.path(CONFIG).read_text()
        faults.saw(f"edit {when}", "old state and the edit stay, exit 4; next apply finished")
