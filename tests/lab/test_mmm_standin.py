"""The stand-ins for MySQL-MMM run on lab hosts as services, plain, and know who has which role."""

from __future__ import annotations

import pytest

from tests.lab import mmm_hosts
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.mmm_configs import READERS, WRITER
from tests.lab.mmm_hosts import MONITOR_PORT, Farm
from tests.until import until


def farm(lab: Lab, *, two: bool) -> Farm:
    """Make the hub the monitor; the second agent's host asks it from afar too."""
    agents = {"db1": lab["spoke-a"], "db2": lab["spoke-b"]}
    return Farm(lab["hub"], agents, controls=[lab["spoke-b"]], two=two)


def _roles(made: Farm, host: LabHost | None = None) -> list[str]:
    return sorted(role for shown in made.show(host).values() for role in shown.roles)


@pytest.mark.parametrize("two", [True, False], ids=["2.x", "1.x"])
def test_a_plain_farm_shares_its_roles(fresh_lab: Lab, two: bool) -> None:
    made = farm(fresh_lab, two=two)
    mmm_hosts.install(made)
    mmm_hosts.start(made)
    end = "" if two else ";"
    every = [f"reader({ip}{end})" for ip in READERS] + [f"writer({WRITER}{end})"]
    until(lambda: _roles(made) == every, 30, "every role on some host")
    assert {name: shown.state for name, shown in made.show().items()} == {
        "db1": "ONLINE",
        "db2": "ONLINE",
    }
    until(
        lambda: made.vips() == {name: list(shown.roles) for name, shown in made.show().items()},
        30,
        "the agents to do as they are told",
    )
    afar = fresh_lab["spoke-b"]
    assert made.show(afar) == made.show()
    assert "OK: Pinged successfully!" in made.control("ping", host=afar)
    if two:
        assert made.control("mode", host=afar).split() == ["ACTIVE"]
        assert "Added: reader(" in made.log("db1") + made.log("db2")
    _survives_a_restart(made)
    _moves_the_writer(made)


def _survives_a_restart(made: Farm) -> None:
    """The monitor comes back to the same roles: plain sockets know no TIME_WAIT trap."""
    before = made.show()
    made.monitor.run(["systemctl", "restart", made.monitor_unit])
    mmm_hosts.wait_for_port(made.monitor, MONITOR_PORT)
    assert made.show() == before


def _moves_the_writer(made: Farm) -> None:
    held = {name: shown.roles for name, shown in made.show().items()}
    (holder,) = [n for n, roles in held.items() if any(r.startswith("writer") for r in roles)]
    (other,) = set(held) - {holder}
    made.fails(f"{holder}.mysql")
    until(lambda: len(made.show()[other].roles) == 3, 30, "all roles on the other host")
    assert made.show()[holder].state == "HARD_OFFLINE"
    until(lambda: not made.vips()[holder], 30, "no address on the failed host")
    assert made.killed() == []
