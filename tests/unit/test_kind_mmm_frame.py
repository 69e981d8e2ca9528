"""A change of MMM is framed by holding the roles: always right, also after runs that died."""

from __future__ import annotations

import pytest

from tests.unit.mmm_plans import COMMON, MON, World, phases, show

FIRST = ["guard: mon", "deploy: mon a1 a2", "deploy: ctl", "free: mon"]
ROLLING = ["guard: mon", "deploy: a2", "deploy: a1", "deploy: mon", "deploy: ctl", "free: mon"]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def done() -> World:
    found = World()
    found.apply(found.plan())
    return found


def test_a_change_is_framed_and_puts_the_file_back(world: World) -> None:
    before = world.read("mon", MON)
    plan = world.plan()
    assert phases(plan) == FIRST
    world.apply(plan)
    assert world.read("mon", MON) == before
    assert world.told == ["MANUAL", "ACTIVE"]
    assert phases(world.plan()) == []


def test_the_writer_comes_last_of_the_agents(done: World) -> None:
    assert phases(done.plan("mon", "a1", "a2", "ctl")) == ROLLING
    held = {"db1": "reader(192.0.2.101)", "db2": "writer(192.0.2.100)"}
    done.outputs["mon"]["mmm-monitor"] = show(roles=held)
    assert phases(done.plan("a1", "a2"))[1:3] == ["deploy: a1", "deploy: a2"]


def test_the_writer_is_who_has_the_role_that_the_files_name(done: World) -> None:
    for host in ("mon", "a1", "a2", "ctl"):
        text = done.read(host, COMMON).replace("active_master_role\twriter", "active_master_role m")
        done.write(host, COMMON, text)
    held = {"db1": "m(192.0.2.100)", "db2": "not_writer(192.0.2.101)"}
    done.outputs["mon"]["mmm-monitor"] = show(roles=held)
    assert phases(done.plan("a1", "a2"))[1:3] == ["deploy: a2", "deploy: a1"]


def test_one_agent_alone_is_framed_and_a_control_host_is_not(done: World) -> None:
    assert phases(done.plan("a1")) == ["guard: mon", "deploy: a1", "free: mon"]
    assert phases(done.plan("ctl")) == ["deploy: ctl"]


@pytest.mark.parametrize("steps", range(5))
def test_a_run_that_died_anywhere_is_gone_on_with_and_ends_free(world: World, steps: int) -> None:
    before = world.read("mon", MON)
    world.apply(world.plan(), steps=steps)
    plan = world.plan()
    assert phases(plan) == FIRST[steps:]
    world.apply(plan)
    assert (world.read("mon", MON), world.mode) == (before, "ACTIVE")
    assert phases(world.plan()) == []


def test_a_monitor_that_was_set_active_in_between_is_held_again(world: World) -> None:
    world.apply(world.plan(), steps=1)
    world.mode = "ACTIVE"
    plan = world.plan()
    assert phases(plan) == FIRST
    (again,) = plan.steps[0].members
    assert (again.changes, "set it to ACTIVE" in again.reason) == ((), True)
    world.apply(plan)
    assert world.told == ["MANUAL", "MANUAL", "ACTIVE"]


def test_what_the_user_holds_stays_held(world: World) -> None:
    text = world.read("mon", MON).replace("<monitor>", "<monitor>\n    mode manual")
    world.write("mon", MON, text)
    world.mode = "MANUAL"
    plan = world.plan()
    assert phases(plan) == FIRST[1:3]
    world.apply(plan)
    assert (world.read("mon", MON), world.mode) == (text, "MANUAL")


@pytest.mark.parametrize("version", ["2.0.11", "2.1.0"])
def test_what_knows_no_mode_manual_is_not_told_of_it(world: World, version: str) -> None:
    for outputs in world.outputs.values():
        outputs["mmm-version"] = f"two={version}\nperl=2.081\n"
    plan = world.plan()
    assert phases(plan) == FIRST[1:3]
    assert any("knows no mode manual" in check.text for check in plan.checks)


def test_an_agent_that_is_added_later(done: World) -> None:
    done.files["a3"] = {p: f for p, f in done.files["a2"].items() if "/ssl/" not in p}
    done.outputs["a3"] = dict(done.outputs["a2"])
    done.outputs["a3"]["mmm-port"] = "plain"
    done.text = done.text.replace("  ctl:", "  a3: {address: 10.0.0.3}\n  ctl:")
    done.text = done.text.replace("[a1, a2]", "[a1, a2, a3]")
    for host in done.files:
        common = done.read(host, COMMON)
        added = common.replace("<host db2>", "<host db3>\n    ip 10.0.0.3\n</host>\n\n<host db2>")
        if host == "a3":
            added = added[: added.index("<socket>")]
        done.write(host, COMMON, added)
    done.write("a3", "/etc/mysql-mmm/mmm_agent.conf", "include mmm_common.conf\nthis db3\n")
    assert phases(done.plan()) == ["guard: mon", "deploy: a3", "free: mon"]


def test_nobody_deletes_what_the_user_had_before_us(done: World) -> None:
    """A file that is read no more was edited by us, and is the user's."""
    done.write("a1", "/etc/mysql-mmm/mmm_agent.conf", done.read("a1", COMMON) + "this db1\n")
    plan = done.plan()
    rows = [(c.sign, c.path) for step in plan.steps for m in step.members for c in m.changes]
    assert ("-", COMMON) not in rows
