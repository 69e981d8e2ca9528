"""Keys that wait for an outside CA: handed over once, forgotten then, never lost to an anchor."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from app.engine import asking, clients, handover
from app.engine.asking import settle_requests
from app.engine.opening import kinds_of
from app.engine.record import load_deployed, save_deployed
from app.engine.requests import load_requests
from app.errors import PkiError, TlswrightError, UsageError
from app.pki import keeping
from app.pki.authority import create_root
from app.pki.pem import read_combined
from app.pki.reading import facts_of
from app.pki.vault import Vault
from app.plan.deployed import DeployedNode
from tests.unit.by_hand_site import files as zipped
from tests.unit.outside_ca import CA, OutsideCa
from tests.unit.outside_site import NOW, TEXT, WORD, OutsideSite


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> OutsideCa:
    return OutsideCa(tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def issuing(root: OutsideCa) -> OutsideCa:
    return OutsideCa(root.folder / "below", "Corp Issuing", above=root)


@pytest.fixture
def outside(tmp_path: Path, root: OutsideCa) -> OutsideSite:
    made = OutsideSite(tmp_path)
    made.anchor(root.folder / "ca.crt")
    return made


def test_a_record_that_was_touched_does_not_get_a_certificate_past_the_judge(
    outside: OutsideSite, root: OutsideCa, tmp_path: Path
) -> None:
    outside.ask("r1", "r2")
    for host in ("r1", "r2"):
        (tmp_path / f"{host}.pem").write_bytes(root.sign(outside.csr(host)))
    outside.take(tmp_path / "r1.pem", tmp_path / "r2.pem")
    data = json.loads(outside.places.requests.read_text())
    first, second = data["requests"]
    second["certificate"] = first["certificate"]
    outside.places.requests.write_text(json.dumps(data))
    with pytest.raises(PkiError, match="is not good: it lacks the name r2"):
        handover.export_bundle(outside.places, outside.site, "r2", WORD, NOW + timedelta(hours=1))
    outside.places.requests.write_text("{")
    with pytest.raises(TlswrightError, match="cannot be read"):
        outside.ask()


def test_a_host_by_hand_gets_what_the_outside_ca_signed(
    outside: OutsideSite, issuing: OutsideCa, tmp_path: Path
) -> None:
    def bundle() -> dict[str, bytes]:
        made = handover.export_bundle(
            outside.places, outside.site, "r2", WORD, NOW + timedelta(hours=1)
        )
        return zipped(made)

    outside.ask()
    with pytest.raises(PkiError, match="no certificate for r2 from the outside CA: it waits"):
        bundle()
    (tmp_path / "r2.pem").write_bytes(issuing.sign(outside.csr("r2")) + issuing.pem)
    outside.take(tmp_path / "r2.pem")
    found = bundle()
    certificate, _, above = read_combined(found["files/etc/rabbitmq/tls/node.pem"])
    assert certificate.issuer == issuing.certificate.subject
    assert len(above) == 1
    key = load_pem_private_key(found["files/etc/rabbitmq/tls/node.key"], None)
    assert key.public_key() == certificate.public_key()
    assert bundle() == found
    with Vault.open(outside.places.vault, WORD, write=True) as vault:
        nodes = asking.nodes_of(outside.site, kinds_of(outside.site))
        settle_requests(outside.places, vault, nodes)
    assert outside.keys() == ["r1"]
    assert bundle() == found


def test_a_client_is_signed_elsewhere_too_and_its_key_leaves_with_it(
    outside: OutsideSite, root: OutsideCa, tmp_path: Path
) -> None:
    def export(name: str = "app 1") -> tuple[Path, ...]:
        when = NOW + timedelta(hours=1)
        return clients.export(outside.places, outside.site, name, WORD, tmp_path / "out", when)

    with pytest.raises(PkiError, match="none was asked for") as raised:
        export()
    assert "tlswright csr --client app 1" in raised.value.hint
    (one,) = outside.ask(client="app 1").waiting
    assert outside.keys() == ["client:app 1"]
    (tmp_path / "app.pem").write_bytes(root.sign((outside.folder / one.file).read_bytes()))
    root.configure(leaf="basicConstraints = CA:FALSE\n")
    outside.take(tmp_path / "app.pem")
    written = {path.name for path in export()}
    assert {"client.key.pem", "client.cert.pem", "ca.pem", "client.p12"} <= written
    assert (tmp_path / "out/ca.pem").read_bytes() in root.pem
    assert outside.keys() == []
    assert load_requests(outside.places.requests) == {}


def test_what_is_delivered_is_forgotten_once_all_who_share_it_have_it(
    outside: OutsideSite, root: OutsideCa, tmp_path: Path
) -> None:
    outside.write(TEXT + "    options: {certificate: shared, client_pair: true}\n")
    outside.ask()
    assert outside.keys() == ["cluster", "cluster/client"]
    for name in ("cluster", "cluster_client"):
        (tmp_path / f"{name}.pem").write_bytes(root.sign(outside.csr(name)))
    outside.take(tmp_path / "cluster.pem", tmp_path / "cluster_client.pem")
    own = load_requests(outside.places.requests)["cluster"]
    nodes = asking.nodes_of(outside.site, kinds_of(outside.site))
    for host, left in (("r1", ["cluster", "cluster/client"]), ("r2", [])):
        record = DeployedNode("rabbitmq", host, own.spec, own.facts)
        save_deployed(
            outside.places.deployed, load_deployed(outside.places.deployed).with_nodes(record)
        )
        with Vault.open(outside.places.vault, WORD, write=True) as vault:
            settle_requests(outside.places, vault, nodes)
        assert outside.keys() == left


def test_anchors_that_hosts_could_not_trust_are_refused_in_words(
    tmp_path: Path, root: OutsideCa, issuing: OutsideCa
) -> None:
    outside = OutsideSite(tmp_path)
    other = OutsideCa(tmp_path / "other", "Other Root")
    leafy = OutsideCa(tmp_path / "leafy", "No Ca", ext=CA.replace("CA:TRUE", "CA:FALSE"))
    sibling = OutsideCa(tmp_path / "sibling", "Corp Second", above=root)

    def file(ca: OutsideCa) -> Path:
        return ca.folder / "ca.crt"

    for paths, said in (
        ((file(issuing),), "the root is missing"),
        ((file(root), file(other)), "these are several roots"),
        ((file(leafy),), "is not a CA"),
        ((file(root), file(issuing), file(sibling)), "no single path below the root"),
        ((file(other), file(issuing)), "is neither the site's CA nor among the files"),
    ):
        with pytest.raises(UsageError, match=said):
            outside.anchor(*paths)
    with pytest.raises(PkiError, match="does not hold the outside CA"):
        outside.take(file(root))
    outside.anchor(file(other))
    assert outside.anchor(file(root)) == "CN=Example Corp Root"
    assert outside.site.authority.anchor
    facts = facts_of(root.certificate.public_bytes(Encoding.DER))
    record = DeployedNode("rabbitmq", "r1", facts=facts)
    save_deployed(
        outside.places.deployed, load_deployed(outside.places.deployed).with_nodes(record)
    )
    assert outside.anchor(file(root), file(issuing)) == "CN=Example Corp Root"


def test_a_ca_whose_key_is_here_is_never_lost_to_an_outside_one(
    tmp_path: Path, root: OutsideCa
) -> None:
    outside = OutsideSite(tmp_path)
    with Vault.open(outside.places.vault, WORD, write=True) as vault:
        keeping.store_authority(vault, create_root("rmq", 1, "ec-p256", 900, NOW))
        vault.save()
    outside.anchor(root.folder / "ca.crt")
    assert outside.site.authority.generation == 2
    with Vault.open(outside.places.vault, WORD) as vault:
        assert keeping.load_authority(vault, "rmq", 1).key is not None
        assert keeping.load_authority(vault, "rmq", 2).source == "outside"
    assert outside.ask().waiting[0].spec.generation == 2
