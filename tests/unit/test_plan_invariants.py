"""Whatever is changed, lost or cut off: no link that held is broken, and the end is reached."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from app.errors import PreflightError
from app.model import AuthoritySpec, Link, Options, Site, Trust
from app.plan.invariants import Running, Watch, broken
from app.plan.plan import Plan
from tests.unit.plan_world import World, site_of

HUBS, SPOKES = ("hub", "h2", "h3"), ("a", "b", "c", "d")
DEEP = settings(max_examples=40, deadline=None)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """Draw one to three hubs with one to four spokes, some of them linked."""
    spokes = SPOKES[: draw(st.integers(1, 4))]
    hubs = HUBS[: draw(st.sampled_from((1, 1, 2, 3)))]
    homes = st.sampled_from(("", "all", *hubs))
    own: dict[str, Options] = {spoke: {"hubs": draw(homes)} for spoke in spokes}
    pairs = list(combinations(spokes, 2))
    drawn = tuple(draw(st.lists(st.sampled_from(pairs), unique=True))) if pairs else ()
    trust: Trust = draw(st.sampled_from(("ca", "pinned")))
    options: Options = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "duplex": st.just(False),
                "store_format": st.just("JKS"),
                "pem": st.just(True),
                "listeners": st.just("acceptors"),
                "plain": st.just("close"),
            },
        )
    )
    return site_of(spokes, trust=trust, drawn=drawn, options=options, hubs=hubs, node_options=own)


def subset(draw: st.DrawFn, site: Site) -> list[str]:
    return sorted(draw(st.sets(st.sampled_from(sorted(site.hosts)))))


def carry(world: World, plan: Plan, steps: int | None = None) -> None:
    """Carry out some steps of a plan, and look at every link behind each.

    Where both ends of a link have lost their keys, the first to come back is unknown to the other.
    """
    lost = world.lost()
    world.begin(plan)
    for step in plan.steps[:steps]:
        before = world.broken()
        world.step(step)
        assert {ends for ends in world.broken() - before if not set(ends) <= lost} == set(), step.id


def settle(world: World) -> None:
    """Plan and apply once more: then everything holds and there is nothing to do."""
    carry(world, world.plan())
    assert world.broken() == set()
    assert world.plan().empty


def change(draw: st.DrawFn, world: World) -> list[str]:
    """Change something about a deployed site; gives the nodes whose rotation is asked for."""
    site, topology = world.site, world.site.topologies[0]
    for host in subset(draw, site):
        ending = draw(st.sampled_from([f"/{host}.p12", "/trust.p12", ".jks", ".pem"]))
        world.lose(host, ending)
        note(f"{host} loses *{ending}")
    what = draw(
        st.sampled_from(
            ["nothing", "names", "key", "spoke", "link", "options", "format", "due", "ca", "ca"]
        )
    )
    note(f"changed: {what}")
    hosts = dict(site.hosts)
    if what == "names":
        for name in subset(draw, site):
            hosts[name] = replace(hosts[name], names=(*hosts[name].names, f"{name}.new.test"))
    if what == "spoke":
        new = site_of((*topology.roles["spoke"], "zz")).hosts["zz"]
        hosts["zz"] = replace(new, address="198.18.7.99")
        roles = {**topology.roles, "spoke": (*topology.roles["spoke"], "zz")}
        topology = replace(topology, roles=roles)
    if what == "link":
        pairs = list(combinations(topology.roles["spoke"], 2))
        topology = replace(topology, drawn=tuple(p for p in pairs if draw(st.booleans())))
    if what == "options":
        topology = replace(topology, options={**topology.options, "network_ttl": 3, "pem": True})
    if what == "format":
        other = "PKCS12" if topology.options.get("store_format") == "JKS" else "JKS"
        topology = replace(topology, options={**topology.options, "store_format": other})
    if what == "due":
        world.now = world.now.replace(year=world.now.year + 1)
    authority = replace(site.authority, key_type="rsa-3072") if what == "key" else site.authority
    if what == "ca" and authority.trust == "ca":
        authority = replace(authority, generation=authority.generation + 1)
    world.site = Site(site.name, authority, hosts, (topology,))
    return subset(draw, world.site)


@DEEP
@given(sites())
def test_first_deployment_holds_and_leaves_nothing_to_do(site: Site) -> None:
    world = World(site)
    carry(world, world.plan())
    assert set(world.running) == set(site.hosts)
    assert world.broken() == set()
    assert world.plan().empty


@DEEP
@given(sites(), st.data())
def test_any_change_keeps_every_link_and_converges(site: Site, data: st.DataObject) -> None:
    world = World(site)
    world.apply(world.plan())
    rotate = data.draw(st.composite(lambda draw: change(draw, world))())
    carry(world, world.plan(*rotate))
    assert world.broken() == set()
    assert world.plan().empty


@DEEP
@given(sites(), st.data())
def test_a_run_cut_off_anywhere_can_be_gone_on_with(site: Site, data: st.DataObject) -> None:
    world = World(site)
    if data.draw(st.booleans(), label="deployed before"):
        world.apply(world.plan())
    rotate = data.draw(st.composite(lambda draw: change(draw, world))())
    for _ in range(data.draw(st.integers(1, 3), label="cuts")):
        plan = world.plan(*rotate)
        count = data.draw(st.integers(0, len(plan.steps)), label="steps done")
        carry(world, plan, count)
        if count < len(plan.steps):
            held = data.draw(st.booleans(), label="the last one was held")
            before, lost = world.broken(), world.lost()
            world.step(plan.steps[count], recorded=False, held=held)
            assert {e for e in world.broken() - before if not set(e) <= lost} == set()
        rotate = rotate if data.draw(st.booleans(), label="asked again") else []
    settle(world)


def test_a_step_that_was_kept_is_known_though_an_old_file_is_lost() -> None:
    world = World(site_of(("a", "b"), trust="pinned"))
    world.apply(world.plan())
    world.lose("a", "/a.p12")
    topology = world.site.topologies[0]
    jks = replace(topology, options={**topology.options, "store_format": "JKS"})
    world.site = replace(world.site, topologies=(jks,))
    plan = world.plan()
    carry(world, plan, 2)
    world.step(plan.steps[2], recorded=False)
    assert world.broken() == set()
    carry(world, world.plan())
    assert world.broken() == set()


@DEEP
@given(sites())
def test_every_step_changes_something_and_each_node_once_a_wave(site: Site) -> None:
    world = World(site)
    world.apply(world.plan())
    plan = world.plan(*site.hosts)
    for wave in plan.waves:
        hosts = [host for step in wave.steps for host in step.hosts]
        assert len(hosts) == len(set(hosts))
    assert all(part.changes or part.reason for step in plan.steps for part in step.members)


def test_a_step_that_breaks_a_link_is_named_with_it() -> None:
    links = (Link("a", "hub", "hub.test", 61617),)
    old = Running("leaf-a", "", frozenset({"leaf-hub", "leaf-a"}))
    hub = Running("leaf-hub", "", frozenset({"leaf-hub", "leaf-a"}))
    watch = Watch({"a": old, "hub": hub}, links)
    watch.step("1.1", {"hub": replace(hub, leaf="new-hub")})
    with pytest.raises(PreflightError) as caught:
        watch.end()
    assert caught.value.problems[0] == "step 1.1 breaks a>hub: a does not trust what hub presents"


def test_a_link_that_was_broken_before_may_be_mended_in_several_steps() -> None:
    links = (Link("a", "b", "b.test", 61617),)
    apart = {n: Running(f"leaf-{n}", "", frozenset()) for n in "ab"}
    assert len(broken(apart, links)) == 2
    watch = Watch(apart, links)
    watch.step("1.1", {"a": replace(apart["a"], trust=frozenset({"leaf-b"}))})
    watch.step("1.2", {"b": replace(apart["b"], trust=frozenset({"leaf-a"}))})
    watch.end()


def test_a_link_with_an_end_that_has_no_certificate_yet_is_not_judged() -> None:
    links = (Link("a", "b", "b.test", 61617),)
    assert broken({"a": Running("x", "", frozenset())}, links) == ()


def test_a_change_of_trust_that_would_cut_links_is_refused() -> None:
    first, then = AuthoritySpec("pinned", "T"), AuthoritySpec("ca", "T")
    world = World(site_of(("a", "b"), authority=first))
    world.apply(world.plan())
    world.site = replace(world.site, authority=then)
    with pytest.raises(PreflightError, match="would break a link") as caught:
        world.plan()
    assert any("a>hub" in text and "step 1." in text for text in caught.value.problems)
    world.site = replace(world.site, authority=first)
    assert world.plan().empty


def test_from_a_ca_to_pinned_certificates_no_link_breaks() -> None:
    world = World(site_of(("a", "b")))
    world.apply(world.plan())
    world.site = replace(world.site, authority=AuthoritySpec("pinned", "T"))
    carry(world, world.plan())
    assert world.broken() == set()
    assert world.plan().empty
