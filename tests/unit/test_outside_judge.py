"""Certificates that came back from an outside CA in every wrong shape, made by real openssl."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509

from app.pki.judging import COPY, PUBLIC, Judgement, judge
from app.pki.keys import new_key
from app.pki.names import san_entries
from app.pki.requests import extension_lines, make_request
from app.pki.returned import read_returned
from app.pki.spec import IssueSpec, KeyType
from tests.unit.issued import NOW, PEER
from tests.unit.outside_ca import CA, LEAF, OutsideCa, openssl

SPEC = replace(PEER, issuer="outside")
SANS = "subjectAltName = DNS:hub.example.com, DNS:hub-b.example.com, IP:192.0.2.7, IP:2001:db8::7\n"
GOOD = LEAF + SANS
STAMP = "%Y%m%d%H%M%SZ"
# The clock of these tests stood still before openssl signed anything.
LATER = NOW + timedelta(hours=1)


@cache
def request_of(spec: IssueSpec = SPEC) -> bytes:
    return make_request(spec, new_key(spec.key_type))


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> OutsideCa:
    """A root that copies no extensions: what a test leaves out is not there."""
    return OutsideCa(tmp_path_factory.mktemp("ca"), copy="none")


def first(pem: bytes) -> x509.Certificate:
    return read_returned(pem, "file")[0].certificate


def judged(
    ca: OutsideCa,
    pem: bytes,
    *others: bytes,
    spec: IssueSpec = SPEC,
    anchor: OutsideCa | None = None,
    days: int = 0,
) -> Judgement:
    pool = [one.certificate for data in others for one in read_returned(data, "chain")]
    root = (anchor or ca).certificate
    return judge(first(pem), spec, pool, root, LATER + timedelta(days=days))


def told(found: Judgement) -> str:
    return "; ".join(flaw.line for flaw in found.faults)


def test_a_request_asks_for_all_that_a_peer_needs(tmp_path: Path) -> None:
    (tmp_path / "in.csr").write_bytes(request_of())
    text = openssl("req", "-in", "in.csr", "-noout", "-text", "-verify", cwd=tmp_path)
    for words in (
        "CN = hub.example.com", "CA:FALSE", "Digital Signature",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "DNS:hub.example.com, DNS:hub-b.example.com, IP Address:192.0.2.7",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize("key_type", ["ec-p256", "rsa-3072"])
def test_what_openssl_signs_with_the_extensions_beside_the_request_is_good(
    ca: OutsideCa, key_type: KeyType
) -> None:
    spec = replace(SPEC, key_type=key_type)
    ext = extension_lines(spec, encipher=key_type.startswith("rsa"))
    found = judged(ca, ca.sign(request_of(spec), ext=ext), spec=spec)
    assert (found.faults, found.notes, found.chain) == ((), (), ())


WRONG = {
    "no extensions": ("subjectKeyIdentifier = hash\n", "it has no alternative names", COPY),
    "a missing name": (LEAF + "subjectAltName = DNS:hub.example.com, IP:192.0.2.7, IP:2001:db8::7",
                       "it lacks the name hub-b.example.com", COPY),
    "an address as a name": (GOOD.replace("IP:192.0.2.7", "DNS:192.0.2.7"),
                             "holds the address 192.0.2.7 as a DNS name", "must be IP:192.0.2.7"),
    "server alone": (GOOD.replace(", clientAuth", ""), "lacks clientAuth", PUBLIC),
    "client alone": (GOOD.replace("serverAuth, ", ""), "lacks serverAuth", COPY),
    "another purpose": (GOOD.replace("serverAuth, clientAuth", "codeSigning"),
                        "lacks serverAuth and clientAuth", COPY),
    "any purpose": (GOOD.replace("serverAuth, clientAuth", "anyExtendedKeyUsage"),
                    "lacks serverAuth and clientAuth", COPY),
    "a CA": (GOOD.replace("CA:FALSE", "CA:TRUE"), "it is a CA certificate", "CA:FALSE"),
    "may sign": (GOOD.replace("digitalSignature", "digitalSignature, keyCertSign"),
                 "it is a CA certificate", "CA:FALSE"),
    "no signature": (GOOD.replace("digitalSignature", "keyAgreement"), "lacks digitalSignature",
                     COPY),
    "a critical stranger": (GOOD + "1.2.3.4 = critical, ASN1:UTF8String:x\n",
                            "TLS libraries refuse: 1.2.3.4", "not critical"),
    "another issuer": (GOOD.replace("authorityKeyIdentifier = keyid\n", "2.5.29.35 = "
                                    "DER:30:06:80:04:de:ad:be:ef\n"),
                       "key identifier of its issuer", "authorityKeyIdentifier = keyid"),
}  # fmt: skip


@pytest.mark.parametrize("shape", WRONG)
def test_a_wrong_shape_is_refused_with_what_its_operator_must_do(ca: OutsideCa, shape: str) -> None:
    ext, words, remedy = WRONG[shape]
    found = judged(ca, ca.sign(request_of(), ext=ext))
    flaw = next(flaw for flaw in found.faults if words in flaw.line)
    assert remedy in flaw.remedy


NOTED = {
    "another name": (GOOD.replace("DNS:hub.example.com", "DNS:hub.example.com, DNS:*.evil.test"),
                     "names that were not asked for: *.evil.test"),
    "any use": (GOOD.replace("extendedKeyUsage = serverAuth, clientAuth\n", ""), "no extended key"),
    "issuer by number": (GOOD.replace("keyid", "keyid, issuer:always"), "by serial number"),
}  # fmt: skip


@pytest.mark.parametrize("shape", NOTED)
def test_what_does_not_break_a_link_is_noted(ca: OutsideCa, shape: str) -> None:
    ext, words = NOTED[shape]
    found = judged(ca, ca.sign(request_of(), ext=ext))
    assert found.faults == ()
    assert any(words in note for note in found.notes)


def test_names_count_whatever_their_case(ca: OutsideCa) -> None:
    pem = ca.sign(request_of(), ext=GOOD.replace("DNS:hub.example", "DNS:HUB.Example"))
    assert judged(ca, pem).faults == ()


def test_a_client_needs_no_more_than_its_purpose(ca: OutsideCa) -> None:
    spec = replace(SPEC, subject="ops", sans=(), usage="client")
    ext = extension_lines(spec, encipher=False)
    assert judged(ca, ca.sign(request_of(spec), ext=ext), spec=spec).faults == ()
    as_peer = judged(ca, ca.sign(request_of(spec), ext=ext))
    assert "no alternative names" in told(as_peer)
    assert "lacks serverAuth" in told(as_peer)


def test_the_life_is_judged_and_compared_with_what_was_asked_for(ca: OutsideCa) -> None:
    def life(start: int, end: int) -> Judgement:
        words = [
            word
            for flag, day in (("-startdate", start), ("-enddate", end))
            for word in (flag, (NOW + timedelta(days=day)).strftime(STAMP))
        ]
        return judged(ca, ca.sign(request_of(), *words, ext=GOOD))

    assert "it expired on" in told(life(-20, -1))
    assert "is not valid before" in told(life(2, 400))
    for found, note in (
        (life(-1, 90), "shorter than asked for"),
        (life(-1, 800), "longer than asked for"),
        (life(-200, 20), "due already"),
        (life(-1, 4000), "its CA ends before it does"),
    ):
        assert found.faults == ()
        assert any(note in text for text in found.notes), found.notes
    assert life(-1, 397).notes == ()


def test_weak_signatures_are_refused(ca: OutsideCa) -> None:
    found = judged(ca, ca.sign(request_of(), "-md", "sha1", ext=GOOD))
    assert "signed with SHA1" in told(found)


def test_a_ca_that_rewrites_the_subject_is_noted(ca: OutsideCa) -> None:
    found = judged(ca, ca.sign(request_of(), "-subj", "/O=Corp/CN=other", ext=GOOD))
    assert found.faults == ()
    assert any("the CA made its subject O=Corp,CN=other" in n for n in found.notes), found.notes


def test_a_certificate_without_any_extension_is_told_as_such(ca: OutsideCa, tmp_path: Path) -> None:
    (tmp_path / "in.csr").write_bytes(request_of())
    openssl(
        "x509", "-req", "-in", "in.csr", "-CA", ca.folder / "ca.crt",
        "-CAkey", ca.folder / "ca.key", "-CAcreateserial", "-out", "out.crt", cwd=tmp_path,
    )  # fmt: skip
    assert "no extensions at all" in told(judged(ca, (tmp_path / "out.crt").read_bytes()))


def test_the_chain_must_be_there_whole(ca: OutsideCa, tmp_path: Path) -> None:
    middle = OutsideCa(tmp_path / "middle", "Corp Middle", above=ca)
    issuing = OutsideCa(tmp_path / "issuing", "Corp Issuing", above=middle)
    leaf = issuing.sign(request_of(), ext=GOOD)
    found = judged(ca, leaf, ca.pem, issuing.pem, middle.pem)
    assert found.faults == ()
    assert found.chain == (issuing.certificate, middle.certificate)
    for others, words in (
        ((middle.pem,), "its issuer, CN=Corp Issuing, is neither"),
        ((issuing.pem,), "its issuer, CN=Corp Issuing, is neither"),
        ((), "its issuer, CN=Corp Issuing, is neither"),
    ):
        lacking = judged(ca, leaf, *others)
        assert lacking.chain == ()
        assert words in told(lacking) or "CN=Corp Middle, is neither" in told(lacking)
        assert any("intermediate certificates too" in flaw.remedy for flaw in lacking.faults)


def test_a_foreign_ca_is_named(ca: OutsideCa, tmp_path: Path) -> None:
    other = OutsideCa(tmp_path / "other", "Other Root")
    namesake = OutsideCa(tmp_path / "same", ca.name)
    leaf = other.sign(request_of(), ext=GOOD)
    assert "another CA: CN=Other Root" in told(judged(ca, leaf, other.pem))
    assert "its issuer, CN=Other Root, is neither" in told(judged(ca, leaf))
    assert "that key did not sign it" in told(judged(ca, namesake.sign(request_of(), ext=GOOD)))
    own = tmp_path / "own"
    own.mkdir()
    words = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=hub.example.com")
    openssl("req", "-x509", *words, "-nodes", "-keyout", "k", "-out", "own.crt", cwd=own)
    assert "it signed itself" in told(judged(ca, (own / "own.crt").read_bytes()))


LIMITS = {
    "length": (CA.replace("CA:TRUE", "CA:TRUE, pathlen:0"), "allows 0 CAs below it"),
    "no ca": (CA.replace("CA:TRUE", "CA:FALSE"), "is not a CA"),
    "may not sign": (CA.replace("keyCertSign, ", ""), "may not sign certificates"),
    "server only": (CA + "extendedKeyUsage = serverAuth\n", "for certificates of servers only"),
    "names": (CA + "nameConstraints = permitted;DNS:corp.test\n",
              "may not sign for hub.example.com"),
    "addresses": (CA + "nameConstraints = excluded;IP:192.0.2.0/255.255.255.0\n",
                  "may not sign for 192.0.2.7"),
}  # fmt: skip


@pytest.mark.parametrize("limit", LIMITS)
def test_limits_of_the_cas_above_are_kept(ca: OutsideCa, limit: str, tmp_path: Path) -> None:
    ext, words = LIMITS[limit]
    middle = OutsideCa(tmp_path / "middle", "Corp Middle", above=ca, ext=ext)
    issuing = OutsideCa(tmp_path / "issuing", "Corp Issuing", above=middle)
    found = judged(ca, issuing.sign(request_of(), ext=GOOD), middle.pem, issuing.pem)
    assert words in told(found)
    assert "'Corp Middle'" in told(found)


def test_a_ca_above_that_has_ended_or_is_weak_is_named(ca: OutsideCa, tmp_path: Path) -> None:
    short = OutsideCa(tmp_path / "short", "Corp Short", above=ca, days=20)
    leaf = short.sign(request_of(), ext=GOOD)
    assert "'Corp Short' has expired" in told(judged(ca, leaf, short.pem, days=30))
    small = OutsideCa(tmp_path / "small", "Corp Small", above=ca, key="rsa:1024")
    found = judged(ca, small.sign(request_of(), ext=GOOD), small.pem)
    assert "RSA key of 'Corp Small' has only 1024 bits" in told(found)


def test_every_fault_is_told_at_once(ca: OutsideCa, tmp_path: Path) -> None:
    other = OutsideCa(tmp_path / "other", "Other Root")
    ext = GOOD.replace("CA:FALSE", "CA:TRUE").replace(", clientAuth", "")
    ext = ext.replace("DNS:hub-b.example.com, ", "")
    found = judged(ca, other.sign(request_of(), "-md", "sha1", ext=ext), other.pem)
    assert len(found.faults) == 5, told(found)


def test_wildcards_do_not_stand_for_names_and_stand_where_they_were_asked_for(
    ca: OutsideCa,
) -> None:
    spec = replace(SPEC, sans=san_entries(("*.example.com",), wildcard=True))
    pem = ca.sign(request_of(), ext=LEAF + "subjectAltName = DNS:*.example.com\n")
    assert judged(ca, pem, spec=spec).faults == ()
    assert "it lacks the name hub.example.com" in told(judged(ca, pem))
