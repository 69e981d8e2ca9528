from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import PkiError
from app.pki import javastore
from app.pki.aliases import check_aliases
from app.pki.passwords import new_password
from app.pki.pem import pem_bundle, pem_cert, pem_chain, pem_key
from app.pki.secret import Secret
from app.pki.stores import (
    StoreFormat,
    check_key_store,
    check_trust_store,
    key_store,
    read_key_store,
    read_trust_store,
    store_format,
    trust_store,
)
from tests.unit.issued import CLIENT, PEER, PINNED, authority, issued
from tests.unit.judges import judge, need

PASSWORD = new_password()
FORMATS: list[StoreFormat] = ["PKCS12", "JKS", "PEM"]
LOCKED: list[StoreFormat] = ["PKCS12", "JKS"]
TRUSTED = {"ca-g1": authority().cert_der, "hub.example.com": issued(PINNED).cert_der}


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_key_store_opens_again_with_its_key_and_chain(fmt: StoreFormat) -> None:
    credential = replace(issued(), chain=(authority().certificate,))
    data = key_store(credential, fmt, PASSWORD, "hub")
    check_key_store(data, PASSWORD, credential, "hub")
    held = read_key_store(data, PASSWORD)
    assert store_format(data) == fmt
    assert (held.has_key, held.matches) == (True, True)
    assert held.facts == credential.facts()
    assert held.chain == (authority().facts(),)
    assert held.alias == ("" if fmt == "PEM" else "hub")


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_trust_store_opens_again_with_its_entries(fmt: StoreFormat) -> None:
    data = trust_store(TRUSTED, fmt, PASSWORD)
    check_trust_store(data, PASSWORD, TRUSTED)
    assert read_trust_store(data, PASSWORD) == TRUSTED


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_check_refuses_a_store_of_something_else(fmt: StoreFormat) -> None:
    keys = key_store(issued(CLIENT), fmt, PASSWORD, "hub")
    with pytest.raises(PkiError, match="another certificate"):
        check_key_store(keys, PASSWORD, issued(), "hub")
    trust = trust_store(TRUSTED, fmt, PASSWORD)
    with pytest.raises(PkiError, match="wanted"):
        check_trust_store(trust, PASSWORD, {"ca-g1": authority().cert_der})
    with pytest.raises(PkiError, match="other certificates"):
        check_trust_store(trust, PASSWORD, {**TRUSTED, "ca-g1": issued().cert_der})


@pytest.mark.parametrize("fmt", LOCKED)
def test_the_check_refuses_another_alias_or_password(fmt: StoreFormat) -> None:
    keys = key_store(issued(), fmt, PASSWORD, "hub")
    with pytest.raises(PkiError, match="alias"):
        check_key_store(keys, PASSWORD, issued(), "spoke")
    with pytest.raises(PkiError, match="password"):
        check_key_store(keys, new_password(), issued(), "hub")
    with pytest.raises(PkiError, match="password"):
        read_trust_store(trust_store(TRUSTED, fmt, PASSWORD), new_password())


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_key_of_another_certificate_is_not_written(fmt: StoreFormat) -> None:
    with pytest.raises(PkiError, match="does not belong"):
        key_store(replace(issued(), key=issued(CLIENT).key), fmt, PASSWORD, "hub")


def test_a_key_of_another_certificate_is_found() -> None:
    mixed = replace(issued(), key=issued(CLIENT).key)
    for data in (
        pem_key(mixed) + pem_chain(mixed),
        javastore.write_key_store(mixed, PASSWORD, "hub"),
    ):
        held = read_key_store(data, PASSWORD)
        assert (held.has_key, held.matches) == (True, False)


def test_a_pem_of_certificates_alone_has_no_key() -> None:
    held = read_key_store(pem_chain(issued()), PASSWORD)
    assert (held.has_key, held.matches) == (False, False)
    with pytest.raises(PkiError, match="no key"):
        check_key_store(pem_chain(issued()), PASSWORD, issued(), "hub")


@pytest.mark.parametrize("fmt", LOCKED)
@settings(deadline=None, max_examples=40)
@given(place=st.integers(0, 10_000))
def test_a_cut_store_is_refused_in_words(fmt: StoreFormat, place: int) -> None:
    keys, trust = key_store(issued(), fmt, PASSWORD, "hub"), trust_store(TRUSTED, fmt, PASSWORD)
    with pytest.raises(PkiError):
        read_key_store(keys[: place % len(keys)], PASSWORD)
    with pytest.raises(PkiError):
        read_trust_store(trust[: place % len(trust)], PASSWORD)


