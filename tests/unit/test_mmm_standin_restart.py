"""Restarts of 2.x: what TIME_WAIT does to listeners with TLS, and what the angel hears."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.unit.judges import need
from tests.unit.mmm_certificates import Issuer, Pair
from tests.unit.mmm_processes import AGENT, MONITOR, REUSE, Place, block, lingers, listens
from tests.unit.mmm_sites import Site, all_good, explained, hold, site, wait_for_log
from tests.until import until


@pytest.fixture
def ca(tmp_path: Path) -> Issuer:
    need("perl")
    return Issuer(tmp_path, "ca")


@pytest.fixture
def pair_of(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, ("db1",)) as made:
        yield made


def _hung_up_on_by(agent: Place, ca: Issuer) -> None:
    """Let the agent close first, which leaves TIME_WAIT with it."""
    with hold(agent.address, AGENT, ca.issue("guest"), ca) as guest:
        guest.sendall(b"quit\n")
        assert guest.recv(1) == b""
        # The end of TLS is not yet that of TCP.
        with socket.socket(fileno=guest.detach()) as raw:
            assert raw.recv(1) == b""
    until(lambda: lingers(agent.address, AGENT), 5, "TIME_WAIT")


@pytest.mark.parametrize(("before", "after"), [(False, False), (False, True), (True, True)])
def test_time_wait_keeps_an_agent_with_tls_from_coming_back(
    pair_of: Site, ca: Issuer, before: bool, after: bool
) -> None:
    """The environment helps only where the old process had it too."""
    (agent,) = pair_of.agents
    pair_of.write_two(all_good(pair_of, ca))
    agent.start("two/mmm_agentd", {"PERL5OPT": REUSE} if before else {})
    pair_of.wait_for_agents()
    _hung_up_on_by(agent, ca)
    agent.stop()
    agent.start("two/mmm_agentd", {"PERL5OPT": REUSE} if after else {})
    if before and after:
        pair_of.wait_for_agents()
        assert agent.log("mmm_agentd") == ""
        return
    base = "INET" if after else "IP"
    wait_for_log(agent, "mmm_agentd", "FATAL Child exited with exitcode 98, restarting")
    assert (
        f"FATAL Listener: Can't create socket!\n  IO::Socket::{base} configuration failed\n"
    ) in agent.log("mmm_agentd")
    assert explained(agent, "mmm_agentd") == ["mmm-port-taken", "mmm-exit-time-wait"]
    _drop_time_wait(agent.address)
    until(lambda: listens(agent.address, AGENT), 90, "the angel to have healed it")


def _drop_time_wait(where: str) -> None:
    """Save the minute that TIME_WAIT lasts, where the kernel lets us."""
    words = ["ss", "-K", "-Htan", "state", "time-wait", f"src {where}"]
    subprocess.run(words, capture_output=True, check=False)


def test_time_wait_does_not_matter_to_a_plain_agent(pair_of: Site) -> None:
    (agent,) = pair_of.agents
    pair_of.write_two()
    agent.start("two/mmm_agentd")
    pair_of.wait_for_agents()
    with socket.create_connection((agent.address, AGENT), 5) as raw:
        raw.sendall(b"quit\n")
        assert raw.recv(100) == b""
    until(lambda: lingers(agent.address, AGENT), 5, "TIME_WAIT")
    agent.stop()
    agent.start("two/mmm_agentd")
    pair_of.wait_for_agents()
    assert agent.log("mmm_agentd") == ""


def _leaves_time_wait(made: Site) -> bool:
    """Ask the monitor; seldom mmm_control is so quick that it closes first."""
    assert made.two("ping") == ("OK: Pinged successfully!\n\n", 0)
    return lingers(made.monitor.address, MONITOR)


def test_a_monitor_runs_on_without_its_port(pair_of: Site, ca: Issuer) -> None:
    pair_of.write_two(all_good(pair_of, ca))
    pair_of.start_two()
    until(partial(_leaves_time_wait, pair_of), 20, "TIME_WAIT of mmm_control")
    pair_of.monitor.stop()
    running = pair_of.monitor.start("two/mmm_mond")
    wait_for_log(pair_of.monitor, "mmm_mond", "FATAL Listener: Can't create socket!\n  IO::Socket")
    pair_of.agents[0].stop()
    wait_for_log(pair_of.monitor, "mmm_mond", "FATAL Can't reach agent on host 'db1'")
    assert running.process.poll() is None
    assert "Child exited" not in pair_of.monitor.log("mmm_mond")
    assert pair_of.two("ping") == ("ERROR: Can't connect to monitor daemon!\n", 1)


def test_the_angel_hears_no_term_while_its_child_is_dead(pair_of: Site, ca: Issuer) -> None:
    (agent,) = pair_of.agents
    wrong = block(Pair(ca.folder / "none.crt", ca.folder / "none.key"), ca.file)
    pair_of.write_two({"db1": wrong})
    running = agent.start("two/mmm_agentd")
    wait_for_log(agent, "mmm_agentd", "exitcode 2,")
    running.process.send_signal(signal.SIGTERM)
    until(lambda: agent.log("mmm_agentd").count("exitcode 2,") > 1, 20, "the child's next death")
    assert running.process.poll() is None


def test_a_healthy_agent_ends_when_told(pair_of: Site) -> None:
    (agent,) = pair_of.agents
    pair_of.write_two()
    running = agent.start("two/mmm_agentd")
    pair_of.wait_for_agents()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 0
    assert "Child exited normally" in agent.log("mmm_agentd")
