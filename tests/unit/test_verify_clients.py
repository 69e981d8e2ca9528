"""Ports for clients: real TLS servers that ask for certificates or not, and speak or do not."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.openwire import greeting
from app.demo.protocols import answer
from app.kinds.activemq.greetings import HELLO, TITLES, judge
from app.kinds.base import ClientPort
from app.model import Host
from app.pki.secret import Secret
from app.pki.stores import key_store, trust_store
from app.remote.base import Remote
from app.verify import rows
from app.verify.checks import ClientCheck
from app.verify.clients import verify_client_port
from app.verify.identity import load_identity
from app.verify.remote_probe import HostStore, RemoteDial
from app.verify.result import Identity
from tests.unit import verify_servers as lab
from tests.unit.test_verify_links import needs_openssl, probes

SHELL = lab.ShellHost(Host("hub", "127.0.0.1"))


@contextmanager
def broker(
    protocol: str, *, asks: bool = True, says: str = "", newest: str = "", mute: bool = False
) -> Iterator[int]:
    """Serve TLS as a connector does; `says` answers in another protocol than the wanted one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_identity(context, lab.identity(lab.made()))
    if newest:
        context.maximum_version = ssl.TLSVersion[newest]
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=lab.root().cert_der)
    speaks = says or protocol

    def serve(peer: object) -> None:
        with context.wrap_socket(peer, server_side=True) as tls:  # type: ignore[arg-type]
            if speaks == "openwire":
                tls.sendall(greeting())
            while heard := tls.recv(4096):
                tls.sendall(b"" if mute else answer(speaks, heard))

    with lab.tcp_server(serve) as port:
        yield port


def check(
    protocol: str, number: int, *, asks: bool = True, versions: tuple[str, ...] = ()
) -> ClientCheck:
    port = ClientPort(
        "hub", lab.NAME, f"{protocol}+ssl", number, asks, f"{protocol}_verify", TITLES[protocol],
        HELLO[protocol], partial(judge, protocol), versions,
    )  # fmt: skip
    return ClientCheck(port, "activemq", "127.0.0.1", lab.trust())


def found(
    what: ClientCheck, remote: Remote | None = None, own: Identity | None = None
) -> dict[str, tuple[str, str, str]]:
    """Verify a port; gives verdict, evidence and cause by what was tried."""
    own = own or lab.identity(lab.made(lab.SPEC))
    return {
        f.tried: (f.verdict, f.evidence, f.cause)
        for f in verify_client_port(what, probes(remote, own))
        if f.subject == f"hub:{what.port.title}"
    }


@pytest.mark.parametrize("protocol", sorted(HELLO))
def test_a_port_that_asks_for_certificates_is_proven_in_its_protocol(protocol: str) -> None:
    with broker(protocol) as port:
        seen = found(check(protocol, port))
    assert {verdict for verdict, _, _ in seen.values()} == {"ok"}, seen
    spoken = rows.SPEAKS.format(TITLES[protocol])
    assert set(seen) == {*rows.POSITIVE, spoken, *rows.NEGATIVE}


@pytest.mark.parametrize("protocol", sorted(HELLO))
def test_an_open_port_lets_clients_in_without_a_certificate(protocol: str) -> None:
    with broker(protocol, asks=False) as port:
        seen = found(check(protocol, port, asks=False))
    assert {verdict for verdict, _, _ in seen.values()} == {"ok"}, seen
    assert rows.OPEN in seen
    assert rows.NO_CERTIFICATE not in seen


def test_a_port_that_lets_in_whom_it_should_not_fails() -> None:
    with broker("stomp", asks=False) as port:
        seen = found(check("stomp", port))
    assert seen[rows.NO_CERTIFICATE][0] == seen[rows.FOREIGN][0] == "fail"
    assert seen[rows.HANDSHAKE][0] == "ok"


