"""What broken TLS does to the roles of 2.x, by mode, and when files are read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.judges import need
from tests.unit.mmm_certificates import Issuer, Pair
from tests.unit.mmm_processes import REUSE, block
from tests.unit.mmm_sites import Site, site
from tests.until import until

SECONDS = 20
# Restarts are not what is looked at here.
REUSED = {"PERL5OPT": REUSE}
WRITER = "writer(192.0.2.100)"
KILLING = "FATAL Can't send offline status notification to 'db1' - killing it!"


@pytest.fixture
def ca(tmp_path: Path) -> Issuer:
    need("perl")
    return Issuer(tmp_path, "ca")


@pytest.fixture
def made(tmp_path: Path, ca: Issuer) -> Iterator[Site]:
    """A site with TLS whose writer is on db1."""
    with site(tmp_path) as hosts:
        pairs = {place.name: ca.issue(place.name, sans=[place.address]) for place in hosts.places()}
        hosts.write_two({name: block(pair, ca.file) for name, pair in pairs.items()})
        hosts.start_two(REUSED)
        hosts.online()
        until(lambda: _writers(hosts) == ["db1"], SECONDS, "the writer on db1")
        yield hosts


def _writers(hosts: Site) -> list[str]:
    """Name the hosts that have the writer's address set."""
    return [agent.name for agent in hosts.agents if WRITER in agent.vips(agent.name)]


def _show(hosts: Site) -> str:
    return hosts.two("show")[0]


def _killed(hosts: Site) -> list[str]:
    path = hosts.monitor.root / "run/mmm-standin/killed"
    return path.read_text().split() if path.exists() else []


def _break(hosts: Site, ca: Issuer, name: str = "db1") -> None:
    """Start an agent again with a certificate that its monitor refuses."""
    (agent,) = (agent for agent in hosts.agents if agent.name == name)
    agent.stop()
    wrong = ca.issue("wrong", sans=[agent.address], expired=True)
    hosts.write_common(agent, block(wrong, ca.file))
    agent.start("two/mmm_agentd", REUSED)
    unreachable = f"FATAL Can't reach agent on host '{name}'"
    until(lambda: unreachable in hosts.monitor.log("mmm_mond"), SECONDS, unreachable)


def test_the_writer_moves_when_mysql_fails_and_back_by_hand(made: Site) -> None:
    made.monitor.fails("db1.mysql")
    until(lambda: _writers(made) == ["db2"], SECONDS, "the writer on db2")
    assert "master/HARD_OFFLINE. Roles: \n" in _show(made)
    assert made.agents[0].vips("db1") == []
    assert (
        "FATAL State of host 'db1' changed from ONLINE to HARD_OFFLINE (ping: OK, mysql: not OK)"
        in made.monitor.log("mmm_mond")
    )
    made.monitor.fails("db1.mysql", now=False)
    until(lambda: "AWAITING_RECOVERY" in _show(made), SECONDS, "MySQL again")
    assert made.two("set_online", "db1")[0].startswith("OK: ")
    assert made.two("move_role", "writer", "db1")[0].startswith("OK: ")
    until(lambda: _writers(made) == ["db1"], SECONDS, "the writer on db1")
    assert _killed(made) == []


def test_an_unreachable_agent_keeps_its_roles_until_mysql_fails(made: Site, ca: Issuer) -> None:
    """The danger: an active monitor gives the writer away that it cannot take back."""
    _break(made, ca)
    said = _show(made)
    assert "# Warning: agent on host db1 is not reachable\n" in said
    assert "master/ONLINE" in said.splitlines()[1]
    assert _writers(made) == ["db1"]
    made.monitor.fails("db1.mysql")
    until(lambda: _writers(made) == ["db1", "db2"], SECONDS, "the writer on both hosts")
    assert KILLING in made.monitor.log("mmm_mond")
    assert _killed(made) == ["db1"]


