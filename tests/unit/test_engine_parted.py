"""What a rollback would part is said, and refused where a member of a group would be left alone."""

from __future__ import annotations

import pytest

from app import kinds
from app.engine.takeable import refuse_left_alone
from app.engine.together import Past
from app.engine.undo import HeldPart
from app.errors import StalePlanError
from app.model import Host, Site, Topology
from app.plan.apart import apart
from app.plan.deployed import Deployed, DeployedNode
from tests.unit.issued import issued
from tests.unit.plan_world import site_of


def recorded(*keys: str) -> Deployed:
    split = (key.partition("/") for key in keys)
    found = [DeployedNode(kind, host, facts=issued().facts()) for kind, _, host in split]
    return Deployed({node.key: node for node in found})


def said(site: Site, now: tuple[str, ...], after: tuple[str, ...]) -> str:
    found = {t.kind: kinds.load(t.kind) for t in site.topologies}
    return apart(site, found, recorded(*now), recorded(*after))


def test_a_spoke_that_goes_back_to_plain_text_behind_a_hub_with_tls_is_told() -> None:
    site = site_of(("a", "b"))
    everyone = ("activemq/hub", "activemq/a", "activemq/b")
    words = said(site, everyone, everyone[:2])
    assert words.startswith("b goes back to before it had TLS, hub keeps it: ")
    assert said(site, everyone, ()) == ""
    assert said(site, everyone[:2], everyone[:2]) == ""
    assert said(site, everyone, everyone[1:]).startswith("hub goes back")
    assert "a, b keep it" in said(site, everyone, everyone[1:])


def part(host: str, step: str = "1.1") -> HeldPart:
    return HeldPart(step, host, f"rabbitmq/{host}", step, {"f": ("plain", "tls")})


def test_a_node_that_joined_a_group_later_is_not_left_alone_with_tls() -> None:
    hosts = {name: Host(name, f"198.18.7.{n}", names=(name,)) for n, name in enumerate("abcd", 1)}
    site = Site("t", site_of(()).authority, hosts,
                (Topology("rabbitmq", "cluster", {"node": tuple("abcd")}),))  # fmt: skip
    first = Past("r1", "apply", tuple(map(part, "abc")))
    joined = Past("r2", "apply", (part("d"),))
    now = recorded(*(f"rabbitmq/{name}" for name in "abcd"))
    with pytest.raises(StalePlanError, match="d would be left alone with TLS") as refused:
        refuse_left_alone(first.parts, Deployed(), now, (first, joined), "r1")
    assert "rollback r2" in refused.value.hint
    before = recorded("rabbitmq/a", "rabbitmq/b", "rabbitmq/c")
    refuse_left_alone(joined.parts, before, now, (first, joined), "r2")
    words = said(site, tuple(now.nodes), tuple(before.nodes))
    assert words.startswith("d goes back to before it had TLS, a, b, c keep it")
    # Nodes that change one by one are nobody's group.
    single = tuple(part(name, f"1.{n}") for n, name in enumerate("abc"))
    refuse_left_alone(single, Deployed(), now, (first, joined), "r1")
