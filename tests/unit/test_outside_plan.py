"""What a plan does while certificates of an outside CA are waited for, and what it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from app.kinds import load
from app.model import AuthoritySpec, Options, Site
from app.pki.authority import Authority, create_root, issue
from app.pki.pem import pem_cert
from app.pki.spec import IssueSpec
from app.plan.deployed import Deployed, DeployedNode
from app.plan.plan import Plan
from app.plan.requested import Requested
from app.plan.specs import credentials_of, spec_of
from tests.kinds.cases import Case, cases, plan_of
from tests.unit.plan_world import NOW, World, site_of

OUTSIDE = AuthoritySpec("ca", "T", "outside")


@cache
def ca() -> Authority:
    return create_root("T", 1, "ec-p256", 3650, NOW)


def asked(name: str, spec: IssueSpec, *, back: bool) -> Requested:
    """Give a request, with what came back for it where it did."""
    pem = pem_cert(issue(ca(), spec, NOW).cert_der).decode() if back else ""
    return Requested(name, spec, "", "", NOW.isoformat(), f"requests/{name}.csr", pem)


@dataclass
class OutsideWorld(World):
    """Hosts of a site with an outside CA, whose certificates come when a test says so."""

    def want(self, *hosts: str, back: bool = True) -> None:
        """Ask for certificates, or let them come back."""
        for node in load("activemq").nodes(self.site, self.site.topologies[0]):
            if node.host in hosts:
                spec = spec_of(self.site, node, self.deployed.node("activemq", node.host))
                self.requests[node.host] = asked(node.host, spec, back=back)

    def _leaf(self, host: str, spec: IssueSpec) -> DeployedNode:
        request = self.requests[host]
        assert request.spec == spec
        assert request.facts is not None, f"the certificate of {host} has not come back"
        return DeployedNode("activemq", host, spec, request.facts)


def world(*spokes: str, drawn: tuple[tuple[str, str], ...] = (), **options: str) -> OutsideWorld:
    chosen: Options = dict(options)
    return OutsideWorld(site_of(spokes, drawn=drawn, authority=OUTSIDE, options=chosen))


def touched(plan: Plan) -> list[str]:
    return [host for step in plan.steps for host in step.hosts]


def told(plan: Plan, host: str) -> str:
    return "; ".join(f"{c.verdict} {c.text}" for c in plan.waiting if c.host == host)


def test_what_came_back_goes_out_and_the_rest_is_told() -> None:
    some = world("a", "b")
    plan = some.plan()
    assert plan.empty
    assert "its own certificate is not here yet" in told(plan, "outside CA")
    assert "warn it needs a certificate; none was asked for yet" in told(plan, "hub")
    some.want("hub", "a")
    some.want("b", back=False)
    plan = some.plan()
    assert touched(plan) == ["hub", "a"]
    assert "waited for since 2026-05-04 (requests/b.csr)" in told(plan, "b")
    some.apply(plan)
    assert told(some.plan(), "outside CA") == ""
    some.want("b")
    some.apply(some.plan())
    plan = some.plan()
    assert plan.empty
    assert plan.waiting == ()


def test_nobody_dials_by_tls_what_does_not_answer_so_yet() -> None:
    some = world("a", "b", "c", drawn=(("a", "b"),))
    some.want("a", "b", "c")
    plan = some.plan()
    assert touched(plan) == []
    assert "came back, but it dials hub, which has none yet" in told(plan, "c")
    some = world("a", "b", "c", drawn=(("a", "b"),))
    some.want("hub", "a", "c")
    plan = some.plan()
    assert touched(plan) == ["hub", "c"]
    assert "came back, but it dials b, which has none yet" in told(plan, "a")


def test_plain_listeners_stay_until_every_certificate_is_there() -> None:
    some = world("a", plain="close")
    some.want("hub")
    assert [wave.phase for wave in some.plan().waves] == ["deploy"]
    some.apply(some.plan())
    some.want("a")
    assert [wave.phase for wave in some.plan().waves] == ["deploy", "close"]


def test_in_a_rotation_each_goes_on_with_its_old_one_until_the_new_one_is_back() -> None:
    some = world("a", "b")
    some.want("hub", "a", "b")
    some.apply(some.plan())
    some.want("hub", "a", "b", back=False)
    plan = some.plan()
    assert plan.empty
    assert told(plan, "a").startswith("skip its certificate is waited for since 2026-05-04")
    assert "its old one goes on until 2027-06-05" in told(plan, "a")
    some.want("a")
    plan = some.plan()
    assert touched(plan) == ["a"]
    assert plan.steps[0].members[0].changes[0].reason == "its new certificate came back"
    some.apply(plan)
    some.now = NOW + timedelta(days=300)
    plan = some.plan("b")
    assert plan.empty
    assert "since 2026-05-04" in told(plan, "b")
    some.now = NOW + timedelta(days=500)
    assert told(some.plan(), "b").startswith("warn")
    assert "its old one expired on 2027-06-05" in told(some.plan(), "b")


def test_a_lost_key_waits_and_the_others_do_not() -> None:
    some = world("a", "b")
    some.want("hub", "a", "b")
    some.apply(some.plan())
    some.lose("a", ".p12")
    some.want("b")
    plan = some.plan()
    assert touched(plan) == ["b"]
    assert "its old key is gone: `tlswright csr --host a`" in told(plan, "a")
    some.want("a")
    assert touched(some.plan()) == ["a", "b"]


def test_peers_do_not_dial_a_name_before_the_certificate_holds_it() -> None:
    some = world("a")
    some.want("hub", "a")
    some.apply(some.plan())
    hosts = dict(some.site.hosts)
    hosts["hub"] = replace(hosts["hub"], names=("new.amq.test",))
    some.site = replace(some.site, hosts=hosts)
    plan = some.plan()
    assert plan.empty
    assert "it was asked for otherwise" not in told(plan, "hub")
    assert "it needs a certificate" in told(plan, "hub")
    some.want("hub")
    assert touched(some.plan()) == ["hub", "a"]


def test_what_came_back_for_other_names_or_has_ended_is_asked_for_anew() -> None:
    some = world("a")
    some.want("hub", "a")
    hosts = dict(some.site.hosts)
    hosts["a"] = replace(hosts["a"], names=("other.amq.test",))
    before = some.site
    some.site = replace(some.site, hosts=hosts)
    assert "it was asked for otherwise (subject is a.amq.test" in told(some.plan(), "a")
    some.site, some.now = before, NOW + timedelta(days=400)
    plan = some.plan()
    assert plan.empty
    assert "it expired on 2027-06-05" in told(plan, "hub")


names = st.sampled_from(["hub", "a", "b", "c"])
acts = st.lists(st.tuples(st.sampled_from(["back", "ask", "lose", "apply"]), names), max_size=8)


@settings(max_examples=25, deadline=None)
@given(acts=acts, drawn=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")),
       max_size=2, unique=True), close=st.booleans())  # fmt: skip
def test_whatever_comes_back_when_links_hold_and_all_of_it_is_deployed_in_the_end(
    acts: Iterable[tuple[str, str]], drawn: list[tuple[str, str]], close: bool
) -> None:
    links = tuple(pair for pair in drawn if pair[0] != pair[1])
    some = world("a", "b", "c", drawn=links, **({"plain": "close"} if close else {}))
    for act, host in (*acts, ("apply", "hub")):
        if act == "lose":
            some.lose(host, f"{host}.p12")
        elif act == "apply":
            _apply(some)
        else:
            some.want(host, back=act == "back")
    some.want("hub", "a", "b", "c")
    _apply(some)
    assert some.running.keys() == {"hub", "a", "b", "c"}
    assert some.plan().empty
    assert some.plan().waiting == ()


def _apply(some: OutsideWorld) -> None:
    plan = some.plan()
    some.begin(plan)
    for step in plan.steps:
        some.step(step)
        assert some.broken() == set()
    for link in some.links():
        assert link.initiator not in some.running or link.acceptor in some.running


def cluster(*options: str) -> Case:
    """Give the case of a plain cluster whose CA is outside."""
    (found,) = (case for case in cases() if case.name == "rabbitmq/first_plain")
    text = found.data["site"].replace("trust: ca", "trust: ca, source: outside").rstrip()
    text += f"\n    options: {{{', '.join(options)}}}\n"
    return Case(found.path, {**found.data, "site": text}, found.host)


def requests(site: Site, *names: str) -> dict[str, Requested]:
    """Give requests for every credential of a cluster; those of these names came back."""
    found: dict[str, Requested] = {}
    for node in load("rabbitmq").nodes(site, site.topologies[0]):
        for name, spec in credentials_of(node, spec_of(site, node, None)).items():
            found[name] = asked(name, spec, back=name in names)
    return found


def test_a_cluster_goes_from_plain_to_tls_when_every_certificate_is_there() -> None:
    case = cluster()
    plan = plan_of(case, requests=requests(case.site, "r1"))
    assert plan.empty
    assert "came back, but it changes in one step with r2, which must wait" in told(plan, "r1")
    plan = plan_of(case, requests=requests(case.site, "r1", "r2"))
    assert [step.hosts for step in plan.steps] == [("r1", "r2")]


def test_a_pair_for_dialling_is_waited_for_too() -> None:
    case = cluster("client_pair: true")
    found = requests(case.site, "r1", "r2", "r1/client")
    assert found["r2/client"].spec.usage == "client"
    plan = plan_of(case, requests=found)
    assert plan.empty
    assert "(requests/r2/client.csr)" in told(plan, "r2")
    both = requests(case.site, "r1", "r2", "r1/client", "r2/client")
    assert [step.hosts for step in plan_of(case, requests=both).steps] == [("r1", "r2")]


def test_a_shared_certificate_is_asked_for_once() -> None:
    case = cluster("certificate: shared")
    assert list(requests(case.site)) == ["cluster"]
    assert plan_of(case, requests=requests(case.site)).empty
    plan = plan_of(case, Deployed(), requests=requests(case.site, "cluster"))
    assert [step.hosts for step in plan.steps] == [("r1", "r2")]
