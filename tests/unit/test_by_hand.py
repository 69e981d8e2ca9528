"""Hosts out of reach in plans and in proofs: told of, never connected to, proven where they can."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.engine.gather import Gathered, surveys
from app.engine.handover import export_bundle
from app.engine.keyring import Keyring
from app.engine.opening import kinds_of
from app.engine.proving import Prover
from app.engine.record import load_deployed
from app.findings import Finding
from app.kinds import load
from app.pki import keeping
from app.pki.authority import create_root, issue
from app.pki.credential import Credential
from app.pki.vault import Vault
from app.plan.by_hand import delivery
from app.plan.deployed import Delivery, Deployed, DeployedNode, fingerprint
from app.plan.plan import Plan
from app.plan.specs import spec_of
from tests.kinds.cases import NOW as CASES_NOW
from tests.kinds.cases import Case, cases, plan_of
from tests.unit import verify_servers as servers
from tests.unit.by_hand_site import CLUSTER, NOW, WORD, ByHand

# Both out of reach: one answers on this machine, at the other nobody listens.
PAIR = """\
version: 1
site: rmq
hosts:
  r2: {address: 127.0.0.1, names: [r2], reach: bundle}
  win: {address: 127.0.0.1, port: 23, names: [win], reach: bundle, system: windows}
topologies:
  - kind: rabbitmq
    roles: {node: [r2, win]}
    options: {dist_port: @PORT@}
    nodes: {win: {dist_port: 9}}
