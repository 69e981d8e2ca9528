"""Probes from here, against real servers."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from app.errors import PkiError
from app.pki.credential import Credential
from app.verify.alerts import alert_name
from app.verify.plain import probe_plain
from app.verify.probe import probe_tls
from app.verify.result import Identity, TlsResult, TrustAnchors, pem_certificates
from tests.unit import verify_servers as lab

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
BOTH = pytest.mark.parametrize("version", [V12, V13])


def dial(
    port: int, who: Identity | None, trust: TrustAnchors | None = None, name: str = lab.NAME
) -> TlsResult:
    return probe_tls("127.0.0.1", port, name=name, trust=trust, identity=who, quiet=0.5)


def mine() -> Identity:
    return lab.identity(lab.made())


def foreign() -> Identity:
    return lab.identity(lab.made(replace(lab.SPEC, issuer="Stranger")))


@BOTH
def test_the_right_certificate_is_accepted_and_the_peer_told(version: ssl.TLSVersion) -> None:
    with lab.tls_server(lab.made(), clients=lab.trust(), version=version) as port:
        seen = dial(port, mine(), lab.trust())
    assert seen.outcome == "accepted"
    assert seen.verified
    assert seen.detail == "handshake done, then sent 13 bytes"
    assert seen.peer == lab.made().cert_der
    assert seen.protocol == {V12: "TLSv1.2", V13: "TLSv1.3"}[version]
    assert seen.cipher


@BOTH
@pytest.mark.parametrize("who", ["nobody", "a stranger"])
def test_a_wrong_client_is_refused_after_the_handshake_too(
    version: ssl.TLSVersion, who: str
) -> None:
    with lab.tls_server(lab.made(), clients=lab.trust(), version=version) as port:
        seen = dial(port, foreign() if who == "a stranger" else None)
    assert seen.outcome == "refused"
    assert seen.alert in (
        {V12: "handshake_failure", V13: "certificate_required"}[version]
        if who == "nobody"
        else "unknown_ca"
    )
    assert seen.alert


@pytest.mark.parametrize("flag", ["-tls1_2", "-tls1_3"])
def test_openssl_s_server_judges_as_python_does(tmp_path: Path, flag: str) -> None:
    with lab.s_server(tmp_path, lab.made(), flag) as port:
        assert dial(port, mine(), lab.trust()).outcome == "accepted"
        assert dial(port, None).outcome == "refused"
        assert dial(port, foreign()).outcome == "refused"


def test_a_silent_server_accepts_by_keeping_the_connection() -> None:
    with lab.tls_server(lab.made(), "silent", clients=lab.trust()) as port:
        seen = dial(port, mine(), lab.trust())
    assert (seen.outcome, seen.detail) == (
        "accepted",
        "handshake done, then silent and open for 0.5 s",
    )


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_server_that_hangs_up_after_the_handshake_has_refused(how: lab.Behaviour) -> None:
    with lab.tls_server(lab.made(), how) as port:
        seen = dial(port, None)
    # Some versions of the ssl module report a reset as an end.
    assert seen.outcome == "refused"
    assert seen.alert == ""
    assert seen.detail.split()[0] in ("closed", "reset")


@pytest.mark.parametrize(
    ("served", "name", "why"),
    [
        (lab.made(at=lab.LONG_AGO), lab.NAME, "expired"),
        (lab.made(lab.OTHER_NAME), lab.NAME, "not valid for 'hub.example.com'"),
        (lab.made(lab.OTHER_NAME), "127.0.0.1", "IP address mismatch"),
        (lab.made(replace(lab.SPEC, issuer="Stranger")), lab.NAME, "issuer certificate"),
        (lab.made(lab.PINNED), lab.NAME, "self-signed"),
    ],
)
def test_a_wrong_server_is_untrusted_with_its_certificate_shown(
    served: Credential, name: str, why: str
) -> None:
    with lab.tls_server(served) as port:
        seen = dial(port, None, lab.trust(), name)
    assert seen.outcome == "untrusted"
    assert why in seen.reason.replace("self signed", "self-signed")
    assert seen.peer == served.cert_der
    assert not seen.verified


@pytest.mark.parametrize("at", [lab.NOW, lab.LONG_AGO], ids=["fresh", "expired"])
def test_a_pinned_certificate_is_trusted_whatever_its_dates(at: datetime) -> None:
    pinned = lab.made(lab.PINNED, at)
    with lab.tls_server(pinned) as port:
        seen = dial(port, None, lab.trust(pinned.cert_der, pinned=True))
        elsewhere = dial(port, None, lab.trust(pinned.cert_der, pinned=True), "c.example.com")
    assert seen.outcome == "accepted"
    assert seen.verified
    assert elsewhere.outcome == "untrusted"


def test_another_certificate_than_the_pinned_one_is_untrusted() -> None:
    held = lab.made(lab.PINNED)
    for served in (lab.made(lab.PINNED, lab.LONG_AGO), lab.made()):
        with lab.tls_server(served) as port:
            assert dial(port, None, lab.trust(held.cert_der, pinned=True)).outcome == "untrusted"


def test_a_leaf_under_a_pinned_authority_is_not_pinned() -> None:
    with lab.tls_server(lab.made()) as port:
        seen = dial(port, None, lab.trust(pinned=True))
    assert (seen.outcome, seen.reason) == ("untrusted", "it is not the pinned certificate")


def test_what_is_not_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    seen = dial(port, None)
    assert seen.outcome == "unreachable"
    assert "refused" in seen.detail
    seen = probe_tls("no-such-host.invalid", 1, name="x", trust=None, seconds=5)
    assert seen.outcome == "unreachable"
    assert "name" in seen.detail
    assert probe_plain("127.0.0.1", port).outcome == "unreachable"


def _echo(peer: socket.socket) -> None:
    while data := peer.recv(4096):
        peer.sendall(data)


def _greet(peer: socket.socket) -> None:
    peer.sendall(b"\x00\x00\x01\x36\x01ActiveMQ")
    peer.recv(4096)


def _mute(peer: socket.socket) -> None:
    while peer.recv(4096):
        pass


@pytest.mark.parametrize("serve", [_echo, _greet])
def test_what_answers_without_tls_is_not_tls_and_accepts_plain_text(
    serve: Callable[[socket.socket], None],
) -> None:
    with lab.tcp_server(serve) as port:
        assert dial(port, None).outcome == "not-tls"
        plain = probe_plain("127.0.0.1", port, quiet=0.5)
    assert plain.outcome == "accepted"
    assert "answered in plain text" in plain.detail


def test_what_never_answers_is_not_tls_in_time() -> None:
    with lab.tcp_server(_mute) as port:
        seen = probe_tls("127.0.0.1", port, name=lab.NAME, trust=None, seconds=0.5)
        plain = probe_plain("127.0.0.1", port, quiet=0.2)
    assert seen.outcome == "not-tls"
    assert "no TLS answer" in seen.detail
    assert plain.outcome == "refused"
    assert "no answer" in plain.detail


@BOTH
def test_a_tls_port_refuses_plain_text(version: ssl.TLSVersion) -> None:
    with lab.tls_server(lab.made(), version=version) as port:
        assert probe_plain("127.0.0.1", port, quiet=0.5).outcome == "refused"


def test_hostile_plain_answers_are_calmed() -> None:
    def hostile(peer: socket.socket) -> None:
        peer.sendall(b"\x1b]0;owned\x07" * 40)
        peer.recv(4096)

    with lab.tcp_server(hostile) as port:
        detail = probe_plain("127.0.0.1", port).detail
    assert "\x1b" not in detail
    assert len(detail) < 200


def test_a_key_leaves_no_file_and_no_descriptor(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        dial(port, mine(), lab.trust())
    assert len(os.listdir("/proc/self/fd")) == before
    assert "PRIVATE" not in repr(mine())


def test_a_key_of_another_certificate_is_refused_before_anything_is_dialled() -> None:
    mixed = Identity(mine().cert_pem, foreign().key_pem)
    with pytest.raises(PkiError, match="cannot be used"):
        dial(1, mixed)


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "certificate_required"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "bad_certificate"),
        ("tlsv1 alert unknown ca", "unknown_ca"),
        ("CERTIFICATE_VERIFY_FAILED", ""),
        ("ALERTNESS", ""),
    ],
)
def test_alerts_have_the_names_of_the_standard(reason: str, name: str) -> None:
    assert alert_name(reason) == name


def test_pem_without_certificates_holds_none() -> None:
    assert pem_certificates("nothing") == ()
    with pytest.raises(PkiError):
        pem_certificates("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----")
