"""Stores of either type that keytool made are read with the user's password; others are named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import GivenError, PasswordError
from app.pki import adopted
from app.pki.adopted import MOST_BYTES, OTHER_PASSWORD, Entry, open_store
from app.pki.authority import self_sign
from app.pki.credential import Credential
from app.pki.pkcs12_parts import parts_of
from app.pki.secret import Secret
from app.pki.stores import key_store
from tests.unit.foreign_stores import PASSWORD, export, keytool, new_key, trust
from tests.unit.issued import NOW, PEER, PINNED, authority, issued

SECRET = Secret(PASSWORD)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make every store that the tests read, in one process of Java's."""
    folder = tmp_path_factory.mktemp("keytool")
    keytool(folder, (
        new_key("one.jks", "broker", "hub", "-keypass another_word", kind="JKS"),
        new_key("two.p12", "Broker", "hub"),
        new_key("two.p12", "second", "other"),
        export("two.p12", "Broker", "hub.crt"),
        export("two.p12", "second", "other.crt"),
        trust("two.p12", "Friend", "other.crt"),
        trust("trust.jks", "Old_Peer", "hub.crt", "JKS"),
        trust("trust.p12", "Old_Peer", "hub.crt"),
        new_key("other.jceks", "broker", "hub", kind="JCEKS"),
        "@keystore.pkcs12.macAlgorithm=NONE",
        trust("no-mac.p12", "peer", "hub.crt"),
        "@keystore.pkcs12.macAlgorithm=",
        "@keystore.pkcs12.legacy=true",
        new_key("legacy.p12", "broker", "hub"),
        trust("legacy.p12", "peer", "other.crt"),
    ))  # fmt: skip
    return folder


def rows(entries: tuple[Entry, ...]) -> list[tuple[str, str, str, bool]]:
    """Say of each entry what is told of it."""
    return [(e.alias, e.kind, e.facts.subject, e.key is not None) for e in entries]


@pytest.mark.parametrize(("name", "form", "want"), [
    ("two.p12", "PKCS12", [("broker", "key", "CN=hub", True), ("second", "key", "CN=other", True),
      ("Friend", "trusted", "CN=other", False)]),
    ("trust.jks", "JKS", [("old peer", "trusted", "CN=hub", False)]),
    ("trust.p12", "PKCS12", [("Old Peer", "trusted", "CN=hub", False)]),
    ("no-mac.p12", "PKCS12", [("peer", "trusted", "CN=hub", False)]),
    ("legacy.p12", "PKCS12",
     [("broker", "key", "CN=hub", True), ("peer", "trusted", "CN=other", False)]),
])  # fmt: skip
def test_what_keytool_stored_is_read(
    made: Path, name: str, form: str, want: list[tuple[str, str, str, bool]]
) -> None:
    opened = open_store((made / name).read_bytes(), [Secret("wrong"), SECRET])
    assert opened.format == form
    assert rows(opened.entries) == want


def test_a_key_with_a_password_of_its_own_is_shown_and_opened_once_that_is_given(
    made: Path,
) -> None:
    data = (made / "one.jks").read_bytes()
    (locked,) = open_store(data, [SECRET]).entries
    assert (locked.key, locked.problem) == (None, OTHER_PASSWORD)
    (entry,) = open_store(data, [SECRET, Secret("another word")]).entries
    assert entry.credential.key_matches
    assert entry.facts.sans == entry.credential.facts().sans


@pytest.mark.parametrize("name", ["trust.jks", "trust.p12", "no-mac.p12", "legacy.p12"])
def test_a_store_asks_for_its_password_and_says_that_one_is_wrong(made: Path, name: str) -> None:
    data = (made / name).read_bytes()
    with pytest.raises(PasswordError, match="its password is needed") as missing:
        open_store(data, [], where="hub: /x")
    with pytest.raises(PasswordError, match="or the store is damaged"):
        open_store(data, [Secret("wrong one")])
    assert (missing.value.given, missing.value.where) == (False, "hub: /x")
    assert "wrong one" not in repr(missing.value)


