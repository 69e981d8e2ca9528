"""A service that does not do as it should: the old one runs again, or the new one is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults import Faults
from tests.lab import activemq, tiny_hosts
from tests.lab.fault_runs import At
from tests.lab.fault_table import Fault, try_out
from tests.lab.ground import Ground
from tests.lab.injections import SQUATTER
from tests.until import until

TLS = "/etc/activemq/instances-available/main/tls"


@contextmanager
def misbehaves(ground: Ground, **settings: object) -> Iterator[None]:
    """The service does so with new files only."""
    tiny_hosts.behave(ground.victim, **settings)
    yield
    ground.victim.path(tiny_hosts.SETTINGS).unlink()


@contextmanager
def hangs_on_stop(ground: Ground) -> Iterator[None]:
    """The service that runs now does not hear SIGTERM."""
    tiny_hosts.behave_now(ground.victim, STOPS="never")
    ground.victim.path(tiny_hosts.SETTINGS).unlink()
    yield


@contextmanager
def cannot_read_its_store(ground: Ground) -> Iterator[None]:
    """The folder for the stores is there already, and only root may enter it."""
    ground.victim.run(["mkdir", "-m", "700", TLS])
    yield
    ground.victim.run(["rmdir", TLS])


@contextmanager
def port_taken(ground: Ground) -> Iterator[None]:
    """Another program takes the port after the checks before the run."""
    host = ground.victim
    pid = host.run(f'python3 -c "{SQUATTER}" >/dev/null 2>&1 & echo $!').stdout.strip()
    until(lambda: activemq.listens(host, tiny_hosts.TLS), 20, "the squatter")
    yield
    host.run(["kill", pid])


FAULTS = {
    "service hangs on stop": Fault(
        hangs_on_stop, 0, ("spoke-a: the broker did not stop within 45 s and was killed",),
        left="new",
    ),
    "service comes up and dies after 5 s": Fault(
        lambda g: misbehaves(g, DIES_AFTER=5), 4,
        ("spoke-a: it came up, but then died", "OutOfMemoryError", "runs with them"),
    ),
    "service dies after 5 s and is started again": Fault(
        lambda g: misbehaves(g, DIES_AFTER=4, AGAIN=1), 4,
        ("spoke-a: it came up, but then died, and was started again",),
    ),
    "service takes two minutes": Fault(lambda g: misbehaves(g, START_SECONDS=120), 0, left="new"),
    "service cannot read its store": Fault(
        cannot_read_its_store, 4, ("spoke-a", "Permission denied", "runs with them"), start="plain",
    ),
    "port taken before the start": Fault(
        port_taken, 4, ("spoke-a", "in use", "runs with them"),
        at=At(host="spoke-a", state="staging"), start="plain",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_service_that_does_not_do_as_it_should(ground: Ground, faults: Faults, name: str) -> None:
    try_out(ground, faults, name, FAULTS[name])