@pytest.mark.parametrize("fmt", LOCKED)
def test_a_store_made_by_keytool_is_read(tmp_path: Path, fmt: StoreFormat) -> None:
    keytool = need("keytool")
    keys, trust, cert = (str(tmp_path / name) for name in ("keys", "trust", "cert"))
    key = ("-keypass:env", "P", "-keyalg", "EC", "-dname", "CN=broker")
    store = ("-storetype", fmt, "-storepass:env", "P")
    for command in (
        ("-genkeypair", "-keystore", keys, *store, "-alias", "broker", *key),
        ("-exportcert", "-keystore", keys, *store, "-alias", "broker", "-file", cert),
        ("-importcert", "-keystore", trust, *store, "-alias", "broker", "-file", cert, "-noprompt"),
    ):
        done = judge(keytool, *command, secret=PASSWORD.reveal())
        assert done.returncode == 0, done.stdout
    held = read_key_store(Path(keys).read_bytes(), PASSWORD)
    assert (held.alias, held.matches, held.facts.common_name) == ("broker", True, "broker")
    der = Path(cert).read_bytes()
    assert read_trust_store(Path(trust).read_bytes(), PASSWORD) == {"broker": der}


@pytest.mark.parametrize("fmt", LOCKED)
@pytest.mark.parametrize("text", ["", "short", "p\u00e4sswort-lang", "tab\tin-between"])
def test_a_password_that_java_refuses_is_refused_before(fmt: StoreFormat, text: str) -> None:
    with pytest.raises(PkiError, match="Java refuses") as caught:
        key_store(issued(), fmt, Secret(text), "hub")
    assert not text or text not in f"{caught.value}{caught.value.hint}"
    with pytest.raises(PkiError):
        trust_store(TRUSTED, fmt, Secret(text))


@pytest.mark.parametrize("alias", ["Hub", "", "a b", "\u00fc", "-x", "a" * 200, "x\n"])
def test_an_alias_that_a_store_would_change_is_refused(alias: str) -> None:
    with pytest.raises(PkiError):
        key_store(issued(), "PKCS12", PASSWORD, alias)
    with pytest.raises(PkiError):
        trust_store({alias: authority().cert_der}, "JKS", PASSWORD)


def test_aliases_that_fold_into_one_are_refused() -> None:
    with pytest.raises(PkiError, match="one to Java"):
        check_aliases(["hub", "HUB"])


@pytest.mark.parametrize("fmt", FORMATS)
def test_an_empty_store_and_pem_for_der_are_refused(fmt: StoreFormat) -> None:
    with pytest.raises(PkiError, match="at least one"):
        trust_store({}, fmt, PASSWORD)
    with pytest.raises(PkiError) as caught:
        trust_store({"ca": pem_cert(authority().cert_der)}, fmt, PASSWORD)
    assert "PEM" in caught.value.hint


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_key_store_is_no_trust_store(fmt: StoreFormat) -> None:
    with pytest.raises(PkiError):
        read_trust_store(key_store(issued(), fmt, PASSWORD, "hub"), PASSWORD)


def test_without_pyjks_the_error_says_what_to_install() -> None:
    program = """
import sys
sys.modules["jks"] = None
from app.errors import PkiError
from app.pki.stores import trust_store
from tests.unit.test_pki_stores import PASSWORD, TRUSTED
assert trust_store(TRUSTED, "PKCS12", PASSWORD)
try:
    trust_store(TRUSTED, "JKS", PASSWORD)
except PkiError as error:
    print(error, error.hint)
"""
    done = judge(sys.executable, "-c", program)
    assert "the Python package pyjks" in done.stdout, done.stderr
    assert "pip install 'tlswright[jks]'" in done.stdout


def test_pem_parts_are_read_by_openssl(tmp_path: Path) -> None:
    openssl = need("openssl")
    for name, data in (
        ("key", pem_key(issued())),
        ("both", key_store(issued(), "PEM", PASSWORD, "hub")),
        ("trust", pem_bundle(TRUSTED)),
        ("leaf", pem_chain(issued(PEER))),
    ):
        (tmp_path / name).write_bytes(data)
    for name in ("key", "both"):
        assert judge(openssl, "pkey", "-noout", "-in", str(tmp_path / name)).returncode == 0
    verify = (openssl, "verify", "-CAfile", str(tmp_path / "trust"))
    assert judge(*verify, str(tmp_path / "leaf"), str(tmp_path / "both")).returncode == 0
