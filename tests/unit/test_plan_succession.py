"""Another CA: trust old and new, present new, trust new only; each link holds at every step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import AuthoritySpec, Site
from app.plan.deployed import Deployed
from app.plan.given import Given, with_given, with_newest
from app.plan.given import in_use as in_hand
from app.plan.plan import Plan
from app.plan.stage import Stage, stage
from app.plan.succession import in_use
from tests.unit.plan_world import NOW, World, site_of
from tests.unit.test_plan_invariants import DEEP, carry, settle, sites
from tests.unit.test_plan_rules import phases


def next_ca(site: Site) -> Site:
    authority = replace(site.authority, generation=site.authority.generation + 1)
    return replace(site, authority=authority)


def deployed(*spokes: str) -> World:
    world = World(site_of(spokes))
    world.apply(world.plan())
    return world


def trusted(plan: Plan, phase: str) -> set[tuple[str, ...]]:
    """Give which aliases the nodes trust in a wave."""
    waves = [wave for wave in plan.waves if wave.phase == phase]
    return {
        tuple(alias for alias, _ in member.trust)
        for wave in waves
        for step in wave.steps
        for member in step.members
    }


def test_another_ca_is_three_waves_over_all_nodes() -> None:
    world = deployed("a", "b")
    world.site = next_ca(world.site)
    plan = world.plan()
    assert phases(plan) == ["trust", "leaf", "drop"]
    assert [[s.hosts[0] for s in w.steps] for w in plan.waves] == [
        ["hub", "a", "b"],
        ["b", "a", "hub"],
        ["b", "a", "hub"],
    ]
    assert trusted(plan, "trust") == trusted(plan, "leaf") == {("ca-g1", "ca-g2")}
    assert trusted(plan, "drop") == {("ca-g2",)}
    assert [wave.title for wave in plan.waves] == [
        "Trust the new CA beside the old",
        "Present certificates of the new CA",
        "Trust only the new CA",
    ]
    settle(world)
    assert in_use(world.deployed, 2) == {2}


@DEEP
@given(sites(), st.data())
def test_a_change_of_ca_that_is_cut_off_anywhere_goes_on(site: Site, data: st.DataObject) -> None:
    world = World(replace(site, authority=AuthoritySpec("ca", "T")))
    world.apply(world.plan())
    for _ in range(data.draw(st.integers(1, 2), label="changes of the CA")):
        world.site = next_ca(world.site)
        plan = world.plan()
        count = data.draw(st.integers(0, len(plan.steps)), label="steps done")
        carry(world, plan, count)
        if count < len(plan.steps):
            before = world.broken()
            world.step(plan.steps[count], recorded=False, held=data.draw(st.booleans()))
            assert world.broken() <= before
    settle(world)
    assert {p.root for p in world.running.values()} == {next(iter(world.running.values())).root}
    assert all(len(p.trust) == 1 for p in world.running.values())


@pytest.mark.parametrize("steps", range(10))
def test_the_change_can_be_given_up_at_every_step(steps: int) -> None:
    """Going back to the old generation is a change of CA as well, from wherever it stands."""
    world = deployed("a", "b")
    first = world.site
    world.site = next_ca(first)
    carry(world, world.plan(), steps)
    world.site = first
    settle(world)
    assert in_use(world.deployed, 1) == {1}


def test_a_spoke_that_joins_meanwhile_gets_a_certificate_of_the_new_ca() -> None:
    world = deployed("a", "b")
    joined = site_of(("a", "b", "c"), authority=next_ca(world.site).authority)
    world.site = joined
    plan = world.plan()
    assert [s.hosts[0] for s in plan.waves[0].steps] == ["hub", "a", "b"]
    settle(world)
    record = world.deployed.node("activemq", "c")
    assert record is not None
    assert record.spec is not None
    assert record.spec.generation == 2


def test_a_node_that_lost_its_key_is_the_first_to_present_the_new_certificate() -> None:
    world = deployed("a", "b")
    world.lose("a", "/a.p12")
    world.site = next_ca(world.site)
    plan = world.plan()
    assert [s.hosts[0] for s in plan.waves[0].steps] == ["hub", "b"]
    assert plan.waves[1].steps[0].hosts == ("a",)
    settle(world)


def test_another_ca_under_the_same_root_is_one_wave() -> None:
    world = deployed("a", "b")
    world.site = next_ca(world.site)
    root = world.deployed.authorities[1]
    world.deployed = replace(world.deployed, authorities={1: root, 2: root})
    assert phases(world.plan()) == ["deploy"]


def test_generations_that_nothing_holds_any_more_are_not_shown() -> None:
    assert in_use(Deployed(authorities={1: "x", 2: "y"}), 2) == {2}


def handed(name: str, generation: int, days: int = 90) -> Given:
    return Given(name, generation, NOW + timedelta(days=days))


def test_a_client_of_the_old_ca_holds_the_second_wave_until_it_has_another_certificate() -> None:
    world = deployed("a")
    world.site = next_ca(world.site)
    world.clients = (handed("app", 1), handed("over", 1, days=-1), handed("new", 2))
    plan = world.plan()
    assert phases(plan) == ["trust"]
    assert [check.host for check in plan.held_up] == ["app"]
    assert "`tlswright export client app --delivered`" in plan.held_up[0].text
    world.apply(plan)
    waiting = world.plan()
    assert (waiting.steps, [c.host for c in waiting.held_up]) == ((), ["app"])
    found = stage(world.site, world.deployed, in_hand(world.clients, NOW))
    assert found == Stage(2, (1,), clients=("app",))
    assert found.waits == ("client app",)
    world.clients = with_given(world.clients, handed("app", 2))
    assert phases(world.plan()) == []
    world.clients = with_newest(world.clients, "app")
    assert phases(world.plan()) == ["leaf", "drop"]
    settle(world)
    assert stage(world.site, world.deployed) is None


def test_what_a_client_still_uses_is_trusted_though_every_host_has_gone_over() -> None:
    world = deployed("a")
    world.site = next_ca(world.site)
    settle(world)
    world.site = next_ca(world.site)
    world.clients = (handed("app", 2),)
    world.apply(world.plan())
    world.clients = ()
    plan = world.plan()
    carry(world, plan, 2)
    world.clients = (handed("app", 2),)
    assert trusted(world.plan(), "deploy") == set()
    held = world.plan().held_up
    assert [check.host for check in held] == ["app"]
    world.clients = ()
    settle(world)
    assert in_use(world.deployed, 3) == {3}


def test_the_stage_is_read_from_what_hosts_hold() -> None:
    world = deployed("a")
    assert stage(world.site, world.deployed) is None
    world.site = next_ca(world.site)
    found = []
    for _ in range(6):
        seen = stage(world.site, world.deployed)
        assert seen is not None
        found.append(seen.wave)
        assert seen.old == (1,)
        carry(world, world.plan(), 1)
    assert found == [1, 1, 2, 2, 3, 3]
    assert stage(world.site, world.deployed) is None