def test_other_stores_and_no_stores_are_refused_by_their_name(made: Path) -> None:
    key = key_store(issued(PEER), "PEM", SECRET, "a")
    cases = {
        "JCEKS": (made / "other.jceks").read_bytes(),
        "BKS or UBER": b"\0\0\0\2" + bytes(200),
        "is empty": b"",
        "it is a certificate": (made / "hub.crt").read_bytes(),
        "it is PEM": key,
        "no key store": b"some text",
        "damaged or cut off": (made / "two.p12").read_bytes()[:900],
        "JKS store is damaged": (made / "trust.jks").read_bytes()[:9],
        "more than 1024 KiB": b"\xfe\xed\xfe\xed" + bytes(MOST_BYTES),
    }
    for text, data in cases.items():
        with pytest.raises(GivenError, match=text) as caught:
            open_store(data, [SECRET], where="hub: /x")
        assert caught.value.where == "hub: /x"


def test_names_that_would_forge_lines_are_shown_on_one() -> None:
    nasty = "a\n# alias: b\n\x1b[31m"
    leaf = self_sign(replace(PINNED, subject="hub"), NOW)
    data = pkcs12.serialize_key_and_certificates(
        nasty.encode(), leaf.key, leaf.certificate, None, BestAvailableEncryption(PASSWORD.encode())
    )
    (entry,) = open_store(data, [SECRET]).entries
    assert entry.alias == "a # alias: b \ufffd[31m"


def test_a_chain_is_no_trust_and_what_is_trusted_keeps_its_name() -> None:
    root = authority()
    leaf = issued(PEER)
    data = pkcs12.serialize_key_and_certificates(
        b"broker", leaf.key, leaf.certificate, [root.certificate],
        BestAvailableEncryption(PASSWORD.encode()),
    )  # fmt: skip
    (entry,) = open_store(data, [SECRET]).entries
    assert isinstance(entry.credential, Credential)
    assert entry.chain == (root.certificate,)


def test_a_store_that_would_keep_us_busy_is_refused(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (made / "trust.p12").read_bytes()
    parts = parts_of(data)
    assert parts is not None
    assert (parts.keys, parts.rounds) == ((), 10_000)
    monkeypatch.setattr(adopted, "MOST_ROUNDS", 9_999)
    with pytest.raises(GivenError, match="it asks for 10000 rounds"):
        open_store(data, [SECRET])


def test_many_keys_that_would_keep_us_busy_together_are_refused(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (made / "two.p12").read_bytes()
    parts = parts_of(data)
    assert parts is not None
    assert (len(parts.keys), parts.rounds) == (2, 10_000)
    monkeypatch.setattr(adopted, "MOST_WORK", 20_000)
    assert open_store(data, [SECRET]).entries
    monkeypatch.setattr(adopted, "MOST_WORK", 19_999)
    with pytest.raises(GivenError, match="2 keys, with 10000 rounds of key derivation each"):
        open_store(data, [SECRET])


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.binary(max_size=200).map(lambda x: b"\xfe\xed\xfe\xed\0\0\0\2" + x),
        st.binary(max_size=200).map(lambda x: b"\x30\x80\x02\x01\x03" + x),
        st.binary(max_size=120).map(lambda x: b"\x30" + bytes([len(x)]) + x),
    )
)
def test_junk_is_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(GivenError):
        open_store(data, [SECRET])


def test_a_store_with_one_changed_byte_opens_as_it_was_or_is_an_error_of_ours(made: Path) -> None:
    for name in ("two.p12", "trust.jks"):
        data = (made / name).read_bytes()
        good = rows(open_store(data, [SECRET]).entries)
        for at in range(0, len(data), 97):
            changed = data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :]
            try:
                assert rows(open_store(changed, [SECRET]).entries) == good
            except GivenError:
                pass
