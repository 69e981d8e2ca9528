"""Imported CAs as people have them in files: forms, encryption, order, and who else could read."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from app.errors import GivenError, PasswordError
from app.pki import profiles
from app.pki.credential import Credential
from app.pki.given import Given, read_given
from app.pki.given_file import read_given_file
from app.pki.importing import examine
from app.pki.reading import der
from app.pki.secret import Secret
from app.pki.stores import key_store
from tests.unit.issued import NOW
from tests.unit.openssl_ca import RSA, Made, authority_of, make, openssl

PASSWORD = Secret("pass phrase ü")
WRONG = Secret("another one")


@pytest.fixture(scope="module")
def corp(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made, Made, Made]:
    """Give a folder, and in it issuing CA, the CA between, and the root."""
    folder = tmp_path_factory.mktemp("corp")
    root = make(folder, "Corp Root")
    between = make(folder, "Corp Servers", by=root)
    brokers = make(folder, "Corp Brokers", by=between, key=RSA)
    pem = b"".join(one.pem for one in (brokers, between, root))
    (folder / "path.pem").write_bytes(pem)
    return folder, brokers, between, root


def convert(corp: tuple[Path, Made, Made, Made], *words: str) -> bytes:
    folder, brokers, *_ = corp
    (folder / "password").write_text(PASSWORD.reveal())
    known = {"KEY": str(brokers.key), "PATH": "path.pem", "P": "file:password"}
    openssl(folder, *(known.get(word, word) for word in words), "-out", "converted")
    return (folder / "converted").read_bytes()


def subjects(given: Given) -> list[str]:
    return [one.subject.rfc4514_string().removeprefix("CN=") for one in given.certificates]


KEYS = {
    "PKCS8": ("pkey", "-in", "KEY"),
    "PKCS1": ("rsa", "-in", "KEY", "-traditional"),
    "DER": ("pkcs8", "-topk8", "-nocrypt", "-in", "KEY", "-outform", "DER"),
}
LOCKED = {
    "PKCS8 PBKDF2": ("pkcs8", "-topk8", "-in", "KEY", "-passout", "P"),
    "PKCS8 scrypt": ("pkcs8", "-topk8", "-scrypt", "-in", "KEY", "-passout", "P"),
    "PKCS8 3DES": ("pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-in", "KEY", "-passout", "P"),
    "PKCS8 DER": ("pkcs8", "-topk8", "-in", "KEY", "-outform", "DER", "-passout", "P"),
    "PKCS1": ("rsa", "-in", "KEY", "-traditional", "-aes128", "-passout", "P"),
}
STORES = {
    "new": ("pkcs12", "-export", "-in", "PATH", "-inkey", "KEY", "-passout", "P"),
    "old": ("pkcs12", "-export", "-legacy", "-in", "PATH", "-inkey", "KEY", "-passout", "P"),
}


@pytest.mark.parametrize("words", KEYS.values(), ids=KEYS.keys())
def test_a_plain_key_beside_its_certificates(
    corp: tuple[Path, Made, Made, Made], words: tuple[str, ...]
) -> None:
    folder, *_ = corp
    chain = read_given((folder / "path.pem").read_bytes(), None)
    for password in (None, WRONG):
        candidate = examine(chain + read_given(convert(corp, *words), password), NOW)
        assert [facts.common_name for facts in candidate.facts] == [
            "Corp Brokers", "Corp Servers", "Corp Root",
        ]  # fmt: skip


@pytest.mark.parametrize("words", LOCKED.values(), ids=LOCKED.keys())
def test_an_encrypted_key_wants_its_password(
    corp: tuple[Path, Made, Made, Made], words: tuple[str, ...]
) -> None:
    data = convert(corp, *words)
    with pytest.raises(PasswordError, match="is encrypted: its password is needed") as raised:
        read_given(data, None, where="ca.key")
    assert (raised.value.given, raised.value.where) == (False, "ca.key")
    with pytest.raises(PasswordError, match="does not open the private key"):
        read_given(data, WRONG)
    assert len(read_given(data, PASSWORD).keys) == 1


@pytest.mark.parametrize("words", STORES.values(), ids=STORES.keys())
def test_a_pkcs12_store_with_its_chain(
    corp: tuple[Path, Made, Made, Made], words: tuple[str, ...]
) -> None:
    data = convert(corp, *words)
    with pytest.raises(PasswordError, match="PKCS12 store is encrypted"):
        read_given(data, None)
    with pytest.raises(PasswordError, match="does not open the PKCS12 store"):
        read_given(data, WRONG)
    found = read_given(data, PASSWORD)
    assert sorted(subjects(found)) == ["Corp Brokers", "Corp Root", "Corp Servers"]
    assert examine(found, NOW).usable


def test_a_pkcs12_store_with_an_empty_password(corp: tuple[Path, Made, Made, Made]) -> None:
    words = [w if w != "P" else "pass:" for w in STORES["new"]]
    assert examine(read_given(convert(corp, *words), None), NOW).usable


def test_pkcs7_der_utf16_and_text_around_the_blocks(
    corp: tuple[Path, Made, Made, Made],
) -> None:
    folder, brokers, *_ = corp
    bags = convert(corp, "crl2pkcs7", "-nocrl", "-certfile", "PATH")
    binary = convert(corp, "crl2pkcs7", "-nocrl", "-certfile", "PATH", "-outform", "DER")
    whole = (folder / "path.pem").read_bytes()
    utf16 = whole.decode().encode("utf-16")
    windows = b"Bag Attributes: x\r\n" + whole.replace(b"\n", b"\r\n")
    for data in (bags, binary, utf16, windows):
        assert len(read_given(data, None).certificates) == 3
    one = convert(corp, "x509", "-in", str(brokers.certificate), "-outform", "DER")
    assert subjects(read_given(one, None)) == ["Corp Brokers"]


def test_sec1_with_its_parameters_as_openssl_ecparam_writes_it(tmp_path: Path) -> None:
    data = openssl(tmp_path, "ecparam", "-name", "prime256v1", "-genkey")
    assert b"EC PARAMETERS" in data
    assert len(read_given(data, None).keys) == 1
    locked = openssl(tmp_path, "ec", "-aes256", "-passout", "pass:long enough", stdin=data)
    with pytest.raises(PasswordError):
        read_given(locked, None)
    assert len(read_given(locked, Secret("long enough")).keys) == 1


def test_certificates_in_any_order_give_the_same_path(
    corp: tuple[Path, Made, Made, Made], tmp_path: Path
) -> None:
    _, _, between, root = corp
    below, other = make(tmp_path, "Below", by=between), make(tmp_path, "Somebody Else")
    key = below.key.read_bytes()
    parts = [below.pem, between.pem, root.pem, other.pem]
    for number, order in enumerate(permutations(parts)):
        text = b"".join((*order, key) if number % 2 else (key, *order))
        candidate = examine(read_given(text, None), NOW)
        names = [facts.common_name for facts in candidate.facts]
        assert names == ["Below", "Corp Servers", "Corp Root"]
        assert "'Somebody Else' is no part of the CA's path" in [f.what for f in candidate.flaws]


def test_of_a_renewed_root_the_one_that_lasts_longer_is_taken(tmp_path: Path) -> None:
    old = make(tmp_path, "Corp Root", life=(-300, -1))
    kept = Made(tmp_path / "kept.key", tmp_path / "kept.crt")
    shutil.copy(old.key, kept.key)
    shutil.copy(old.certificate, kept.certificate)
    (tmp_path / "csr.pem").write_bytes(
        openssl(tmp_path, "x509", "-x509toreq", "-in", str(kept.certificate), "-signkey",
                str(kept.key))
    )  # fmt: skip
    renewed = openssl(
        tmp_path, "x509", "-req", "-in", "csr.pem", "-signkey", str(kept.key), "-days", "900",
        "-extfile", "ext",
    )  # fmt: skip
    below = make(tmp_path, "Corp Brokers", by=kept)
    given = read_given(kept.pem + renewed + below.pem + below.key.read_bytes(), None)
    candidate = examine(given, datetime.now(UTC))
    assert candidate.usable
    assert candidate.path[-1].not_valid_after_utc > NOW


def test_what_was_given_wrongly_is_named(corp: tuple[Path, Made, Made, Made]) -> None:
    folder, brokers, between, root = corp
    chain = (folder / "path.pem").read_bytes()

    def said(data: bytes) -> str:
        with pytest.raises(GivenError) as raised:
            examine(read_given(data, None), NOW)
        return raised.value.text

    assert "no private key beside the certificate of 'Corp Brokers'" in said(chain)
    assert "a private key, but no certificate" in said(brokers.key.read_bytes())
    mixed = root.pem + between.key.read_bytes()
    assert "does not belong to 'Corp Root'" in said(mixed)
    csr = openssl(folder, "req", "-new", "-key", str(brokers.key), "-subj", "/CN=x", "-config",
                  "ca.cnf")  # fmt: skip
    assert "but: certificate request" in said(csr)
    edwards = openssl(folder, "genpkey", "-algorithm", "ED25519")
    assert "neither an RSA nor an elliptic curve key" in said(root.pem + edwards)
    trusted = openssl(folder, "x509", "-in", str(root.certificate), "-trustout")
    assert "OpenSSL's own trust settings" in said(trusted)
    ssh = b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
    assert "an SSH key" in said(ssh)
    assert "neither PEM, DER" in said(b"hello")
    assert "it is empty" in said(b"")
    assert "cut off" in said(chain[:200])


def test_a_whole_trust_store_is_no_ca(corp: tuple[Path, Made, Made, Made]) -> None:
    assert len(read_given(corp[3].pem * 99, None).certificates) == 1
    key = ec.generate_private_key(ec.SECP256R1())
    many = b"".join(
        profiles.root(f"CA {n}", key, (NOW, NOW)).public_bytes(Encoding.PEM) for n in range(65)
    )
    with pytest.raises(GivenError, match="it holds 65 certificates"):
        read_given(many, None)


@settings(max_examples=60, deadline=None)
@examples(st.binary(max_size=400), st.sampled_from([b"", b"-----BEGIN CERTIFICATE-----\n", b"\x30",
                                                   bytes.fromhex("feedfeed")]))  # fmt: skip
def test_nothing_that_is_given_gets_through_as_a_bug(data: bytes, before: bytes) -> None:
    for password in (None, PASSWORD):
        with pytest.raises(GivenError):
            examine(read_given(before + data, password), NOW)


def test_a_file_that_others_may_read_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "ca.key"
    path.write_bytes(b"x")
    for mode, words in (
        (0o600, ""), (0o400, ""), (0o644, "everybody on this machine may read it (mode 0644)"),
        (0o640, "its group may read it (mode 0640)"),
        (0o622, "everybody on this machine may write it (mode 0622)"),
    ):  # fmt: skip
        path.chmod(mode)
        assert read_given_file(path).open_to == words


def test_a_pipe_is_read_and_a_folder_is_not(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"some bytes")
    os.close(writer)
    assert read_given_file(Path(f"/dev/fd/{reader}")).data == b"some bytes"
    os.close(reader)
    with pytest.raises(GivenError, match="it is a folder"):
        read_given_file(tmp_path)
    with pytest.raises(GivenError, match="No such file"):
        read_given_file(tmp_path / "missing")


def test_no_error_quotes_what_was_given(corp: tuple[Path, Made, Made, Made]) -> None:
    folder, brokers, *_ = corp
    body = brokers.key.read_bytes()
    lines = body.splitlines()[1:-1]
    broken = body.replace(lines[3], lines[4])
    with pytest.raises(GivenError) as raised:
        read_given(broken, PASSWORD)
    shown = f"{raised.value!r} {raised.value} {raised.value.hint} {PASSWORD}"
    assert PASSWORD.reveal() not in shown
    assert lines[5].decode() not in shown
    assert "keys" not in repr(read_given(body, None))
    assert der(read_given(brokers.pem, None).certificates[0]) in b"".join(
        der(one) for one in read_given((folder / "path.pem").read_bytes(), None).certificates
    )


def test_a_jks_store_with_its_chain(corp: tuple[Path, Made, Made, Made]) -> None:
    _, *made = corp
    path = authority_of(*made)
    assert path.key is not None
    credential = Credential(path.certificate, path.key, path.above)
    data = key_store(credential, "JKS", Secret("changeit"), "ca")
    with pytest.raises(PasswordError, match="JKS store is encrypted"):
        read_given(data, None)
    with pytest.raises(PasswordError, match="does not open the JKS store"):
        read_given(data, WRONG)
    assert examine(read_given(data, Secret("changeit")), NOW).usable
