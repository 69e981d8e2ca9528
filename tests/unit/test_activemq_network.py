"""Several hubs, spokes with one or more of them, drawn links: who dials whom, who is reached."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import kinds
from app.kinds.activemq.network import MOST, farthest, in_ring, neighbours
from app.model import Link, Options, Site, Trust
from app.site.issues import site_issues
from tests.unit.plan_world import World, site_of

HUBS, SPOKES = ("h1", "h2", "h3", "h4"), ("a", "b", "c", "d", "e")
KIND = kinds.load("activemq")


@st.composite
def drawings(draw: st.DrawFn) -> Site:
    """Draw any network that is accepted: hubs, spokes with some of them, links of all sorts."""
    hubs, spokes = HUBS[: draw(st.integers(1, 4))], SPOKES[: draw(st.integers(1, 5))]
    homes = st.one_of(
        st.sampled_from(("", "all")),
        st.lists(st.sampled_from(hubs), min_size=1, unique=True).map(" ".join),
    )
    own: dict[str, Options] = {s: {"hubs": draw(homes)} for s in spokes if draw(st.booleans())}
    options: Options = {"duplex": draw(st.booleans())}
    site = site_of(spokes, hubs=hubs, options=options, node_options=own)
    there = {frozenset((li.initiator, li.acceptor)) for li in links(site)}
    pairs = [p for p in combinations(site.hosts, 2) if frozenset(p) not in there]
    drawn = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    drawn = [pair if draw(st.booleans()) else pair[::-1] for pair in drawn]
    return site_of(spokes, hubs=hubs, options=options, node_options=own, drawn=tuple(drawn))


def links(site: Site) -> tuple[Link, ...]:
    return KIND.links(site, site.topologies[0])


def ttl(site: Site) -> int:
    return int(KIND.nodes(site, site.topologies[0])[0].options["network_ttl"])


@settings(max_examples=60, deadline=None)
@given(drawings())
def test_every_link_has_both_ends_and_each_pair_one_bridge(site: Site) -> None:
    assert site_issues(site, kinds) == ()
    names = [node.name for node in KIND.nodes(site, site.topologies[0])]
    assert sorted(names) == sorted(site.hosts)
    ends = [(li.initiator, li.acceptor) for li in links(site)]
    assert all(a in names and b in names and a != b for a, b in ends)
    assert len(ends) == len(set(ends))
    if site.topologies[0].options["duplex"]:
        assert len({frozenset(pair) for pair in ends}) == len(ends)
    else:
        assert {pair[::-1] for pair in ends} == set(ends)


@settings(max_examples=60, deadline=None)
@given(drawings(), st.integers(0, 9999))
def test_a_message_reaches_each_broker_by_whatever_way_is_known_first(
    site: Site, seed: int
) -> None:
    """A broker that suppresses duplicates keeps the way to a consumer that it heard of first.

    It hears of it over any bridge at any time, but of none that went through `ttl` bridges.
    """
    random, near, most = Random(seed), neighbours(site.hosts, links(site)), ttl(site)
    for consumer in near:
        known, heard = {consumer: 0}, [(consumer, peer) for peer in sorted(near[consumer])]
        while heard:
            told, broker = heard.pop(random.randrange(len(heard)))
            if broker in known or known[told] + 1 > most:
                continue
            known[broker] = known[told] + 1
            heard += [(broker, peer) for peer in sorted(near[broker])]
        assert set(known) == set(site.hosts)


@settings(max_examples=40, deadline=None)
@given(drawings())
def test_duplicates_are_suppressed_on_the_bridges_of_every_ring_and_no_other(site: Site) -> None:
    near = neighbours(site.hosts, links(site))
    for link in links(site):
        ends = {link.initiator, link.acceptor}
        others = [{li.initiator, li.acceptor} for li in links(site)]
        reached = {link.initiator}
        for _ in site.hosts:
            reached |= {h for pair in others if pair != ends and pair & reached for h in pair}
        assert in_ring(near, link) == (link.acceptor in reached)


@pytest.mark.parametrize(
    ("hubs", "spokes", "drawn", "own", "hops"),
    [
        (("h1",), ("a", "b"), (), {}, 2),
        (("h1",), ("a",), (), {}, 2),
        (("h1", "h2"), ("a", "b"), (), {"b": {"hubs": "h2"}}, 3),
        (("h1", "h2", "h3"), ("a", "b", "c"), (), {"b": {"hubs": "h2"}, "c": {"hubs": "h3"}}, 4),
        (("h1",), ("a", "b", "c"), (("a", "b"),), {}, 4),
    ],
)  # fmt: skip
def test_network_ttl_follows_the_hubs(
    hubs: tuple[str, ...],
    spokes: tuple[str, ...],
    drawn: tuple[tuple[str, str], ...],
    own: dict[str, Options],
    hops: int,
) -> None:
    assert ttl(site_of(spokes, hubs=hubs, drawn=drawn, node_options=own)) == hops


def test_network_ttl_has_an_end() -> None:
    spokes = tuple(f"s{number}" for number in range(60))
    assert ttl(site_of(spokes, hubs=("h1", "h2"), options={"hubs": "all"})) == MOST


def test_a_network_ttl_of_the_users_that_is_too_small_is_warned_of() -> None:
    own: dict[str, Options] = {"b": {"hubs": "h2"}}
    site = site_of(("a", "b"), hubs=("h1", "h2"), node_options=own, options={"network_ttl": 2})
    warned = [check.text for check in World(site).plan().checks if check.verdict == "warn"]
    assert len(warned) == 1
    assert "from a to b a message crosses 3 bridges" in warned[0]
    topology = replace(site.topologies[0], options={"network_ttl": 3})
    enough = replace(site, topologies=(topology,))
    assert not [check for check in World(enough).plan().checks if check.verdict == "warn"]


@pytest.mark.parametrize(("trust", "verify", "warned"), [
    ("pinned", True, 1), ("pinned", False, 0), ("ca", True, 0),
])  # fmt: skip
def test_a_port_that_asks_for_certificates_that_nobody_can_have_is_warned_of(
    trust: Trust, verify: bool, warned: int
) -> None:
    own: dict[str, Options] = {"a": {"stomp_port": 61614, "stomp_verify": verify}}
    plan = World(site_of(("a", "b"), trust=trust, node_options=own)).plan()
    texts = [check.text for check in plan.checks if check.verdict == "warn"]
    assert len(texts) == warned
    assert all("set stomp_verify to false" in text for text in texts)


def test_hubs_restart_one_after_the_other_and_last_for_leaves() -> None:
    own: dict[str, Options] = {"b": {"hubs": "h2"}}
    site = site_of(("a", "b"), trust="pinned", hubs=("h1", "h2"), node_options=own)
    world = World(site)
    first = world.plan()
    assert [step.hosts for step in first.steps] == [("h1",), ("h2",), ("a",), ("b",)]
    world.apply(first)
    leaf = next(w for w in world.plan(*site.hosts).waves if w.phase == "leaf")
    assert [step.hosts for step in leaf.steps] == [("b",), ("a",), ("h2",), ("h1",)]


def test_farthest_brokers_of_two_hubs() -> None:
    site = site_of(("a", "b"), hubs=("h1", "h2"), node_options={"b": {"hubs": "h2"}})
    assert farthest(neighbours(site.hosts, links(site))) == ("a", "b", 3)


@pytest.mark.parametrize(
    ("own", "drawn", "text"),
    [
        ({"a": {"hubs": "h9"}}, (), "there is no hub 'h9': there is h1, h2"),
        ({"h2": {"hubs": "h1"}}, (), "h2 is a hub itself"),
        ({}, (("h1", "h2"),), "the link h1 to h2 is implied: all hubs are linked"),
        ({}, (("a", "h1"),), "the link a to h1 is implied: every spoke has a link with its hub"),
        ({"a": {"hubs": "h2"}}, (("h2", "a"),), "the link h2 to a is implied"),
    ],
)
def test_what_cannot_be_drawn_with_several_hubs_is_said(
    own: dict[str, Options], drawn: tuple[tuple[str, str], ...], text: str
) -> None:
    site = site_of(("a",), hubs=("h1", "h2"), node_options=own, drawn=drawn)
    (issue,) = site_issues(site, kinds)
    assert text in issue.text


def test_a_spoke_may_draw_a_link_to_another_hub() -> None:
    site = site_of(("a",), hubs=("h1", "h2"), drawn=(("a", "h2"),))
    assert site_issues(site, kinds) == ()
    assert [li.id for li in links(site)] == ["h2>h1", "a>h1", "a>h2"]


def test_two_hubs_need_no_spoke() -> None:
    assert site_issues(site_of((), hubs=("h1", "h2")), kinds) == ()
    assert [i.text for i in site_issues(site_of((), hubs=("h1",)), kinds)]
