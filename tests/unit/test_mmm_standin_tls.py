"""What the sockets of the MySQL-MMM stand-ins accept and refuse, and how the library words it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.unit.judges import need
from tests.unit.mmm_certificates import CLIENT, SERVER, Pair, signed_with_sha1
from tests.unit.mmm_dialogues import Makers, Said, dialogue
from tests.unit.mmm_processes import block

FINE = Said("heard hello there\n", "heard hello\n")
V12 = {"SSL_version": "TLSv12"}
ACCEPT, CONNECT = "SSL accept attempt failed error:", "SSL connect attempt failed error:"
VERIFY = "0A000086:SSL routines::certificate verify failed"


@pytest.fixture
def made(tmp_path: Path) -> Makers:
    need("perl")
    return Makers.new(tmp_path)


def test_both_ends_take_what_the_ca_signed(made: Makers) -> None:
    assert made.talk(made.good(), made.good()) == FINE
    assert made.talk({}, {}) == FINE


@pytest.mark.parametrize("what", ["other CA", "none", "expired", "for servers only"])
def test_a_listener_refuses_a_sender(made: Makers, what: str) -> None:
    sender, alert = {
        "other CA": (block(made.pair(made.other), made.ca.file), "0A000418:SSL routines::tlsv1 "
                     "alert unknown ca"),
        "none": (block(None, made.ca.file), "0A000410:SSL routines::sslv3 alert handshake failure"),
        "expired": (made.good(expired=True), "0A000415:SSL routines::sslv3 alert certificate "
                    "expired"),
        "for servers only": (made.good(usage=SERVER), "0A000413:SSL routines::sslv3 alert "
                             "unsupported certificate"),
    }[what]  # fmt: skip
    why = "0A0000C7:SSL routines::peer did not return a certificate" if what == "none" else VERIFY
    late = made.talk(made.good(), sender)
    assert late.listener == f"{ACCEPT}{why}"
    # Under TLS 1.3 the sender is through before it is refused.
    assert late.sender.startswith("silence ")
    early = made.talk(made.good() | V12, sender | V12)
    assert early == Said(f"{ACCEPT}{why}", f"{CONNECT}{alert}")


@pytest.mark.parametrize(
    ("what", "alert"),
    [
        ("other CA", "0A000418:SSL routines::tlsv1 alert unknown ca"),
        ("expired", "0A000415:SSL routines::sslv3 alert certificate expired"),
        ("for clients only", "0A000413:SSL routines::sslv3 alert unsupported certificate"),
    ],
)
@pytest.mark.parametrize("version", [{}, V12], ids=["1.3", "1.2"])
def test_a_sender_refuses_a_listener(
    made: Makers, what: str, alert: str, version: dict[str, str]
) -> None:
    listener = {
        "other CA": lambda: block(made.pair(made.other), made.ca.file),
        "expired": lambda: made.good(expired=True),
        "for clients only": lambda: made.good(usage=CLIENT),
    }[what]()
    said = made.talk(listener | version, made.good() | version)
    assert said == Said(f"{ACCEPT}{alert}", f"{CONNECT}{VERIFY}")


@pytest.mark.parametrize("sans", [("192.0.2.1",), ("db1",), ()], ids=["address", "name", "none"])
def test_a_sender_checks_the_name_that_it_dials(made: Makers, sans: tuple[str, ...]) -> None:
    said = made.talk(made.good(cn="db1", sans=sans), made.good())
    alert = "0A000438:SSL routines::tlsv1 alert internal error"
    assert said == Said(f"{ACCEPT}{alert}", "hostname verification failed")


@pytest.mark.parametrize("sans", [("192.0.2.1",), ("db1",), ()], ids=["address", "name", "none"])
def test_the_common_name_counts_beside_alternative_names(
    made: Makers, sans: tuple[str, ...]
) -> None:
    """The library's default scheme looks at it always, against what RFC 6125 says."""
    assert made.talk(made.good(cn=made.where, sans=sans), made.good()) == FINE
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    named = made.good(cn="localhost", sans=sans)
    assert dialogue(named, made.good(), where="127.0.0.1", port=port, dialled="localhost") == FINE


def test_a_sender_without_ca_file_trusts_no_own_ca(made: Makers) -> None:
    said = made.talk(made.good(), block(made.pair()))
    alert = "0A000418:SSL routines::tlsv1 alert unknown ca"
    assert said == Said(f"{ACCEPT}{alert}", f"{CONNECT}{VERIFY}")


def test_plain_and_tls_do_not_meet(made: Makers) -> None:
    wrong = "0A00010B:SSL routines::wrong version number"
    assert made.talk(made.good(), {}) == Said(f"{ACCEPT}{wrong}", "silence ")
    assert made.talk({}, made.good()).sender == f"{CONNECT}{wrong}"


def test_old_protocols_are_refused(made: Makers) -> None:
    said = made.talk(made.good(), made.good() | {"SSL_version": "TLSv1"})
    assert said.sender == f"{CONNECT}0A000438:SSL routines::tlsv1 alert internal error"
    said = made.talk(made.good(), made.good() | {"SSL_version": "SSLv3"})
    assert said.sender == "SSL Version SSLv3 not supported"
    assert made.talk(made.good(), made.good() | {"SSL_version": "SSLv23"}) == FINE


def test_one_file_may_hold_several_cas(made: Makers, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(made.ca.file.read_bytes() + made.other.file.read_bytes())
    listener, sender = block(made.pair(made.other), both), block(made.pair(), both)
    assert made.talk(listener, sender) == FINE


def test_a_key_pair_that_cannot_be_loaded(made: Makers) -> None:
    one, two = made.pair(), made.pair()
    faults = {
        "key values mismatch": Pair(one.cert, two.key),
        "problems getting password": made.pair(password="locked"),
        "ee key too small": made.pair(bits=1024),
        "ca md too weak": signed_with_sha1(made.ca, "sha1", made.where),
        "no start line": Pair(made.folder / "none.pem", one.key),
    }
    faults["no start line"].cert.write_text("no certificate\n")
    for words, pair in faults.items():
        said = made.talk(block(pair, made.ca.file), {})
        assert "Listener: Can't create socket!\n  Failed to load " in said.listener
        assert said.listener.startswith("Enter PEM") == ("password" in words)
        assert words in said.listener
        said = made.talk(made.good(), block(pair, made.ca.file))
        assert said.sender.startswith("Failed to load ")
        assert words in said.sender


def test_a_missing_file_is_named(made: Makers) -> None:
    one, none = made.pair(), made.folder / "missing.pem"
    at = "can't be used: No such file or directory at /usr/share/perl5/IO/Socket/SSL.pm line"
    faults = {
        "cert": block(Pair(none, one.key), made.ca.file),
        "key": block(Pair(one.cert, none), made.ca.file),
        "ca": block(one, none),
    }
    for name, wrong in faults.items():
        assert f"SSL_{name}_file {none} {at}" in made.talk(made.good(), wrong).sender
        assert f"SSL_{name}_file {none} {at}" in made.talk(wrong, {}).listener
