"""Imported CAs in shapes that will hurt: each is named, and real peers bear out each judgement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.errors import GivenError
from app.pki import profiles
from app.pki.credential import Credential
from app.pki.given import read_given
from app.pki.importing import Candidate, examine
from app.pki.names import san_entries
from app.pki.passwords import new_password
from app.pki.reading import der
from app.pki.stores import key_store, trust_store
from tests.unit.ca_shapes import GOOD, SHAPES, Shape
from tests.unit.issued import NOW, PEER, pem_file
from tests.unit.java_paths import Stores, java_takes
from tests.unit.judges import judge, need
from tests.unit.openssl_ca import RSA, make

NAMED = san_entries(["hub.example.com", "192.0.2.7"])
SPEC = replace(PEER, sans=NAMED)
PASSWORD = new_password()
ALWAYS = ("hosts will", "certificates will live")


@dataclass(frozen=True)
class Judged:
    candidate: Candidate
    leaf: Credential

    @property
    def others(self) -> list[str]:
        """Give what is said beside what is said of every CA."""
        flaws = self.candidate.flaws
        return [flaw.what for flaw in flaws if not flaw.what.startswith(ALWAYS)]


def stores(one: Judged) -> Stores:
    trust = trust_store({"ca-g1": der(one.candidate.path[-1])}, "PKCS12", PASSWORD)
    return "PKCS12", key_store(one.leaf, "PKCS12", PASSWORD, "hub"), trust


@pytest.fixture(scope="module")
def all_judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    folder = tmp_path_factory.mktemp("shapes")
    root = make(folder, "Corp Root", key=RSA)
    found: dict[str, Judged] = {}
    key = ec.generate_private_key(ec.SECP256R1())
    for shape in (*GOOD, *SHAPES):
        path = shape.make(folder, root)
        text = b"".join((path[0].key.read_bytes(), *(one.pem for one in path[::-1])))
        candidate = examine(read_given(text, None), NOW, names=NAMED, leaf_days=397)
        life = (NOW - timedelta(hours=1), NOW + timedelta(days=9))
        leaf = profiles.leaf(SPEC, key, life, candidate.path[0], candidate.key)
        found[shape.name] = Judged(candidate, Credential(leaf, key, candidate.path[:-1]))
    return found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_shape_that_hurts_is_explained_with_its_remedy(
    all_judged: dict[str, Judged], shape: Shape
) -> None:
    flaws = all_judged[shape.name].candidate.flaws
    (flaw,) = (flaw for flaw in flaws if shape.says in flaw.what)
    assert flaw.fatal is shape.fatal
    assert flaw.why.endswith(".")
    assert flaw.remedy.endswith(".") or flaw.remedy.endswith("keyCertSign.")
    if shape.fatal:
        with pytest.raises(GivenError, match="this CA cannot be used") as raised:
            all_judged[shape.name].candidate.authority("Example", 1)
        assert any(flaw.what in text for text in raised.value.problems)


@pytest.mark.parametrize("shape", GOOD, ids=lambda shape: shape.name)
def test_nothing_more_is_said_of_a_good_one_than_who_is_let_in(
    all_judged: dict[str, Judged], shape: Shape
) -> None:
    assert all_judged[shape.name].others == []
    assert all_judged[shape.name].candidate.usable


@pytest.mark.parametrize("shape", [*GOOD, *SHAPES], ids=lambda shape: shape.name)
def test_openssl_bears_the_judgement_out(
    all_judged: dict[str, Judged], tmp_path: Path, shape: Shape
) -> None:
    """At the security level of Debian, in both roles; -x509_strict for what only it refuses."""
    one = all_judged[shape.name]
    trust = pem_file(tmp_path, "trust", der(one.candidate.path[-1]))
    leaf = pem_file(tmp_path, "leaf", one.leaf.cert_der)
    chain = pem_file(tmp_path, "chain", *map(der, (one.candidate.path[0], *one.leaf.chain)))
    common = ("-auth_level", "2", "-CAfile", trust, "-untrusted", chain)

    def takes(*more: str) -> bool:
        return judge(need("openssl"), "verify", *common, *more, leaf).returncode == 0

    both = takes("-purpose", "sslserver") and takes("-purpose", "sslclient")
    assert both is (shape.refused_by != "openssl")
    if shape.refused_by == "strict":
        assert not takes("-x509_strict")


def test_java_bears_the_judgement_out(all_judged: dict[str, Judged], tmp_path: Path) -> None:
    shapes = [shape for shape in (*GOOD, *SHAPES) if shape.refused_by != "openssl"]
    found = java_takes(tmp_path, [stores(all_judged[shape.name]) for shape in shapes], PASSWORD)
    taken = {shape.name: both for shape, both in zip(shapes, found, strict=True)}
    assert {name for name, both in taken.items() if not all(both)} == {
        shape.name for shape in shapes if shape.refused_by == "java"
    }


def test_a_path_without_its_root_names_what_is_missing(tmp_path: Path) -> None:
    root = make(tmp_path, "Corp Root")
    below = make(tmp_path, "Corp Brokers", by=root)
    candidate = examine(read_given(below.pem + below.key.read_bytes(), None), NOW)
    (flaw,) = (flaw for flaw in candidate.flaws if flaw.fatal)
    assert flaw.what == "the root is missing: 'Corp Brokers' was issued by 'Corp Root'"


def test_an_end_before_that_of_the_certificates_is_said_in_days(tmp_path: Path) -> None:
    made = make(tmp_path, "Short", life=(-1, 300))
    given = read_given(made.pem + made.key.read_bytes(), None)
    said = " ".join(flaw.what for flaw in examine(given, datetime.now(UTC), leaf_days=397).flaws)
    assert "certificates will live 299 days, not 397" in said
    assert "'Short' ends on" in said
