"""An authority with intermediates: what is trusted, what is presented, what others say of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import PkiError
from app.pki import keeping
from app.pki.authority import Authority, issue
from app.pki.passwords import new_password
from app.pki.pem import pem_chain
from app.pki.reading import der
from app.pki.secret import Secret
from app.pki.spec import IssueSpec
from app.pki.stores import StoreFormat, check_key_store, key_store, read_key_store, trust_store
from app.pki.vault import Vault
from tests.unit.issued import CLIENT, NAMES, NOW, PEER, pem_file
from tests.unit.java_paths import Stores, java_takes
from tests.unit.judges import judge, need
from tests.unit.openssl_ca import BELOW, CA, RSA, Made, authority_of, make

PASSWORD = new_password()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Made, Made]:
    """Give issuing CA, the CA between, and the root: RSA above, elliptic curve below."""
    folder = tmp_path_factory.mktemp("ca")
    root = make(folder, "Corp Root", key=RSA)
    between = make(folder, "Corp Servers", by=root, key=RSA)
    pathlen = ("basicConstraints=critical,CA:true,pathlen:0", *BELOW[1:])
    return make(folder, "Corp Brokers", by=between, extensions=pathlen), between, root


@pytest.fixture(scope="module")
def corp(path: tuple[Made, ...]) -> Authority:
    return authority_of(*path)


def test_the_root_is_trusted_and_never_presented(corp: Authority) -> None:
    made = issue(corp, PEER, NOW)
    assert corp.facts().common_name == "Corp Root"
    above = [one.subject.rfc4514_string() for one in made.chain]
    assert above == ["CN=Corp Brokers", "CN=Corp Servers"]


@pytest.mark.parametrize("spec", [PEER, replace(PEER, key_type="rsa-3072"), CLIENT])
def test_openssl_takes_the_presented_chain_strictly_with_the_root_alone(
    tmp_path: Path, corp: Authority, spec: IssueSpec
) -> None:
    made = issue(corp, spec, NOW)
    trust = pem_file(tmp_path, "trust", corp.anchor_der)
    leaf = pem_file(tmp_path, "leaf", made.cert_der)
    chain = pem_file(tmp_path, "chain", *map(der, made.chain))
    names = [w for n in NAMES[:3] for w in
             ("-verify_hostname" if n.endswith("com") else "-verify_ip", n)]  # fmt: skip
    purpose = ("-purpose", "sslclient") if spec is CLIENT else ("-purpose", "sslserver", *names[:2])
    strict = (need("openssl"), "verify", "-x509_strict", *purpose, "-CAfile", trust)
    assert judge(*strict, "-untrusted", chain, leaf).returncode == 0
    assert judge(*strict, leaf).returncode != 0


def test_java_takes_the_key_entry_with_its_chain(tmp_path: Path, corp: Authority) -> None:
    made = issue(corp, PEER, NOW)
    found: list[Stores] = []
    formats: tuple[StoreFormat, ...] = ("PKCS12", "JKS")
    for fmt in formats:
        keys = key_store(made, fmt, PASSWORD, "hub")
        check_key_store(keys, PASSWORD, made, "hub")
        found.append((fmt, keys, trust_store({"ca-g1": corp.anchor_der}, fmt, PASSWORD)))
    bare = key_store(replace(made, chain=()), "PKCS12", PASSWORD, "hub")
    found.append(("PKCS12", bare, found[0][2]))
    assert java_takes(tmp_path, found, PASSWORD) == [(True, True), (True, True), (False, False)]
    listed = judge(
        *(need("keytool"), "-list", "-v", "-keystore", str(tmp_path / "keys-0")),
        *("-storepass:env", "P"),
        secret=PASSWORD.reveal(),
    )
    assert "Certificate chain length: 3" in listed.stdout


def test_a_pem_file_holds_leaf_first_and_no_root(corp: Authority) -> None:
    made = issue(corp, PEER, NOW)
    held = read_key_store(key_store(made, "PEM", PASSWORD, "hub"), PASSWORD)
    names = [facts.common_name for facts in (held.facts, *held.chain)]
    assert names == ["hub.example.com", "Corp Brokers", "Corp Servers"]
    assert pem_chain(made).count(b"BEGIN CERTIFICATE") == 3


def test_the_vault_keeps_the_whole_path_and_where_it_came_from(
    tmp_path: Path, corp: Authority
) -> None:
    with Vault.create(tmp_path / "vault", Secret("four unusual words here"), log2_n=4) as vault:
        keeping.store_authority(vault, corp)
        keeping.store_authority(vault, replace(corp, name="Others", key=None, source="outside"))
        kept = keeping.load_authority(vault, "Example", 1)
        assert (kept.certificate, kept.above, kept.source) == (
            corp.certificate, corp.above, "imported",
        )  # fmt: skip
        assert issue(kept, PEER, NOW).satisfies(PEER, "CN=Corp Brokers") == ()
        keyless = keeping.load_authority(vault, "Others", 1)
        assert (keyless.key, keyless.source) == (None, "outside")
        with pytest.raises(PkiError, match="is not here: others sign"):
            issue(keyless, replace(PEER, issuer="Others"), NOW)


def test_a_certificate_never_outlives_any_above_it(tmp_path: Path) -> None:
    root = make(tmp_path, "Short Root", life=(-1, 40))
    corp = authority_of(make(tmp_path, "Long Issuer", by=root, life=(-1, 400)), root)
    made = issue(corp, PEER, NOW)
    assert made.clipped
    assert made.certificate.not_valid_after_utc == corp.anchor.not_valid_after_utc


def test_an_issuer_without_key_identifier_still_signs_what_openssl_takes(tmp_path: Path) -> None:
    root = make(tmp_path, "Bare Root", extensions=CA)
    made = issue(authority_of(root), PEER, NOW)
    trust = pem_file(tmp_path, "trust", authority_of(root).anchor_der)
    leaf = pem_file(tmp_path, "leaf", made.cert_der)
    assert judge(need("openssl"), "verify", "-CAfile", trust, leaf).returncode == 0
