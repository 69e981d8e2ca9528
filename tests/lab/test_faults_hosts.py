"""A host that is held by another run, refuses the sudo password, or has another time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.pki.secret import Secret
from app.remote.base import Logins, Transaction
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector
from app.site.load import load_site
from tests.faults import Faults
from tests.lab.fault_runs import At
from tests.lab.fault_table import Fault, try_out
from tests.lab.ground import STATE, Ground
from tests.lab.injections import hooked
from tests.ssh.steps import put, step

ASKED = 'case "$*" in +%s*) '
HELD = "tester@here"


@contextmanager
def held_by_another(ground: Ground) -> Iterator[Transaction]:
    """Somebody else's run has staged something on the victim, and lives."""
    host = load_site(ground.site.directory / "site.yaml").hosts["spoke-a"]
    home = ground.site.known_hosts.parents[1]
    connector = ParamikoConnector(Logins(), KnownHosts.of_user(home), home=home, use_agent=False)
    remote = connector.connect(host)
    try:
        transaction = remote.begin(step(put("/etc/other", b"x"), id="other-1.1"))
        assert transaction.advance("stage").ok
        yield transaction
        transaction.advance("rollback")
    finally:
        remote.close()


@contextmanager
def the_clock_is(ground: Ground, seconds: int) -> Iterator[None]:
    """The host's clock is set: a container has no clock of its own, so `date` lies."""
    real = "/opt/fault/real-date"
    lie = f'echo "$(($({real} +%s) + {seconds}))$(echo "$*" | sed "s/+%s//; s/%N/5/")"; exit 0'
    with hooked(ground.victim, "date", f"{ASKED}{lie} ;; esac"):
        yield


@contextmanager
def killed_script(ground: Ground) -> Iterator[None]:
    """The other run's script was killed: its lock and its files stay."""
    with held_by_another(ground):
        lock = ground.victim.path(f"{STATE}/lock")
        ground.victim.run(["kill", "-9", lock.read_text().partition("\t")[0]])
        assert lock.exists()
    yield


@contextmanager
def lock_of_another_boot(ground: Ground) -> Iterator[None]:
    """A lock whose number belongs to another process by now."""
    line = "1\tanother-boot/17\t2026-01-01 00:00:00 UTC\told-1.1\tann@away\n"
    ground.victim.path(f"{STATE}/lock").write_text(line)
    yield


FAULTS = {
    "lock taken by another run before staging": Fault(
        held_by_another, 4, ("spoke-a: held by", HELD, "since 20", "other-1.1"),
        at=At(state="staging"),
    ),
    "lock and files of a run that was killed": Fault(
        killed_script, 0, ("resolved other-1.1, which an earlier run left behind",), left="new",
    ),
    "lock of before a boot": Fault(lock_of_another_boot, 0, left="new"),
    "clock is two hours ahead": Fault(
        lambda g: the_clock_is(g, 7200), 6, ("spoke-a: its clock is 7200 s ahead: set it first",),
    ),
    "clock is two hours behind": Fault(
        lambda g: the_clock_is(g, -7200), 6, ("spoke-a: its clock is 7200 s behind",),
    ),
    "clock is set back during the run": Fault(
        lambda g: the_clock_is(g, -7200), 0, at=At(state="checking", text="looking"), left="new",
    ),
    "clock is set ahead during the run": Fault(
        lambda g: the_clock_is(g, 7200), 0, at=At(state="starting"), left="new",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_lock_or_a_clock_that_is_in_the_way(ground: Ground, faults: Faults, name: str) -> None:
    try_out(ground, faults, name, FAULTS[name])


def test_a_run_waits_for_another_run_and_says_for_whose(ground: Ground, faults: Faults) -> None:
    ground.reset("tls")
    with held_by_another(ground):
        count = len(ground.site.runs)
        run = ground.start()
        words = "waiting for the end of other-1.1, begun 20"
        waiting = ground.site.wait_for(lambda e: e.text.startswith(words), count, "the wait")
        assert HELD in waiting.text
        assert waiting.host == "spoke-a"
    assert ground.end(run).exit == 0
    assert ground.state() == "new"
    faults.saw("another run holds the host", "waited, saying whose; new state proven, exit 0")
    ground.leaves_nothing()


def test_waiting_for_another_run_can_be_stopped(ground: Ground, faults: Faults) -> None:
    ground.reset("tls")
    with held_by_another(ground):
        count = len(ground.site.runs)
        run = ground.start()
        ground.site.wait_for(lambda e: e.text.startswith("waiting for"), count, "the wait")
        ground.front.ask_stop(ground.front.live_run(), now=False)
        seen = ground.end(run)
    assert seen.exit == 12, seen.said
    assert "still at work for other-1.1" in seen.said
    assert ground.state() == "old"
    faults.saw("user stops waiting for another run", "old state, exit 12")


def test_a_wrong_sudo_password_touches_nothing(ground: Ground, faults: Faults) -> None:
    ground.reset("tls")
    host = ground.victim
    host.add_user("ann", "right word")
    ground.accept_what_stands()
    place = f"address: {host.address}\n    user: "
    ground.site.edit(f"{place}root", f"{place}ann\n    privilege: sudo")
    ground.logins = Logins(sudo={"spoke-a": Secret("wrong word")})
    seen = ground.apply()
    assert seen.exit == 5, seen.said
    assert "spoke-a: sudo refused the password" in seen.said
    assert ground.state() == "old"
    ground.logins = Logins(sudo={"spoke-a": Secret("right word")})
    ground.finishes()
    ground.logins = Logins()
    faults.saw("wrong sudo password", "old state, nothing touched, exit 5; next apply finished")
