"""Files that an outside CA gives back: every form is read, every other thing is named."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import PkiError
from app.pki.keys import new_key
from app.pki.requests import make_request
from app.pki.returned import MOST_BYTES, read_returned
from tests.unit.issued import PEER
from tests.unit.outside_ca import OutsideCa, openssl


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> OutsideCa:
    made = OutsideCa(tmp_path_factory.mktemp("ca"))
    folder, csr = made.folder, make_request(PEER, new_key("ec-p256"))
    (folder / "leaf.csr").write_bytes(csr)
    (folder / "leaf.crt").write_bytes(made.sign(csr))
    openssl("x509", "-in", "leaf.crt", "-out", "plain.pem", cwd=folder)
    for form in ("pem", "der"):
        words = ("-certfile", "leaf.crt", "-certfile", "ca.crt", "-outform", form)
        openssl("crl2pkcs7", "-nocrl", *words, "-out", f"both.p7b.{form}", cwd=folder)
        openssl("x509", "-in", "leaf.crt", "-outform", form, "-out", f"leaf.{form}", cwd=folder)
        openssl("req", "-in", "leaf.csr", "-outform", form, "-out", f"csr.{form}", cwd=folder)
    openssl("x509", "-in", "leaf.crt", "-trustout", "-out", "trusted.pem", cwd=folder)
    openssl(
        "pkcs12", "-export", "-in", "ca.crt", "-inkey", "ca.key", "-passout", "pass:x",
        "-out", "ca.p12", cwd=folder,
    )  # fmt: skip
    return made


def read(data: bytes) -> list[x509.Certificate]:
    return [one.certificate for one in read_returned(data, "file")]


def test_every_form_gives_the_same_certificate(ca: OutsideCa) -> None:
    def file(name: str) -> bytes:
        return (ca.folder / name).read_bytes()

    plain, der = file("plain.pem"), file("leaf.der")
    wanted = x509.load_der_x509_certificate(der)
    assert file("leaf.crt").startswith(b"Certificate:\n")
    answer = {"cert": plain.decode()}
    for data in (
        file("leaf.crt"), plain, der, plain.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + plain,
        plain.decode().encode("utf-16"), plain.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
        json.dumps(answer).encode(), json.dumps({"success": True, "result":
        {"certificate": plain.decode()}}).encode(), b"".join(plain.splitlines()[1:-1]) + b"\n",
        plain + b"\n" + plain, b"Bag Attributes\n    localKeyID: 01\n" + plain,
    ):  # fmt: skip
        assert read(data) == [wanted]
    for name in ("both.p7b.pem", "both.p7b.der"):
        assert set(read(file(name))) == {wanted, ca.certificate}
    both = file("both.p7b.pem").replace(b" PKCS7", b" CMS")
    assert set(read(both)) == {wanted, ca.certificate}
    assert read(file("leaf.crt") + ca.pem) == [wanted, ca.certificate]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("csr.pem", "a signing request"),
        ("csr.der", "a signing request"),
        ("ca.key", "a private key"),
        ("trusted.pem", "TRUSTED CERTIFICATE"),
        ("ca.p12", "neither a certificate nor PKCS #7"),
        ("index.txt", "no certificate"),
    ],
)
def test_what_is_no_certificate_is_named(ca: OutsideCa, name: str, said: str) -> None:
    with pytest.raises(PkiError, match=said) as raised:
        read_returned((ca.folder / name).read_bytes(), name)
    assert raised.value.where == name
    assert raised.value.hint
    assert "BEGIN" not in str(raised.value)


def test_damaged_files_are_told_without_their_bytes(ca: OutsideCa) -> None:
    plain = (ca.folder / "plain.pem").read_bytes()
    for data, said in (
        (plain[:-30], "its END line is missing"),
        (plain.replace(b"MII", b"MIJ", 1), "certificate 1 in it cannot be read"),
        (b"", "no certificate"),
        (b"{}", "JSON without a certificate"),
        (b'{"cert": 5}', "JSON without a certificate"),
        (b"[" * 100_000, "no certificate"),
        (b'{"a":' * 100_000, "JSON without a certificate"),
        (b"\x30\x82", "neither a certificate"),
        (b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n", "neither a certificate"),
        (b" " * (MOST_BYTES + 1), "more than"),
    ):
        with pytest.raises(PkiError, match=said):
            read_returned(data, "file")


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200), prefix=st.sampled_from([b"", b"\x30", b"{", b"\xff\xfe",
       b"-----BEGIN CERTIFICATE-----", b"-----BEGIN PKCS7-----\n"]))  # fmt: skip
def test_whatever_comes_is_read_or_refused_in_words(data: bytes, prefix: bytes) -> None:
    with suppress(PkiError):
        assert read_returned(prefix + data, "file")


def test_a_file_may_be_a_path_of_any_kind(ca: OutsideCa, tmp_path: Path) -> None:
    odd = tmp_path / "our\nhost 'x' ü.crt"
    odd.write_bytes((ca.folder / "leaf.crt").read_bytes())
    assert read_returned(odd.read_bytes(), str(odd))[0].where == str(odd)
