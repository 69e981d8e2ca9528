"""Explanations of TLS, openssl, SSH and host errors, and the bounds of reading."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.verify.explain import MAX_LINE, MAX_LINES, advice, explain, table

SSL = "40770F8D347F0000:error:0A000410:SSL routines:ssl3_read_bytes:"
TAIL = ":../ssl/record/rec_layer_s3.c:1601:SSL alert number 40"
CASES = [
    (
        "alert-certificate-required",
        f"{SSL}tlsv13 alert certificate required{TAIL}",
        "a certificate is required",
    ),
    ("alert-unknown-ca", f"{SSL}tlsv1 alert unknown ca{TAIL}", "an unknown ca rang the alert"),
    (
        "alert-expired",
        f"{SSL}sslv3 alert certificate expired{TAIL}",
        "the alert: your certificate expired",
    ),
    ("alert-bad-certificate", f"{SSL}sslv3 alert bad certificate{TAIL}", "a bad certificate"),
    (
        "alert-certificate-unknown",
        f"{SSL}sslv3 alert certificate unknown{TAIL}",
        "certificate unknown",
    ),
    ("alert-protocol", f"{SSL}tlsv1 alert protocol version{TAIL}", "protocol version 3"),
    ("alert-handshake", f"{SSL}sslv3 alert handshake failure{TAIL}", "handshake failure"),
    ("wrong-version", f"{SSL}wrong version number:../ssl/x.c:354:", "wrong version number 5"),
    (
        "unsafe-legacy",
        "error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:"
        "../crypto/evp/evp_fetch.c:373:Global default library context, Algorithm (RC2-40-CBC : 0)",
        "RC2-40-CBC",
    ),
    ("mac-verify", "Mac verify error: invalid password?", "the mac verified"),
    (
        "key-mismatch",
        "error:05800074:x509 certificate routines:X509_check_private_key:key values mismatch",
        "two keys: values mismatch",
    ),
    (
        "not-yet-valid",
        "verify error:num=9:certificate is not yet valid",
        "certificate is not yet validated",
    ),
    ("has-expired", "verify error:num=10:certificate has expired", "no certificate has expired"),
    ("hostname", "verify error:num=62:hostname mismatch", "hostname mismatches: none"),
    (
        "issuer-unknown",
        "verify error:num=20:unable to get local issuer certificate",
        "the issuer certificate",
    ),
    ("self-signed", "verify error:num=18:self-signed certificate", "myself signed certificates"),
    (
        "ssh-key-changed",
        "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
        "remote host identification has changed",
    ),
    ("ssh-key-unknown", "Host key verification failed.", "x: Host key verification failed"),
    (
        "ssh-denied",
        "root@h: Permission denied (publickey,password).",
        "cat: x: Permission denied (os error 13)",
    ),
    ("ssh-banner", "Error reading SSH protocol banner", "no SSH protocol banner"),
    ("sudo-tty", "sudo: sorry, you must have a tty to run sudo", "you must have a tty"),
    ("sudo-password", "sudo: a password is required", "pseudo: a password is required"),
    ("disk-full", "tar: x: Cannot write: No space left on device", "space left on device"),
    ("read-only", "mv: cannot move: Read-only file system", "a Read-only file"),
    ("name-unknown", "getaddrinfo: Name or service not known", "the name is unknown"),
    ("no-route", "connect: No route to host", "a route to host x"),
    ("timed-out", "connect: Connection timed out", "the connection timer"),
]


@pytest.mark.parametrize(("row", "line", "lookalike"), CASES)
def test_a_row_explains_its_line_and_not_its_lookalike(row: str, line: str, lookalike: str) -> None:
    (found,) = explain([line])
    assert found.id == row
    assert row not in {e.id for e in explain([lookalike])}


def test_every_row_has_a_case_and_a_name_of_its_own() -> None:
    ids = [row.id for row in table("activemq")]
    assert len(ids) == len(set(ids))
    assert {row.id for row in table("")} == {row for row, _, _ in CASES}


def test_the_most_specific_comes_first_and_the_newest_line_counts() -> None:
    lines = [
        "connect: Connection timed out",
        "ERROR | Could not accept connection from tcp://10.0.0.1:1: Empty client certificate chain",
        "ERROR | Could not accept connection from tcp://10.0.0.2:2: Empty client certificate chain",
    ]
    first, second = explain(lines, "activemq")
    assert (first.id, second.id) == ("client-no-certificate", "timed-out")
    assert "10.0.0.2" in first.line


@pytest.mark.parametrize("kind", ["", "nothing", "../x", "common", "rows", "os", "a.b"])
def test_unknown_kinds_have_the_common_rows_only(kind: str) -> None:
    assert table(kind) == table("")
    assert advice(kind, "no certificate refused") == ""


def test_a_product_has_its_own_remedy() -> None:
    assert "needClientAuth=true" in advice("activemq", "no certificate refused")


@pytest.mark.parametrize(
    "piece",
    [
        "Could not accept connection from ",
        "Could not start network bridge and: ssl://a:1 due to: ",
        "class path resource [",
        "Failed to load: reason: Caused by: ",
        "brokerInfo (null)",
        "java.io.FileNotFoundException: ",
        "sudo: ",
    ],
)
def test_hostile_lines_are_read_quickly(piece: str) -> None:
    hostile = (piece * MAX_LINE)[:MAX_LINE]
    # Every row, not only those whose plain text is there.
    for row in table("activemq"):
        row.pattern.search(hostile)


def test_huge_input_is_bounded() -> None:
    assert explain(("x" * 100_000 for _ in range(MAX_LINES * 2)), "activemq") == ()


@given(st.lists(st.text(), max_size=20))
def test_any_text_is_survived_and_calmed(lines: list[str]) -> None:
    for found in explain([line + " No space left on device" for line in lines]):
        assert all(unicodedata.category(character)[0] != "C" for character in found.line)
        assert len(found.line) < 600
