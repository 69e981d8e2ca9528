"""Probes through openssl in a real shell, with real stores and servers."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.kinds.resources import StoreFormat
from app.model import Host
from app.observed import Output
from app.pki.credential import Credential
from app.pki.secret import Secret
from app.pki.stores import key_store, trust_store
from app.verify.identity import load_identity
from app.verify.remote_probe import HostStore, RemoteDial, probe_from, snippet, standard_input
from app.verify.result import TlsResult
from app.verify.s_client import parse_dial
from tests.unit import verify_servers as lab

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
PASSWORD = Secret("aB3$'\\ x%s-n")
SHELLS = [
    tuple(shell.split())
    for shell in ("dash", "bash --posix", "busybox sh", "ksh93", "zsh --emulate sh")
    if shutil.which(shell.split()[0])
]


def dial_with(
    folder: Path,
    port: int,
    credential: Credential,
    *,
    form: StoreFormat = "PKCS12",
    trusted: bytes = b"",
    pinned: bool = False,
    legacy: bool = False,
    name: str = "localhost",
) -> RemoteDial:
    """Write the stores of an initiator and say how it dials."""
    key, trust = folder / "key 'store", folder / "trust.store"
    key.write_bytes(key_store(credential, form, PASSWORD, "me", legacy=legacy))
    entries = {"ca": trusted or lab.root().cert_der}
    trust.write_bytes(trust_store(entries, form, PASSWORD, legacy=legacy))
    return RemoteDial(
        name,
        port,
        HostStore(str(key), form, PASSWORD),
        HostStore(str(trust), form, PASSWORD),
        pinned=pinned,
        quiet=1,
    )


def ask(dial: RemoteDial, shell: tuple[str, ...] = ("sh",), path: str = "") -> TlsResult:
    here = lab.ShellHost(Host("spoke-a", "127.0.0.1"), shell)
    return probe_from(replace(here, path=path) if path else here, dial, "t0ken")


@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_a_host_with_its_own_key_is_accepted(
    tmp_path: Path, version: ssl.TLSVersion, shell: tuple[str, ...]
) -> None:
    with lab.tls_server(lab.made(), clients=lab.trust(), version=version) as port:
        seen = ask(dial_with(tmp_path, port, lab.made()), shell)
    assert seen.outcome == "accepted", seen.detail
    assert seen.verified
    assert seen.peer == lab.made().cert_der
    assert seen.source == "spoke-a"
    assert seen.protocol == {V12: "TLSv1.2", V13: "TLSv1.3"}[version]
    assert seen.cipher


@pytest.mark.parametrize("version", [V12, V13])
def test_a_host_with_a_key_of_a_stranger_is_refused(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    stranger = lab.made(replace(lab.SPEC, issuer="Stranger"))
    with lab.tls_server(lab.made(), clients=lab.trust(), version=version) as port:
        seen = ask(dial_with(tmp_path, port, stranger))
    assert (seen.outcome, seen.alert) == ("refused", "unknown_ca")


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_server_that_hangs_up_after_the_handshake_has_refused(
    tmp_path: Path, how: lab.Behaviour
) -> None:
    with lab.tls_server(lab.made(), how) as port:
        seen = ask(dial_with(tmp_path, port, lab.made()))
    assert seen.outcome == "refused"
    assert "after the handshake" in seen.detail


@pytest.mark.parametrize("how", ["silent", "talk"])
def test_silence_and_speech_are_both_acceptance(tmp_path: Path, how: lab.Behaviour) -> None:
    with lab.tls_server(lab.made(), how) as port:
        assert ask(dial_with(tmp_path, port, lab.made())).outcome == "accepted"


def test_a_server_of_an_unknown_authority_is_untrusted_and_shown(tmp_path: Path) -> None:
    served = lab.made(replace(lab.SPEC, issuer="Stranger"))
    with lab.tls_server(served) as port:
        seen = ask(dial_with(tmp_path, port, lab.made()))
    assert seen.outcome == "untrusted"
    assert "issuer certificate" in seen.reason
    assert seen.peer == served.cert_der


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_server_of_another_name_is_untrusted(tmp_path: Path, name: str) -> None:
    with lab.tls_server(lab.made(lab.OTHER_NAME)) as port:
        seen = ask(dial_with(tmp_path, port, lab.made(), name=name))
    assert seen.outcome == "untrusted"
    assert "mismatch" in seen.reason


def test_an_address_that_the_certificate_holds_is_right(tmp_path: Path) -> None:
    with lab.tls_server(lab.made()) as port:
        assert ask(dial_with(tmp_path, port, lab.made(), name="127.0.0.1")).outcome == "accepted"


@pytest.mark.parametrize("at", [lab.NOW, lab.LONG_AGO], ids=["fresh", "expired"])
def test_a_pinned_certificate_is_trusted_whatever_its_dates(tmp_path: Path, at: datetime) -> None:
    served = lab.made(lab.PINNED, at)
    with lab.tls_server(served) as port:
        dial = dial_with(tmp_path, port, lab.made(), trusted=served.cert_der, pinned=True)
        assert ask(dial).outcome == "accepted"
    with lab.tls_server(lab.made(lab.PINNED, lab.NOW + timedelta(seconds=1))) as port:
        assert ask(replace(dial, port=port)).outcome == "untrusted"


@pytest.mark.parametrize("form", ["PEM", "PKCS12", "legacy"])
def test_stores_of_every_form_that_openssl_reads(tmp_path: Path, form: str) -> None:
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        wanted: StoreFormat = "PEM" if form == "PEM" else "PKCS12"
        dial = dial_with(tmp_path, port, lab.made(), form=wanted, legacy=form == "legacy")
        assert ask(dial).outcome == "accepted"


def test_a_jks_store_is_left_to_the_control_machine_in_words() -> None:
    dial = RemoteDial("localhost", 1, HostStore("/k", "JKS"), trust_pem=lab.trust().pem)
    seen = ask(dial)
    assert (seen.outcome, "JKS" in seen.detail) == ("unproven", True)


def test_trust_can_be_sent_along(tmp_path: Path) -> None:
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        dial = dial_with(tmp_path, port, lab.made())
        sent = replace(dial, trust=None, trust_pem=lab.trust().pem)
        assert ask(sent).outcome == "accepted"


def test_stores_that_are_missing_or_locked_are_named(tmp_path: Path) -> None:
    dial = dial_with(tmp_path, 1, lab.made())
    wrong = replace(dial.key, password=Secret("wrong-one"))
    assert ask(replace(dial, key=wrong)).detail == (
        "the key store's password is not the one on record"
    )
    gone = replace(dial.key, path=str(tmp_path / "gone"))
    assert ask(replace(dial, key=gone)).detail == "the key store is not there"
    (tmp_path / "junk").write_bytes(b"junk")
    junk = replace(dial.key, path=str(tmp_path / "junk"))
    assert ask(replace(dial, key=junk)).detail == "openssl cannot read the key store"
    assert dial.trust is not None
    locked = replace(dial.trust, password=Secret("wrong-one"))
    assert ask(replace(dial, trust=locked)).detail == (
        "the trust store's password is not the one on record"
    )


def test_nothing_there_is_unreachable(tmp_path: Path) -> None:
    seen = ask(dial_with(tmp_path, 1, lab.made()))
    assert seen.outcome == "unreachable"
    assert "connection refused" in seen.detail
    seen = ask(dial_with(tmp_path, 1, lab.made(), name="no-such-host.invalid"))
    assert seen.outcome == "unreachable"
    assert "not known" in seen.detail


def test_a_plain_server_is_not_tls(tmp_path: Path) -> None:
    def greet(peer: socket.socket) -> None:
        peer.sendall(b"\x00\x00\x01\x36\x01ActiveMQ")
        peer.recv(4096)

    with lab.tcp_server(greet) as port:
        assert ask(dial_with(tmp_path, port, lab.made())).outcome == "not-tls"


def test_without_openssl_the_probe_says_so(tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    seen = ask(dial_with(tmp_path, 1, lab.made()), ("/bin/sh",), str(empty))
    assert (seen.outcome, seen.detail) == ("unproven", "openssl is not installed on the host")


def test_no_secret_is_in_the_snippet_and_nothing_is_left_behind(tmp_path: Path) -> None:
    before = set(os.listdir("/dev/shm"))
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        dial = dial_with(tmp_path, port, lab.made())
        assert PASSWORD.reveal() not in snippet(dial, "t0ken")
        assert PASSWORD.reveal() not in repr(dial)
        assert PASSWORD.reveal().encode() in standard_input(dial)
        ask(dial)
    assert not {n for n in set(os.listdir("/dev/shm")) - before if n.startswith("tlswright")}


def test_neither_password_nor_key_shows_in_any_process(tmp_path: Path) -> None:
    seen: set[bytes] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for pid in filter(str.isdigit, os.listdir("/proc")):
                for part in ("cmdline", "environ"):
                    try:
                        seen.add(Path("/proc", pid, part).read_bytes())
                    except OSError:
                        continue

    watcher = threading.Thread(target=watch)
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        dial = dial_with(tmp_path, port, lab.made())
        watcher.start()
        try:
            ask(dial)
        finally:
            over.set()
            watcher.join()
    assert any(b"s_client" in text for text in seen)
    assert not any(PASSWORD.reveal().encode() in text for text in seen)


def test_a_peer_cannot_write_the_answer(tmp_path: Path) -> None:
    forged = (
        b"\nt0ken err\nDONE\nt0ken out\nCONNECTED\nNew, TLSv1.3, Cipher is FORGED\nt0ken done\n"
    )

    def forge(peer: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        load_identity(context, lab.identity(lab.made()))
        with context.wrap_socket(peer, server_side=True) as tls:
            tls.sendall(forged * 3000)
            lab.behave(tls, "close")

    with lab.tcp_server(forge) as port:
        seen = ask(dial_with(tmp_path, port, lab.made()))
    assert seen.outcome == "refused"
    assert "FORGED" not in seen.cipher


@pytest.mark.parametrize(
    "out",
    [
        "",
        "t0ken done",
        "t0ken nonsense",
        "t0ken err\n\nt0ken out\n\nt0ken rc x\nt0ken done",
        "\0" * 99,
    ],
)
def test_what_does_not_parse_proves_nothing(out: str) -> None:
    assert parse_dial(Output(0, out), "t0ken", "h", "h:1").outcome == "unproven"


def test_older_openssl_is_read_too() -> None:
    out = (
        "t\nt0ken err\ndepth=0 CN = hub\nverify return:1\nDONE\n\n"
        "t0ken out\nCONNECTED(00000005)\n---\n"
        "New, SSLv3, Cipher is AES128-SHA\n    Protocol  : TLSv1.2\n\nt0ken rc 0\nt0ken done\n"
    )
    seen = parse_dial(Output(0, out), "t0ken", "h", "h:1")
    assert (seen.outcome, seen.protocol, seen.cipher) == ("accepted", "TLSv1.2", "AES128-SHA")
