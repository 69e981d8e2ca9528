"""The stand-ins for MySQL-MMM run on lab hosts as services, plain, and know who has which role."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab import mmm_hosts
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.mmm_configs import READERS, WRITER
from tests.lab.mmm_hosts import MONITOR_PORT, Farm
from tests.unit.mmm_certificates import Issuer
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


def test_a_monitor_with_tls_needs_the_environment_to_be_restarted(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    """Every mmm_control leaves TIME_WAIT on its port; the service's environment makes up for it."""
    made = farm(fresh_lab, two=True)
    mmm_hosts.install(made)
    authority = Issuer(tmp_path, "ca")
    for host in made.hosts:
        _write_tls(host, authority)
    mmm_hosts.start(made)
    until(lambda: _leaves_time_wait(made), 10, "TIME_WAIT")
    made.monitor.run(["systemctl", "restart", made.monitor_unit])
    until(lambda: "Listener: Can't create socket!" in made.log(), 30, "the listener's end")
    assert not mmm_hosts.listens(made.monitor, MONITOR_PORT)
    default = made.monitor.path("/etc/default/mysql-mmm-monitor")
    default.write_text(f"{default.read_text()}PERL5OPT=-MIO::Socket::SSL=inet4\n")
    mmm_hosts.wait_for_rest(made)
    for _ in range(2):
        made.monitor.run(["systemctl", "restart", made.monitor_unit])
        mmm_hosts.wait_for_port(made.monitor, MONITOR_PORT)
        until(lambda: _leaves_time_wait(made), 10, "TIME_WAIT")
    assert "OK: Pinged successfully!" in made.control("ping", host=fresh_lab["spoke-b"])
    assert {shown.state for shown in made.show().values()} == {"ONLINE"}
    assert made.warnings() == []


def _leaves_time_wait(made: Farm) -> bool:
    """Ask the monitor; seldom mmm_control is so quick that it closes first."""
    assert "OK: Pinged successfully!" in made.control("ping")
    return mmm_hosts.lingers(made.monitor, MONITOR_PORT)


def _write_tls(host: LabHost, authority: Issuer) -> None:
    """Give a host a pair of its own, and the section that asks for TLS."""
    pair = authority.issue(host.name, sans=[host.address])
    folder = host.path("/etc/mysql-mmm/tls")
    folder.mkdir(mode=0o700)
    for name, source in (("own.crt", pair.cert), ("own.key", pair.key), ("ca.pem", authority.file)):
        (folder / name).write_bytes(source.read_bytes())
    common = host.path("/etc/mysql-mmm/mmm_common.conf")
    options = "\ttype ssl\n\tcert_file /etc/mysql-mmm/tls/own.crt\n"
    options += "\tkey_file /etc/mysql-mmm/tls/own.key\n\tca_file /etc/mysql-mmm/tls/ca.pem\n"
    common.write_text(f"{common.read_text()}\n<socket>\n{options}</socket>\n")
