"""What is asked of MMM on its hosts, under two shells, of plain and TLS, and of both versions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.quoting import sh
from app.rendering import render_template
from tests.unit.judges import need
from tests.unit.mmm_certificates import Issuer
from tests.unit.mmm_local import SHELLS, Local, local
from tests.unit.mmm_processes import AGENT, MONITOR, SECONDS, lingers, listens
from tests.until import until


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Local]:
    for tool in ("perl", "ss", *SHELLS):
        need(tool)
    with local(tmp_path) as found:
        yield found


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Local]:
    for tool in ("perl", "ss", *SHELLS):
        need(tool)
    with local(tmp_path, two=False) as found:
        yield found


def everywhere(site: Local) -> dict[str, dict[str, str]]:
    """Put our certificates on every host."""
    return {place.name: site.certify(place.name) for place in site.farm.places()}


def start(site: Local) -> None:
    """Start agents and monitor, and give every host its roles."""
    if site.two:
        site.farm.start_two()
        for agent in site.farm.agents:
            # As mmm_control would, which leaves the port in TIME_WAIT.
            assert site.tell(f"set_online {agent.name}").startswith("OK:")
        until(lambda: all(a.vips(a.name) for a in site.farm.agents), SECONDS, "roles on every host")
        return
    for agent in site.farm.agents:
        agent.start("one/mmmd_agent")
    site.farm.wait_for_agents()
    site.farm.monitor.start("one/mmmd_mon")
    site.farm.wait_for_monitor()
    for agent in site.farm.agents:
        site.farm.monitor.run("one/mmm_control", "set_online", agent.name)
    until(lambda: any(a.vips(a.name) for a in site.farm.agents), SECONDS, "the writer's role")


def transports(site: Local) -> list[str]:
    return [site.layout(name).facts["transport"] for name in ("mon", "db1", "db2", "control")]


def test_plain_and_running(two: Local) -> None:
    two.write({})
    start(two)
    found = two.layout("mon")
    assert found.problems == ()
    assert (found.facts["mode"], found.facts["writers"]) == ("ACTIVE", "db1")
    assert (found.facts["warned"], found.facts["away"], found.facts["failing"]) == ("", "", "")
    assert "writer(192.0.2.100)" in found.facts["roles"]
    for two.shell in SHELLS:
        assert transports(two) == ["plain"] * 4
        assert two.check("db1").code == 0
        assert two.check("mon").code == 0


def test_tls_and_running_leaves_no_port_behind(two: Local) -> None:
    two.write(everywhere(two))
    start(two)
    for two.shell in SHELLS:
        assert transports(two) == ["tls"] * 4
        assert two.layout("mon").facts["mode"] == "ACTIVE"
        assert two.check("db1").code == 0
        assert two.check("mon").code == 0
    assert not lingers(two.farm.monitor.address, MONITOR)
    assert not lingers(two.farm.agents[0].address, AGENT)
    assert all(holds for holds, _ in two.proven().values()), two.proven()


def test_tls_of_1x(one: Local) -> None:
    one.write(everywhere(one))
    start(one)
    assert transports(one) == ["tls"] * 4
    found = one.layout("mon")
    assert (found.facts["mode"], found.facts["writers"]) == ("", "db1")
    for one.shell in SHELLS:
        assert one.check("db1").code == 0
        assert one.check("mon").code == 0
    assert all(holds for holds, _ in one.proven().values()), one.proven()


def test_a_plain_agent_of_1x_outlives_being_asked(one: Local) -> None:
    """It would die of TLS, and our certificates may lie there already."""
    one.write({})
    everywhere(one)
    start(one)
    for _ in range(2):
        assert transports(one) == ["plain"] * 4
    assert one.check("db1").code == 0
    assert all(listens(agent.address, AGENT) for agent in one.farm.agents)
    assert listens(one.farm.monitor.address, MONITOR)


def test_a_monitor_of_1x_that_does_not_answer_proves_nothing(one: Local) -> None:
    """Its mmm_control then tells of what stood in the status file, and says that all is well."""
    one.write(everywhere(one))
    start(one)
    one.certify("mon", Issuer(one.folder, "other"))
    said = one.proven()
    assert not any(holds for title, (holds, _) in said.items() if "mon>db" in title), said
    assert one.check("mon").code == 1


def test_tls_of_others(two: Local) -> None:
    other = Issuer(two.folder, "Old CA g1")
    two.write({p.name: two.certify(p.name, other) for p in two.farm.places()})
    start(two)
    found = two.layout("mon")
    assert transports(two) == ["other"] * 4
    # mmm_control is let in, and so we know.
    assert (found.facts["mode"], found.facts["writers"]) == ("ACTIVE", "db1")
    for name in ("db1", "mon"):
        assert two.check(name, undoing=True).code == 0


def test_tls_of_others_at_other_paths(two: Local) -> None:
    blocks = {p.name: two.certify(p.name) for p in two.farm.places()}
    for place in two.farm.places():
        old = place.path("etc/mysql-mmm/ssl")
        moved = old.rename(old.with_name("own"))
        where = blocks[place.name]
        blocks[place.name] = {k: v.replace(str(old), str(moved)) for k, v in where.items()}
    two.write(blocks)
    start(two)
    assert transports(two) == ["other"] * 4
    assert two.layout("mon").facts["mode"] == "ACTIVE"
    assert two.check("db1", undoing=True).code == 0
    assert two.check("mon", undoing=True).code == 0


def test_a_stale_agent_is_seen(two: Local) -> None:
    two.write(everywhere(two))
    start(two)
    two.certify("db1")
    said = two.check("db1")
    assert (said.code, "does not present the certificate" in said.out) == (1, True)


def test_a_monitor_that_warns_is_not_healthy_but_may_go_back(two: Local) -> None:
    two.write({})
    start(two)
    two.farm.agents[1].stop()
    until(lambda: "# Warning" in two.farm.two("show")[0], SECONDS, "a warning")
    said = two.check("mon")
    assert (said.code, "agent on host db2 is not reachable" in said.out) == (1, True)
    assert two.check("mon", undoing=True).code == 0
    assert "db2 is not reachable" in two.layout("mon").facts["warned"]
    assert two.proven()["mon>db2 the monitor reaches it, roles as before"][0] is False


def test_a_monitor_that_lets_nobody_in_is_not_healthy(two: Local) -> None:
    two.write(everywhere(two))
    start(two)
    other = Issuer(two.folder, "other")
    two.certify("mon", other)
    said = two.check("mon")
    assert (said.code, "reaches no monitor" in said.out) == (1, True)
    assert two.layout("mon").facts["mode"] == ""
    assert any("gives us no answer" in text for text in two.layout("mon").warnings)


def test_nothing_runs(two: Local) -> None:
    two.write({})
    found = two.layout("mon")
    assert (found.facts["running"], found.facts["mode"], found.stale) == (
        "no",
        "",
        "it does not run",
    )
    assert two.check("db1").code == 1
    assert "nothing listens" in two.check("db1").out
    assert two.check("mon").code == 1


def test_what_holds_a_port(two: Local) -> None:
    """A closed connection does, with TLS; others at other addresses of the host do not."""
    two.write({})
    two.farm.start_two()

    def held(name: str, state: str) -> bool:
        script = render_template("mmm/free.sh.j2", port=MONITOR, own=sh(two.place(name).address))
        return two.run(name, f"{script}\nheld {state}").code == 0

    for two.shell in SHELLS:
        assert [held("mon", "LISTEN"), held("mon", "TIME-WAIT")] == [True, False]
        assert not held("db1", "LISTEN")
    two.farm.two("mode")
    assert lingers(two.farm.monitor.address, MONITOR)
    two.farm.monitor.stop()
    for two.shell in SHELLS:
        assert [held("mon", "LISTEN"), held("mon", "TIME-WAIT"), held("mon", "other")] == [
            False, True, True,
        ]  # fmt: skip
        assert not held("db1", "other")