"""


def said(
    by_hand: ByHand, record: DeployedNode | None, *, days: int = 0, rotate: bool = False
) -> str:
    kind = load("rabbitmq")
    nodes = kind.nodes(by_hand.site, by_hand.site.topologies[0])
    node = next(node for node in nodes if node.host == "r2")
    check = delivery(by_hand.site, node, record, NOW + timedelta(days=days), rotate=rotate)
    assert (check.host, check.name) == ("r2", "by hand")
    return f"{check.verdict} {check.text}"


def test_a_plan_says_how_far_the_delivery_got_and_which_command_is_next(tmp_path: Path) -> None:
    by_hand = ByHand(tmp_path)
    assert "`tlswright export bundle r2` makes them" in said(by_hand, None)
    assert "`tlswright export bundle r2` makes them" in said(
        by_hand, DeployedNode("rabbitmq", "r2")
    )
    by_hand.export("r2")
    waits = said(by_hand, by_hand.record("r2"))
    assert waits.startswith("warn")
    assert "`tlswright export bundle r2 --delivered`" in waits
    by_hand.deliver("r2")
    record = by_hand.record("r2")
    assert said(by_hand, record).startswith("skip nothing is done here")
    assert "--new`" in said(by_hand, record, rotate=True)
    assert "is due" in said(by_hand, record, days=300)
    by_hand.text = CLUSTER.replace("r2.lab.test", "r2.other.test")
    assert "out of date (name r2.other.test is missing)" in said(by_hand, record)


def test_only_hosts_in_reach_are_asked_anything(tmp_path: Path) -> None:
    site = ByHand(tmp_path).site
    assert list(surveys(site, kinds_of(site))) == ["r1"]


@pytest.fixture
def pair(tmp_path: Path) -> ByHand:
    """Two nodes out of reach whose bundles are made."""
    made = ByHand(tmp_path, PAIR.replace("@PORT@", "9"))
    for host in ("r2", "win"):
        export_bundle(made.places, made.site, host, WORD, servers.NOW)
    return made


def credential(by_hand: ByHand, host: str) -> Credential:
    with Vault.open(by_hand.places.vault, WORD) as vault:
        found = keeping.load_credential(vault, host, f"rabbitmq/{host}")
    assert found is not None
    return found


def proven(by_hand: ByHand) -> dict[str, list[Finding]]:
    """Prove every link with no connection to any host, as `verify` does; by link."""
    deployed = load_deployed(by_hand.places.deployed)
    with Vault.open(by_hand.places.vault, WORD) as vault:
        keyring = Keyring(by_hand.site, vault)
        prover = Prover(
            by_hand.site, kinds_of(by_hand.site), Gathered(), keyring, deployed,
            Plan(by_hand.site, ()), lambda: servers.NOW,
        )  # fmt: skip
        found: dict[str, list[Finding]] = {}
        for finding in prover.everything():
            found.setdefault(finding.subject, []).append(finding)
    return found


@pytest.fixture
def served(pair: ByHand) -> Iterator[ByHand]:
    """Let r2 answer as its bundle would make it: only to certificates of the CA."""
    (pem,) = load_deployed(pair.places.deployed).authorities.values()
    trust = replace(servers.trust(), pem=pem)
    with servers.tls_server(credential(pair, "r2"), "silent", clients=trust) as port:
        pair.text = PAIR.replace("@PORT@", str(port))
        yield pair


def test_what_was_not_installed_is_not_proven_and_not_red(pair: ByHand) -> None:
    found = proven(pair)
    assert set(found) == {"r2>win", "win>r2"}
    for link, (finding,) in found.items():
        host = link.partition(">")[2]
        assert finding.verdict == "skip"
        assert f"the bundle of {host} is not installed yet" in finding.evidence


def test_what_can_be_dialled_from_here_is_proven(served: ByHand) -> None:
    found = proven(served)
    verdicts = {finding.tried: finding.verdict for finding in found["win>r2"]}
    assert set(verdicts.values()) == {"ok"}
    assert len(verdicts) >= 6
    assert "there is no connection to win" in found["win>r2"][0].evidence
    assert [finding.verdict for finding in found["r2>win"]] == ["skip"]


def test_a_delivered_host_that_nobody_can_dial_is_said_not_guessed(served: ByHand) -> None:
    served.deliver("win")
    (finding,) = proven(served)["r2>win"]
    assert finding.verdict == "skip"
    assert "neither win nor r2 can be reached from here" in finding.evidence


def test_a_delivered_host_that_shows_another_certificate_is_red(served: ByHand) -> None:
    export_bundle(served.places, served.site, "r2", WORD, servers.NOW, new=True)
    assert "not installed yet" in proven(served)["win>r2"][0].evidence
    served.deliver("r2")
    failed = [finding for finding in proven(served)["win>r2"] if finding.verdict == "fail"]
    assert failed


def test_the_only_node_in_reach_goes_back_to_plain_without_waiting_for_a_quorum(
    tmp_path: Path,
) -> None:
    kind, site = load("rabbitmq"), ByHand(tmp_path).site
    node = kind.nodes(site, site.topologies[0])[0]
    layout = kind.assumed(site, node)
    layout = replace(layout, facts={**layout.facts, "transport": "tls"})
    env = ("/etc/rabbitmq/rabbitmq-env.conf",)
    quorum = "check_if_node_is_quorum_critical"
    assert quorum not in kind.activation(site, node, layout, changed=env, restored=True).stop
    assert quorum in kind.activation(site, node, layout, changed=env).stop
    hosts = {name: replace(host, reach="ssh") for name, host in site.hosts.items()}
    reached = replace(site, hosts=hosts)
    assert quorum in kind.activation(reached, node, layout, changed=env, restored=True).stop


OPENED = ("listener_port: 5671", "plain: close")
PATHS = {f"/etc/rabbitmq/tls/node.{end}": f"key PEM {part} r1" for end, part in
         (("pem", "chain"), ("key", "key"))}  # fmt: skip


def case_of(*options: str) -> Case:
    """Give the case of a node in reach, r1, and one that a person brings files to.

    Files of a key and a certificate stand on r1.
    """
    (found,) = (case for case in cases() if case.name == "rabbitmq/by_hand")
    text = found.data["site"].rstrip() + f"\n    options: {{{', '.join(options)}}}\n"
    seen = {**found.data["observed"]["r1"], "files": dict.fromkeys(PATHS, "as deployed")}
    return Case(found.path, {**found.data, "site": text, "observed": {"r1": seen}}, found.host)


def record(case: Case, host: str, delivery: Delivery = "") -> DeployedNode:
    """Record a certificate on a host, another one at each call, with those files."""
    kind, site = load("rabbitmq"), case.site
    node = next(n for n in kind.nodes(site, site.topologies[0]) if n.host == host)
    spec = spec_of(site, node, None)
    made = issue(create_root("T", spec.generation, "ec-p256", 900, CASES_NOW), spec, CASES_NOW)
    digest = hashlib.sha256(b"as deployed").hexdigest()
    files = {path: (digest, what) for path, what in PATHS.items()}
    return DeployedNode(
        "rabbitmq", host, spec, made.facts(), files=files, delivery=delivery
    )  # fmt: skip


def test_plain_listeners_stay_open_until_every_host_by_hand_has_its_files() -> None:
    case = case_of(*OPENED)
    waiting = record(case, "win", "exported")
    for known, phases in (
        ((), ["deploy"]),
        ((waiting,), ["deploy"]),
        ((replace(waiting, delivery="delivered"),), ["deploy", "close"]),
    ):
        plan = plan_of(case, Deployed().with_nodes(*known))
        assert [wave.phase for wave in plan.waves] == phases
        told = [check.text for check in plan.checks if check.host == "win"]
        assert any("stay open until then" in text for text in told) == (known == (waiting,))


def test_a_shared_pair_that_waits_for_a_host_by_hand_is_for_those_in_reach_too() -> None:
    case = case_of("certificate: shared")
    own, waiting = record(case, "r1"), record(case, "win", "exported")
    assert own.facts is not None
    assert waiting.facts is not None
    deployed = Deployed().with_nodes(own, waiting)

    def new_leaf(kept: str) -> bool:
        plan = plan_of(case, deployed, {"cluster": kept} if kept else {})
        changed = [c for s in plan.steps for m in s.members for c in m.changes]
        reasons = {c.reason for c in changed if c.path in PATHS}
        assert reasons <= {"it shares its key with hosts that a person brings a new one to"}
        return bool(reasons)

    assert new_leaf(waiting.facts.sha256)
    assert not new_leaf(own.facts.sha256)
    assert not new_leaf("")


def test_others_have_a_newer_shared_pair_than_the_bundle(tmp_path: Path) -> None:
    by_hand = ByHand(tmp_path)
    by_hand.export("r2")
    node = load("rabbitmq").nodes(by_hand.site, by_hand.site.topologies[0])[1]
    same = by_hand.record("r2").facts
    assert same is not None
    for kept, words in (("e" * 64, "which have a new one: `tlswright export bundle r2` makes"),
                        (same.sha256, "its bundle waits")):  # fmt: skip
        check = delivery(by_hand.site, node, by_hand.record("r2"), NOW, rotate=False, kept=kept)
        assert words in check.text


PEMS = {
    g: f"-----BEGIN-----\n{base64.b64encode(f'root {g}'.encode()).decode()}\n-----END-----"
    for g in (1, 2)
}
BOTH = {f"ca-g{g}": fingerprint(pem) for g, pem in PEMS.items()}


def changing(case: Case, delivery: Delivery, generation: int) -> Deployed:
    """Record both CAs trusted in reach, and what a host by hand has of this generation."""
    own, far = record(case, "r1"), record(case, "win", delivery)
    assert own.spec is not None
    assert far.spec is not None
    old = replace(own, spec=replace(own.spec, generation=1), trust=BOTH)
    trust = BOTH if generation == 2 else {"ca-g1": BOTH["ca-g1"]}
    far = replace(far, spec=replace(far.spec, generation=generation), trust=trust)
    return Deployed(authorities=PEMS).with_nodes(old, far)


@pytest.mark.parametrize(
    ("delivery", "generation", "served", "said"),
    [
        ("delivered", 1, "", "once all others trust both, `tlswright export bundle win` makes"),
        ("exported", 2, "", "its bundle is not delivered yet"),
        ("delivered", 2, "e" * 64, "it presents another certificate than its last bundle holds"),
        ("delivered", 2, "", ""),
    ],
)
def test_a_change_of_the_ca_waits_for_what_a_person_brings(
    delivery: Delivery, generation: int, served: str, said: str
) -> None:
    case = case_of()
    data = case.data["site"].replace("name: T}", "name: T, generation: 2}")
    case = Case(case.path, {**case.data, "site": data}, case.host)
    plan = plan_of(case, changing(case, delivery, generation), served={"win": served})
    later = {wave.phase for wave in plan.waves} & {"leaf", "drop"}
    assert bool(later) == (not said)
    told = [check.text for check in plan.held_up if check.host == "win"]
    assert len(told) == bool(said)
    assert all(said in text and "`--forget`" in text for text in told)
