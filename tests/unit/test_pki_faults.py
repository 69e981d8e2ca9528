"""What is wrong with a certificate that somebody put in place of ours is said in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.pki import profiles
from app.pki.authority import create_root, issue
from app.pki.faults import certificate_faults, trust_faults
from app.pki.keys import new_key
from app.pki.names import san_entries
from app.pki.pem import pem_bundle, pem_cert
from app.pki.reading import der
from app.pki.spec import IssueSpec
from tests.unit.issued import CLIENT, NOW, PEER, authority, issued

DAY = timedelta(days=1)


def root() -> str:
    return pem_cert(authority().cert_der).decode()


def said(pem: bytes, spec: IssueSpec = PEER, now: datetime = NOW) -> tuple[str, ...]:
    return certificate_faults(pem, spec, root(), now)


def made(spec: IssueSpec = PEER, start: datetime = NOW - DAY, end: datetime = NOW + DAY) -> bytes:
    by, key = authority(), new_key("ec-p256")
    return pem_cert(der(profiles.leaf(spec, key, (start, end), by.certificate, by.signing_key())))


def only_for(purpose: x509.ObjectIdentifier) -> bytes:
    by, key = authority(), new_key("ec-p256")
    builder = (
        x509.CertificateBuilder()
        .subject_name(profiles.name_of(PEER.subject))
        .issuer_name(by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(s.value) for s in DNS.sans]), critical=False
        )
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    return pem_cert(der(builder.sign(by.signing_key(), hashes.SHA256())))


DNS = replace(PEER, sans=san_entries(["hub.example.com"]))


def test_one_that_would_do_has_no_fault() -> None:
    assert said(made()) == ()
    assert said(pem_cert(issued(CLIENT).cert_der), CLIENT) == ()


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (made(DNS), "it lacks the name hub-b.example.com"),
        (made(end=NOW - timedelta(hours=1)), "it expired on"),
        (made(start=NOW + timedelta(hours=1)), "it is not valid before"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate"),
        (b"", "no certificate"),
    ],
)
def test_each_fault_is_named(pem: bytes, words: str) -> None:
    assert words in said(pem)[0]


def test_a_missing_purpose_is_named_by_the_word_that_certificates_use() -> None:
    (lacks,) = said(only_for(ExtendedKeyUsageOID.SERVER_AUTH), DNS)
    assert "clientAuth is missing" in lacks
    (lacks,) = said(only_for(ExtendedKeyUsageOID.CLIENT_AUTH), DNS)
    assert "serverAuth is missing" in lacks
    assert said(only_for(ExtendedKeyUsageOID.CLIENT_AUTH), replace(DNS, usage="client")) == ()


def test_an_issuer_of_the_same_name_is_foreign_all_the_same() -> None:
    other = create_root("Example", 1, "ec-p256", 30, NOW)
    (words,) = said(pem_cert(issue(other, PEER, NOW).cert_der))
    assert words == "it was issued by a foreign CA (CN=Example CA g1)"


def test_a_trust_store_tells_whom_it_trusts_and_whom_not() -> None:
    other = create_root("Foreign", 1, "ec-p256", 30, NOW)
    ours = sha256(authority().cert_der).hexdigest()
    both = pem_bundle({"a": authority().cert_der, "b": other.cert_der})
    assert trust_faults(pem_bundle({"a": authority().cert_der}), [ours]) == ()
    assert trust_faults(both, [ours]) == ("it trusts a foreign certificate (CN=Foreign CA g1)",)
    assert trust_faults(pem_bundle({"b": other.cert_der}), [ours]) == (
        "it lacks 1 of the certificates to trust",
        "it trusts a foreign certificate (CN=Foreign CA g1)",
    )
    assert trust_faults(b"nothing", [ours]) == ("it holds no certificate that can be read",)