def test_a_manual_monitor_shows_the_warning_and_moves_nothing(made: Site, ca: Issuer) -> None:
    assert made.two("set_manual") == ("OK: Switched into manual mode.\n\n", 0)
    assert made.two("mode") == ("MANUAL\n\n", 0)
    _break(made, ca)
    assert "# Warning: agent on host db1 is not reachable\n" in _show(made)
    made.monitor.fails("db1.mysql")
    until(lambda: "HARD_OFFLINE" in _show(made), SECONDS, "the failure to be seen")
    assert f"HARD_OFFLINE. Roles: reader(192.0.2.102), {WRITER}\n" in _show(made)
    assert _writers(made) == ["db1"]
    assert _killed(made) == []
    assert made.two("set_active") == ("OK: Switched into active mode.\n\n", 0)
    until(lambda: _writers(made) == ["db1", "db2"], SECONDS, "the writer on both hosts")
    assert _killed(made) == ["db1"]


def test_a_passive_monitor_sees_nothing(made: Site) -> None:
    assert made.two("set_passive") == ("OK: Switched into passive mode.\n\n", 0)
    made.agents[0].stop()
    made.monitor.fails("db2.mysql")
    # Rounds of an active monitor pass meanwhile, as the end of this test tells.
    for _ in range(6):
        said = _show(made)
        assert "# Warning" not in said
        assert "HARD_OFFLINE" not in said
    assert "Can't reach" not in made.monitor.log("mmm_mond")
    made.two("set_active")
    until(lambda: "# Warning" in (said := _show(made)) and "HARD_OFFLINE" in said, 2, "both")


def test_the_mode_is_forgotten_by_a_restart_and_the_roles_are_not(made: Site) -> None:
    made.two("set_manual")
    before = _show(made)
    made.monitor.stop()
    made.write_monitor(made.monitor, more="    mode manual")
    _start_again(made)
    assert made.two("mode")[0] == "MANUAL\n\n"
    made.monitor.stop()
    made.write_monitor(made.monitor)
    _start_again(made)
    assert made.two("mode")[0] == "ACTIVE\n\n"
    assert _show(made) == before


def _start_again(hosts: Site) -> None:
    hosts.monitor.start("two/mmm_mond", REUSED)
    hosts.wait_for_monitor()


def test_an_agent_that_comes_back_is_told_its_roles_again(made: Site) -> None:
    (agent,) = (agent for agent in made.agents if agent.name == "db1")
    agent.stop()
    log = made.monitor.log
    until(lambda: "Can't reach agent on host 'db1'" in log("mmm_mond"), SECONDS, "the loss")
    assert WRITER in agent.vips("db1")
    added = agent.log("mmm_agentd").count("Added: ")
    agent.start("two/mmm_agentd", REUSED)
    until(lambda: "is reachable again" in log("mmm_mond"), SECONDS, "the return")
    until(lambda: agent.log("mmm_agentd").count("Added: ") == added + 1, SECONDS, "the roles")
    assert _writers(made) == ["db1"]


def test_a_sender_reads_its_files_each_time_and_a_listener_once(made: Site, ca: Issuer) -> None:
    """A leaf of a new CA on the monitor works at once on its dials, and its port keeps the old."""
    new = Issuer(ca.folder, "new")
    pair = new.issue("next", sans=[made.monitor.address])
    own = Pair(ca.folder / "mon.crt", ca.folder / "mon.key")
    assert "Warning" not in _show(made)
    for fresh, old in ((pair.cert, own.cert), (pair.key, own.key)):
        shutil.copy(fresh, old)
    words = "WARN Received undefined answer from host db1."
    until(lambda: words in made.monitor.log("mmm_mond"), SECONDS, words)
    # The port still shows the old leaf, which the remote host trusts; its own is still good.
    done = made.two("show", place=made.control)
    assert "# Warning: agent on host db1 is not reachable\n" in done[0]
    # The same host's mmm_control is refused: it dials with the new leaf.
    assert "Roles" not in _show(made)
