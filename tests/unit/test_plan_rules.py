"""A plan does no more than it must, shows no secret, and knows when it is out of date."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest

from app import kinds
from app.errors import StalePlanError, UsageError
from app.kinds.resources import Layout
from app.model import AuthoritySpec, Options, Site, Topology, Trust
from app.plan.plan import Plan
from app.plan.preflight import checks
from app.plan.saved import check_saved
from tests.unit.plan_world import CONFIG, FOLDER, MARKER, World, site_of


def deployed(trust: Trust = "ca", *spokes: str, options: Options | None = None) -> World:
    world = World(site_of(spokes or ("a", "b"), trust=trust, options=options))
    world.apply(world.plan())
    return world


def with_options(site: Site, options: Options) -> Site:
    topology = site.topologies[0]
    return replace(site, topologies=(replace(topology, options=options),))


def with_spoke(site: Site, name: str) -> Site:
    topology = site.topologies[0]
    spokes = (*topology.roles["spoke"], name)
    roles = {**topology.roles, "spoke": spokes}
    return replace(site, hosts=site_of(spokes).hosts, topologies=(replace(topology, roles=roles),))


def phases(plan: Plan) -> list[str]:
    return [wave.phase for wave in plan.waves]


def touched(plan: Plan) -> set[str]:
    return {host for step in plan.steps for host in step.hosts}


@pytest.mark.parametrize("trust", ["ca", "pinned"])
def test_a_first_deployment_is_one_wave_with_the_hub_first(trust: Trust) -> None:
    plan = World(site_of(("a", "b"), trust=trust)).plan()
    assert phases(plan) == ["deploy"]
    assert [step.hosts for step in plan.steps] == [("hub",), ("a",), ("b",)]


def test_closing_plain_listeners_is_a_wave_of_its_own_behind_all_others() -> None:
    plan = World(site_of(("a",), options={"plain": "close"})).plan()
    assert phases(plan) == ["deploy", "close"]
    assert [step.hosts for step in plan.waves[1].steps] == [("a",), ("hub",)]
    first = [c for m in plan.steps[0].members for c in m.changes if c.path == CONFIG]
    assert "tcp://" not in "".join(x for x in first[0].diff.splitlines() if x.startswith("-<"))


def test_new_leaves_of_a_ca_are_one_wave() -> None:
    plan = deployed().plan("a")
    assert phases(plan) == ["deploy"]
    assert touched(plan) == {"a"}


def test_new_pinned_leaves_are_three_waves_initiators_before_acceptors_for_leaves() -> None:
    plan = deployed("pinned").plan("hub", "a")
    assert phases(plan) == ["trust", "leaf", "drop"]
    assert [[s.hosts[0] for s in w.steps] for w in plan.waves] == [
        ["hub", "a", "b"],
        ["a", "hub"],
        ["b", "a", "hub"],
    ]


def test_a_new_pinned_spoke_touches_the_hub_and_itself_only() -> None:
    world = deployed("pinned", "a", "b")
    world.site = with_spoke(world.site, "c")
    plan = world.plan()
    assert phases(plan) == ["deploy"]
    assert touched(plan) == {"hub", "c"}
    hub = plan.steps[0].members[0]
    assert [change.label for change in hub.changes] == ["trust store"]
    assert hub.leaf is None


def test_a_new_spoke_under_a_ca_touches_itself_only() -> None:
    world = deployed("ca", "a", "b")
    world.site = with_spoke(world.site, "c")
    assert touched(world.plan()) == {"c"}


def test_a_drawn_pinned_link_touches_its_two_ends() -> None:
    world = deployed("pinned", "a", "b", "c", options={"network_ttl": 4})
    topology = replace(world.site.topologies[0], drawn=(("a", "b"),))
    world.site = replace(world.site, topologies=(topology,))
    assert touched(world.plan()) == {"a", "b"}


def test_a_drawn_link_lets_messages_go_farther_in_the_whole_network() -> None:
    world = deployed("pinned", "a", "b", "c")
    topology = replace(world.site.topologies[0], drawn=(("a", "b"),))
    world.site = replace(world.site, topologies=(topology,))
    plan = world.plan()
    assert touched(plan) == {"a", "b", "c"}
    (own,) = [m for s in plan.steps for m in s.members if m.node.name == "c"]
    assert 'networkTTL="4"' in own.changes[0].diff
    assert "suppressDuplicate" not in own.changes[0].diff


def test_a_node_that_serves_another_certificate_is_restarted_without_a_change() -> None:
    world = deployed()
    served = {"a": "0" * 64, "hub": world.running["hub"].leaf, "b": ""}
    plan = world.plan(served=served)
    assert [step.hosts for step in plan.steps] == [("a",)]
    part = plan.steps[0].members[0]
    assert part.changes == ()
    assert "serves another certificate" in part.reason


def test_a_foreign_edit_of_the_broker_file_is_kept_beside_ours() -> None:
    world = deployed()
    fact = world.files["a"][CONFIG]
    assert fact.data is not None
    data = fact.data.replace(b"<persistenceAdapter>", b"<!-- mine --><persistenceAdapter>")
    world.files["a"][CONFIG] = replace(fact, data=data, sha256="f" * 64)
    plan = world.plan()
    assert plan.empty or all("mine" not in c.diff for s in plan.steps for m in s.members
                             for c in m.changes)  # fmt: skip


@pytest.mark.parametrize("trust", ["ca", "pinned"])
def test_no_secret_is_in_a_plan_or_its_diffs(trust: Trust) -> None:
    world = World(site_of(("a",), trust=trust, options={"user": "bridge", "pem": True}))
    first = world.plan()
    assert MARKER not in json.dumps(first.to_dict())
    assert MARKER not in repr(first)
    world.apply(first)
    assert any(MARKER.encode() in (f.data or b"") for f in world.files["a"].values())
    world.site = with_options(world.site, {"user": "other", "network_ttl": 5})
    again = world.plan("hub", "a")
    assert not again.empty
    assert MARKER not in json.dumps(again.to_dict())
    assert MARKER not in repr(again)


def test_the_name_of_a_plan_changes_with_anything_it_does() -> None:
    world = deployed()
    names = {world.plan().id, world.plan("a").id, world.plan("hub").id, world.plan("hub", "a").id}
    world.site = with_options(world.site, {"network_ttl": 3})
    names.add(world.plan().id)
    world.site = with_options(world.site, {"network_ttl": 4})
    names.add(world.plan().id)
    world.lose("b", "/b.p12")
    names.add(world.plan().id)
    assert len(names) == 7
    assert world.plan().id == world.plan().id


def saved(plan: Plan) -> dict[str, object]:
    found = json.loads(json.dumps(plan.to_dict()))
    assert isinstance(found, dict)
    return found


def test_a_saved_plan_of_this_moment_may_be_applied() -> None:
    plan = World(site_of(("a", "b"))).plan()
    check_saved(saved(plan), plan.to_dict())


@pytest.mark.parametrize("trust", ["ca", "pinned"])
def test_a_saved_plan_may_be_applied_again_when_it_was_half_done(trust: Trust) -> None:
    world = World(site_of(("a", "b"), trust=trust))
    plan = world.plan()
    world.begin(plan)
    world.step(plan.steps[0])
    if trust == "ca":
        check_saved(saved(plan), world.plan().to_dict())
        world.apply(world.plan())
        check_saved(saved(plan), world.plan().to_dict())
        return
    # The keys that the others were to get are gone with the run: the hub must learn new ones.
    with pytest.raises(StalePlanError, match="hub"):
        check_saved(saved(plan), world.plan().to_dict())


def test_a_saved_plan_is_stale_once_a_target_was_edited() -> None:
    world = World(site_of(("a", "b")))
    plan = world.plan()
    fact = world.files["a"][CONFIG]
    assert fact.data is not None
    data = fact.data.replace(b"localhost", b"elsewhere")
    world.files["a"][CONFIG] = replace(fact, data=data, sha256="e" * 64)
    with pytest.raises(StalePlanError, match=r"a:/etc/activemq.*neither as the plan saw it"):
        check_saved(saved(plan), world.plan().to_dict())


def test_a_saved_plan_is_stale_once_the_site_asks_for_more() -> None:
    world = deployed()
    plan = world.plan("a")
    world.site = with_options(world.site, {"network_ttl": 5})
    with pytest.raises(StalePlanError, match="needs a change that the plan does not hold"):
        check_saved(saved(plan), world.plan("a").to_dict())


def test_a_saved_plan_is_stale_once_the_same_file_would_be_changed_otherwise() -> None:
    world = World(site_of(("a",)))
    plan = world.plan()
    world.site = with_options(world.site, {"network_ttl": 5})
    with pytest.raises(StalePlanError, match="otherwise than the plan says"):
        check_saved(saved(plan), world.plan().to_dict())


def test_a_saved_plan_of_another_site_or_another_kind_of_file_is_refused() -> None:
    plan = World(site_of(("a",))).plan()
    other = copy.deepcopy(saved(plan))
    other["site"] = "elsewhere"
    with pytest.raises(UsageError, match="for the site elsewhere"):
        check_saved(other, plan.to_dict())
    wrongs: tuple[dict[str, object], ...] = (
        {},
        {"version": 2, "waves": []},
        {"version": 1, "waves": 5},
        {"version": 1},
    )
    for wrong in wrongs:
        with pytest.raises(UsageError, match="not a plan"):
            check_saved(wrong, plan.to_dict())


@pytest.mark.parametrize(
    "waves", [[1], [{}], [{"phase": "deploy", "steps": [{"members": [{}]}]}], [{"steps": 3}]]
)
def test_a_damaged_plan_file_is_refused_in_words(waves: list[object]) -> None:
    plan = World(site_of(("a",))).plan()
    with pytest.raises(UsageError, match="not a plan"):
        check_saved({**saved(plan), "waves": waves}, plan.to_dict())


def test_a_clock_that_is_off_a_full_disk_and_a_missing_product_each_fail_by_name() -> None:
    world = World(site_of(("a",)))
    assert world.plan().problems == ()
    nodes = kinds.load("activemq").nodes(world.site, world.site.topologies[0])[:1]
    off = {
        host: replace(seen, clock_skew=-400.0, free_bytes=1 << 20)
        for host, seen in world.observed().items()
    }
    rows = checks(nodes, off, {"hub": Layout({"product": "x"}, problems=("no product",))})
    failed = {row.name: row.text for row in rows if row.verdict == "fail"}
    assert set(failed) == {"clock", "space", "product"}
    assert "400 s behind" in failed["clock"]


def test_a_login_that_may_change_nothing_fails_and_what_sudo_records_is_told() -> None:
    world = World(site_of(("a",)))
    nodes = kinds.load("activemq").nodes(world.site, world.site.topologies[0])[:1]
    seen = {
        host: replace(one, powerless=True, user="ann", free_bytes=-1, cautions=("sudo records",))
        for host, one in world.observed().items()
    }
    rows = checks(nodes, seen, {"hub": Layout({"product": "x"})})
    assert [(row.name, row.verdict) for row in rows if row.verdict != "ok"] == [
        ("space", "warn"), ("login", "warn"), ("login", "fail"),
    ]  # fmt: skip
    assert "ann" in rows[-1].text
    assert "privilege: sudo" in rows[-1].text


def test_stores_stand_in_the_folder_of_their_instance() -> None:
    plan = World(site_of(("a",), authority=AuthoritySpec("ca", "T"))).plan()
    paths = [c.path for c in plan.steps[0].members[0].changes]
    assert paths[:2] == [f"{FOLDER}/tls/hub.p12", f"{FOLDER}/tls/trust.p12"]
    assert paths[-1] == CONFIG
    assert isinstance(plan.site.topologies[0], Topology)
