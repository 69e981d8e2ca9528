"""A host loses power at a moment of the transaction: once it is up the next apply mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import pytest

from tests.faults import Faults
from tests.lab import tiny_hosts
from tests.lab.fault_runs import At
from tests.lab.ground import Ground
from tests.lab.injections import WAIT, came_to_hook, hooked


@dataclass(frozen=True)
class Loss:
    """Take the power when the run waits at an event, or the host at a hook."""

    at: At
    left: str
    prepare: Callable[[Ground], AbstractContextManager[object]] = lambda ground: nullcontext()
    hook: bool = False


@contextmanager
def slow(ground: Ground) -> Iterator[None]:
    """The service takes a while to open its ports."""
    tiny_hosts.behave(ground.victim, START_SECONDS=60)
    yield
    ground.victim.path(tiny_hosts.SETTINGS).unlink()


LOSSES = {
    "power lost before the renames": Loss(At(state="switching"), "old"),
    "power lost between two renames": Loss(
        At(state="switching"), "",
        lambda g: hooked(g.victim, "mv", f'case "$*" in *activemq.xml) {WAIT} ;; esac'), hook=True,
    ),
    "power lost after the renames": Loss(At(state="starting"), ""),
    "power lost during the restart": Loss(At(state="checking"), "", slow),
    "power lost between hold and commit": Loss(At(state="holding", text="tidying"), "new"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_a_host_that_lost_power_is_mended_by_the_next_apply(
    ground: Ground, faults: Faults, name: str
) -> None:
    loss, host = LOSSES[name], ground.victim
    ground.reset("tls")
    with loss.prepare(ground):
        run = ground.start(loss.at, "wait")
        run.waits()
        if loss.hook:
            run.go_on()
            came_to_hook(host)
        host.power_off()
        if not loss.hook:
            run.go_on()
        seen = ground.end(run)
    host.power_on()
    assert seen.exit == 13, seen.said
    assert "spoke-a: the connection was lost" in seen.said
    assert "tlswright apply" in seen.said
    host.ready()
    if loss.left:
        ground.service_is_up()
        assert ground.state() == loss.left
    words = {"old": "old state", "new": "new state", "": "neither state yet"}[loss.left]
    faults.saw(name, f"{words} after the boot, exit 13")
    ground.finishes()
    faults.saw(name, f"{words} after the boot, exit 13; next apply finished")