def test_a_port_that_asks_although_it_should_not_fails_and_says_so() -> None:
    with broker("stomp") as port:
        seen = found(check("stomp", port, asks=False))
    verdict, _, cause = seen[rows.OPEN]
    assert verdict == "fail"
    assert "stomp_verify is off" in cause
    assert seen["speaks STOMP"][0] == "skip"


@pytest.mark.parametrize(("says", "mute"), [("mqtt", False), ("stomp", True)])
def test_a_port_that_does_not_speak_its_protocol_fails(says: str, mute: bool) -> None:
    with broker("stomp", says=says, mute=mute) as port:
        seen = found(check("stomp", port))
    assert seen["speaks STOMP"][0] == "fail"
    assert seen[rows.HANDSHAKE][0] == "ok"


def test_tls_versions_are_held_to() -> None:
    only = check("openwire", 0, versions=("TLSv1.3",))
    with broker("openwire") as port:
        seen = found(replace(only, port=replace(only.port, port=port)))
    assert seen["TLS 1.2 refused"][0] == "fail"
    with broker("openwire", newest="TLSv1_2") as port:
        seen = found(replace(only, port=replace(only.port, port=port)))
    assert seen[rows.PROTOCOL][0] == "fail"
    assert "wanted is TLSv1.3" in seen[rows.PROTOCOL][1]


def test_a_port_where_nothing_listens_fails() -> None:
    with lab.tcp_server(lambda peer: None) as port:
        pass
    seen = found(check("mqtt", port))
    assert seen[rows.HANDSHAKE][0] == "fail"
    assert seen["speaks MQTT"][0] == seen[rows.NO_CERTIFICATE][0] == "skip"


@needs_openssl
def test_where_no_key_is_here_the_ports_own_host_dials_it(tmp_path: Path) -> None:
    """Pinned trust: nobody but the peers has a certificate that is accepted."""
    folder, word = tmp_path, Secret("a-password-of-a-store")
    (folder / "hub.p12").write_bytes(key_store(lab.made(), "PKCS12", word, "hub"))
    (folder / "trust.p12").write_bytes(trust_store({"ca": lab.root().cert_der}, "PKCS12", word))
    with broker("stomp") as port:
        what = check("stomp", port)
        key, trust = (
            HostStore(f"{folder}/{name}.p12", "PKCS12", word) for name in ("hub", "trust")
        )
        dial = RemoteDial("localhost", port, key, trust, lab.trust().pem, quiet=1)
        seen = {
            f.tried: f for f in verify_client_port(replace(what, dial=dial), probes(SHELL, None))
        }
    assert seen[rows.HANDSHAKE].verdict == "ok", seen
    assert "by its own host" in seen[rows.HANDSHAKE].evidence
    assert seen["speaks STOMP"].verdict == "skip"
    assert seen[rows.NO_CERTIFICATE].verdict == "ok"


@given(st.binary(max_size=80), st.sampled_from(sorted(HELLO)))
def test_any_answer_is_judged_in_words(said: bytes, protocol: str) -> None:
    holds, evidence = judge(protocol, said)
    assert evidence.isprintable()
    assert holds or evidence.startswith("no answer of ")


@pytest.mark.parametrize(
    ("protocol", "said", "evidence"),
    [
        ("stomp", b"CONNECTED\nserver:ActiveMQ/5.17.2\n\n\0", "CONNECTED"),
        ("stomp", b"ERROR\nmessage:User name [null] or password is invalid.\n\n\0",
         "STOMP, with an error: 'User name [null] or password is invalid.'"),
        ("mqtt", b"\x20\x02\x00\x05", "CONNACK 5: it wants a login"),
        ("amqp", b"AMQP\x03\x01\x00\x00", "AMQP 1.0.0"),
        ("openwire", b"\x00\x00\x01R\x01ActiveMQ\x00\x00\x00\x0c", "a WireFormatInfo of ActiveMQ"),
    ],
)  # fmt: skip
def test_what_brokers_were_seen_to_answer_is_known(
    protocol: str, said: bytes, evidence: str
) -> None:
    assert judge(protocol, said) == (True, evidence)
