"""An agent that does not come up gets its old state back, and nothing fails over meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults import Faults
from tests.lab import mmm_hosts, rabbitmq
from tests.lab.farm import MmmSite
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.until import until

DROPIN = "/etc/systemd/system/mysql-mmm-agent.service.d"
LEAF = "/etc/mysql-mmm/ssl/ssl_crt.pem"


def test_an_agent_that_fails_is_put_back_and_no_role_moves(
    fresh_lab: Lab, tmp_path: Path, faults: Faults
) -> None:
    mmm = MmmSite(tmp_path, fresh_lab, two=True, controls=False)
    weak = mmm.farm.agents["db2"]
    _all_go_back_to_plain(mmm, weak)
    faults.saw("agent cannot start with TLS", "all back to plain, no role moved, exit 4")
    mmm.site.run("apply", "--yes", expect=0)
    assert all(mmm.served())
    _nothing_is_sent_in_the_clear(mmm)
    _one_stays_with_its_old_certificate(mmm, weak)
    faults.saw("agent refuses a new certificate", "its old one is served, no role moved, exit 4")
    _a_failing_server_moves_nothing_while_roles_are_held(mmm)
    faults.saw("MySQL fails while roles are held", "no role moved, no host killed")
    mmm.site.run("apply", "--yes", expect=0)
    assert mmm.farm.control("mode").split() == ["ACTIVE"]
    mmm.nothing_moved()
    mmm.site.run("plan", expect=0)


def _all_go_back_to_plain(mmm: MmmSite, weak: LabHost) -> None:
    """Plain and TLS do not mix: with one agent that cannot start, all go back."""
    with _starts_only_as_now(weak):
        done = mmm.site.run("apply", "--yes", expect=4)
    assert "spoke-b" in done.stdout
    assert mmm.served() == ["", "", ""]
    mmm.nothing_moved()
    assert mmm.content()[1:] == mmm.stock[1:]


def _one_stays_with_its_old_certificate(mmm: MmmSite, weak: LabHost) -> None:
    served = mmm.served()
    with _starts_only_as_now(weak):
        done = mmm.site.run("rotate", "--all", "--yes", expect=4)
    assert "spoke-b" in done.stdout
    assert "nothing fails over until an apply has gone to its end" in done.stdout
    assert mmm.served()[2] == served[2]
    mmm.nothing_moved()


def _a_failing_server_moves_nothing_while_roles_are_held(mmm: MmmSite) -> None:
    """An active monitor would move the writer, and kill whom it cannot tell."""
    farm = mmm.farm
    assert farm.control("mode").split() == ["MANUAL"]
    writer = next(n for n, one in mmm.before.items() if any("writer" in r for r in one.roles))
    farm.fails(f"{writer}.mysql")
    until(lambda: mmm.shown()[writer].state == "HARD_OFFLINE", 60, "the monitor to see it")
    assert farm.killed() == []
    assert mmm.shown()[writer].roles == mmm.before[writer].roles
    farm.fails(f"{writer}.mysql", now=False)
    until(lambda: mmm.shown()[writer].state == "AWAITING_RECOVERY", 60, "the server's return")
    assert farm.control("set_online", writer).startswith("OK")
    until(lambda: mmm.shown() == mmm.before, 60, "everything as before")


def _nothing_is_sent_in_the_clear(mmm: MmmSite) -> None:
    """The monitor tells its agents their roles every few seconds."""
    host = mmm.farm.agents["db1"]
    with rabbitmq.captured(host, mmm_hosts.AGENT_PORT) as seen:
        data = seen()
    assert len(data) > 5000
    assert b"SET_STATUS" not in data


@contextmanager
def _starts_only_as_now(host: LabHost) -> Iterator[None]:
    """Let the agent's service refuse to start with another certificate than the one there now."""
    sum_ = f"cat {LEAF} 2>/dev/null | sha256sum"
    now = host.run(sum_).stdout.strip()
    host.run(f"mkdir -p {DROPIN}")
    host.path(f"{DROPIN}/x.conf").write_text(
        f"[Service]\nExecStartPre=/bin/sh -c '{sum_} | grep -qxF \"{now}\"'\n"
    )
    host.run("systemctl daemon-reload")
    yield
    host.run(f"rm -r {DROPIN}; systemctl daemon-reload")
