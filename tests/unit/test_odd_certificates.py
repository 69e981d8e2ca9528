"""Certificates that the library takes in part, or not at all, are an error of ours or shown."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from app.errors import GivenError, PkiError
from app.pki import javastore
from app.pki.adopted import open_store
from app.pki.faults import trust_faults
from app.pki.given import read_given
from app.pki.judging import judge_alone
from app.pki.pem import read_bundle
from app.pki.pkcs12_parts import MOST_PARTS, parts_of
from app.pki.reading import facts_of, is_authority, load_der, purposes_of
from app.pki.returned import read_returned
from app.pki.secret import Secret
from tests.unit.issued import NOW, PEER, issued

SECRET = Secret("changeit")
GOOD = issued(PEER).cert_der
_SAN = bytes.fromhex("0603551d11")


def swapped(old: bytes, new: bytes) -> bytes:
    """Change bytes of a good certificate, where they stand first."""
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def named_so(tag: int) -> bytes:
    """Give a certificate whose first alternative name is of another kind."""
    at = GOOD.index(b"\x82", GOOD.index(_SAN))
    return GOOD[:at] + bytes([tag]) + GOOD[at + 1 :]


# Read whole only when asked: twice the same extension, a kind of name that is not known.
PARTLY = {
    "twice": swapped(bytes.fromhex("0603551d0f"), _SAN),
    "x400": named_so(0xA3),
    "edi": named_so(0xA5),
}
# A version that there is not, a name whose bytes are no text.
NOT = {
    "version": swapped(bytes.fromhex("a003020102"), bytes.fromhex("a003020107")),
    "name": swapped(bytes.fromhex("0603550403") + b"\x0c", bytes.fromhex("0603550403") + b"\x45"),
}


def pem(data: bytes) -> bytes:
    """Give a certificate in PEM, whatever its bytes are."""
    text = base64.encodebytes(data)
    return b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"


def jks(data: bytes) -> bytes:
    """Give a trust store of Java that holds these bytes as a certificate."""
    import jks as library

    entry = library.TrustedCertEntry.new("odd", data)
    return bytes(library.KeyStore.new("jks", [entry]).saves(SECRET.reveal()))


@pytest.mark.parametrize("data", PARTLY.values(), ids=PARTLY)
def test_a_certificate_that_is_read_in_part_is_shown_and_judged(data: bytes) -> None:
    assert facts_of(data).subject == facts_of(GOOD).subject
    certificate = load_der(data)
    assert (purposes_of(certificate), is_authority(certificate)) == (frozenset(), False)
    assert any("extensions cannot be read" in flaw.line for flaw in judge_alone(
        certificate, PEER, NOW))  # fmt: skip
    (entry,) = open_store(jks(data), [SECRET]).entries
    assert entry.facts.sha256 == facts_of(data).sha256


@pytest.mark.parametrize("data", NOT.values(), ids=NOT)
@pytest.mark.parametrize("read", [
    facts_of,
    lambda data: read_bundle(pem(data)),
    lambda data: read_given(pem(data), None),
    lambda data: read_given(data, None),
    lambda data: read_returned(pem(data), "x"),
    lambda data: read_returned(data, "x"),
])  # fmt: skip
def test_a_certificate_that_cannot_be_read_is_an_error_of_ours(
    data: bytes, read: Callable[[bytes], object]
) -> None:
    with pytest.raises((PkiError, GivenError)):
        read(data)


@pytest.mark.parametrize("data", NOT.values(), ids=NOT)
def test_a_certificate_in_a_store_that_cannot_be_read_is_named(data: bytes) -> None:
    opened = open_store(jks(data), [SECRET])
    assert (opened.entries, opened.unread) == ((), ("odd",))
    assert trust_faults(pem(data), []) == ("it holds no certificate that can be read",)


@pytest.mark.parametrize("data", NOT.values(), ids=NOT)
def test_a_store_without_a_seal_that_holds_such_a_certificate_is_no_crash(data: bytes) -> None:
    good = pkcs12.PKCS12Certificate(x509.load_der_x509_certificate(GOOD), b"odd")
    store = pkcs12.serialize_key_and_certificates(None, None, None, [good], NoEncryption())
    bare = unsealed(store).replace(GOOD, data)
    for read in (lambda: open_store(bare, [Secret("")]), lambda: read_given(bare, Secret(""))):
        try:
            found = read()
        except GivenError:
            continue
        assert getattr(found, "unread", ()) == ("odd",)


def unsealed(store: bytes) -> bytes:
    """Leave out the MAC of a store, which is its last part: what is in it may be changed then."""
    from app.pki.pkcs12_parts import _Reader

    version, safe, _ = _Reader(store).one().inner
    return tlv(0x30, version.whole + safe.whole)


def tlv(tag: int, content: bytes) -> bytes:
    """Write a value in DER, with a length of two bytes."""
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


def test_a_store_that_asks_for_more_rounds_than_can_be_written_out_is_refused() -> None:
    store = pkcs12.serialize_key_and_certificates(
        None, None, None, [x509.load_der_x509_certificate(GOOD)], NoEncryption()
    )
    bare = unsealed(store)
    hostile = tlv(0x30, bare[4:] + tlv(0x30, tlv(0x02, b"\x7f" * 3000)))
    found = parts_of(hostile)
    assert found is not None
    assert found.rounds > MOST_PARTS
    with pytest.raises(GivenError, match="rounds of key derivation, which is hostile"):
        open_store(hostile, [SECRET])


def test_a_key_whose_bytes_are_no_key_is_shown_as_one_that_cannot_be_used() -> None:
    import jks as library
    from jks import sun_crypto

    private = issued(PEER).key.private_bytes(
        ser.Encoding.DER, ser.PrivateFormat.PKCS8, ser.NoEncryption()
    )
    entry = library.PrivateKeyEntry.new("odd", [GOOD], private, "pkcs8")
    store = library.KeyStore.new("jks", [entry])
    real = sun_crypto.jks_pkey_encrypt
    try:
        sun_crypto.jks_pkey_encrypt = lambda _, password: real(b"no key", password)
        entry.encrypt("another")
        data = bytes(store.saves(SECRET.reveal()))
    finally:
        sun_crypto.jks_pkey_encrypt = real
    rows = list(javastore.read_entries(data, SECRET, [Secret("another")]))
    assert [(alias, key) for alias, _, key, _ in rows] == [("odd", None)]


def test_an_old_certificate_with_a_serial_below_1_brings_no_warning_to_the_terminal() -> None:
    at = GOOD.index(b"\xa0\x03\x02\x01\x02\x02") + 7
    data = GOOD[:at] + b"\x85" + GOOD[at + 1 :]
    code = f"from app.pki.reading import facts_of; print(facts_of(bytes.fromhex('{data.hex()}')))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
