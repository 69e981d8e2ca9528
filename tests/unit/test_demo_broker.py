"""The demo's broker judges its files and its clients as ActiveMQ would."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import struct
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from app.demo.broker import ALIVE, LOG_FILE, PID_FILE
from app.demo.openwire import greeting
from app.demo.place import free_ports
from app.demo.rootfs import AVAILABLE, INIT, lay_out
from app.pki import pem
from app.pki.authority import Authority, create_root, issue, self_sign
from app.pki.credential import Credential
from app.pki.names import San
from app.pki.secret import Secret
from app.pki.spec import IssueSpec
from app.pki.stores import StoreFormat, key_store, trust_store
from tests.until import until

NOW = datetime.now(UTC)
KEY, TRUST = Secret("key-password-0123456789-abcd"), Secret("trust-password-0123456789-ab")


def authority(name: str) -> Authority:
    return create_root(name, 1, "ec-p256", 30, NOW)


def credential(root: Authority, name: str) -> Credential:
    sans = (San.parse("ip:127.0.0.1"),)
    spec = IssueSpec(name, sans, "peer", "ec-p256", 10, root.name, root.generation)
    return issue(root, spec, NOW)


def self_signed(name: str) -> Credential:
    sans = (San.parse("ip:127.0.0.1"),)
    return self_sign(IssueSpec(name, sans, "peer", "ec-p256", 10, name, 1, self_signed=True), NOW)


class Box:
    """Hold one demo host with an authority of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.plain, self.tls = free_ports(2, Random())
        lay_out(root, self.plain)
        (root / ALIVE).unlink()
        self.authority = authority("Right CA")
        self.config = root / AVAILABLE / "activemq.xml"

    def secure(self, fmt: StoreFormat = "PKCS12", *, password: Secret = KEY, uri: str = "") -> None:
        """Write stores, and name them in the broker's file."""
        tls = self.root / AVAILABLE / "tls"
        tls.mkdir()
        key = key_store(credential(self.authority, "hub"), fmt, KEY, "hub")
        (tls / "key").write_bytes(key)
        (tls / "trust").write_bytes(trust_store({"ca": self.authority.cert_der}, fmt, TRUST))
        uri = uri or f"ssl://0.0.0.0:{self.tls}?needClientAuth=true"
        folder = f"file:/{AVAILABLE}/tls"
        text = self.config.read_text().replace(
            "<transportConnectors>",
            f'<sslContext><sslContext keyStore="{folder}/key" keyStoreType="{fmt}"'
            f' keyStorePassword="{password.reveal()}" trustStore="{folder}/trust"'
            f' trustStoreType="{fmt}" trustStorePassword="{TRUST.reveal()}"/></sslContext>'
            f'<transportConnectors><transportConnector name="ssl" uri="{uri}"/>',
        )
        self.config.write_text(text)

    def init(self, verb: str) -> subprocess.CompletedProcess[str]:
        """Run the host's init script in a clean environment, as an SSH session does."""
        return subprocess.run(
            [self.root / INIT, verb], capture_output=True, text=True, timeout=60, check=False,
            env={"PATH": "/usr/bin:/bin"}, cwd="/",
        )  # fmt: skip

    def log(self) -> str:
        path = self.root / LOG_FILE
        return path.read_text() if path.exists() else ""

    def pid(self) -> int:
        return int((self.root / PID_FILE).read_text())

    def ask(self, by: Authority | None) -> bytes:
        """Connect over TLS, with a certificate of an authority or none, and read the greeting."""
        return self.ask_with(None if by is None else credential(by, "spoke"))

    def ask_with(self, made: Credential | None) -> bytes:
        """Connect over TLS with a credential or none, and read the greeting."""
        context = ssl.create_default_context(cadata=self.authority.cert_der)
        if made is not None:
            file = self.root / "client.pem"
            file.write_bytes(pem.pem_key(made) + pem.pem_chain(made))
            context.load_cert_chain(file)
        with (
            socket.create_connection(("127.0.0.1", self.tls), 10) as raw,
            context.wrap_socket(raw, server_hostname="127.0.0.1") as secured,
        ):
            return secured.recv(4096)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path / "a host's root")
    yield made
    made.init("stop")


def said(box: Box, pattern: str) -> None:
    until(lambda: re.search(pattern, box.log()), 10, f"the log to say {pattern}")


def test_the_greeting_is_an_openwire_wireformat_info() -> None:
    data = greeting()
    assert struct.unpack(">i", data[:4])[0] == len(data) - 4
    assert data[4:13] == b"\x01ActiveMQ"
    assert struct.unpack(">i", data[13:17])[0] == 12


def test_a_stock_broker_listens_in_the_clear(box: Box) -> None:
    assert box.init("start").stdout == "main (running)\n"
    with socket.create_connection(("127.0.0.1", box.plain), 10) as client:
        assert client.recv(4096) == greeting()
    assert f"Listening for connections at: tcp://127.0.0.1:{box.plain}" in box.log()
    assert re.search(r"Apache ActiveMQ 5\.17\.2 \(localhost, ID:\S+\) started", box.log())


@pytest.mark.parametrize("fmt", ["PKCS12", "JKS"])
def test_a_client_with_a_trusted_certificate_is_greeted(box: Box, fmt: StoreFormat) -> None:
    box.secure(fmt)
    assert box.init("start").stdout == "main (running)\n"
    assert box.ask(box.authority) == greeting()


def test_a_pinned_certificate_is_greeted_and_another_refused(box: Box) -> None:
    pinned, stranger = self_signed("spoke"), self_signed("spoke")
    box.secure()
    store = trust_store({"spoke": pinned.cert_der}, "PKCS12", TRUST)
    (box.root / AVAILABLE / "tls" / "trust").write_bytes(store)
    box.init("start")
    assert box.ask_with(pinned) == greeting()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        box.ask_with(stranger)
    said(box, "PKIX path building failed")


def test_a_client_without_a_certificate_is_refused_and_logged(box: Box) -> None:
    box.secure()
    box.init("start")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        box.ask(None)
    said(box, r"Could not accept connection from tcp://127\S+: Empty client certificate chain")


def test_a_client_of_a_foreign_authority_is_refused_and_logged(box: Box) -> None:
    box.secure()
    box.init("start")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        box.ask(authority("Foreign CA"))
    said(box, r"Could not accept connection from tcp://127\S+: PKIX path building failed")


def test_plain_text_on_the_tls_port_is_refused_and_logged(box: Box) -> None:
    box.secure()
    box.init("start")
    with socket.create_connection(("127.0.0.1", box.tls), 10) as client:
        client.sendall(greeting())
        try:
            assert b"ActiveMQ" not in client.recv(4096)
        except ConnectionResetError:
            pass
    said(box, "Unsupported or unrecognized SSL message")


def test_verify_host_name_on_a_listener_switches_client_certificates_off(box: Box) -> None:
    """The product does this, and the demo must not hide it."""
    options = "needClientAuth=true&amp;transport.verifyHostName=true"
    box.secure(uri=f"ssl://0.0.0.0:{box.tls}?{options}")
    box.init("start")
    assert box.ask(None) == greeting()


@pytest.mark.parametrize(
    ("fmt", "reason"),
    [
        ("PKCS12", "java.io.IOException: keystore password was incorrect"),
        ("JKS", "java.io.IOException: Keystore was tampered with, or password was incorrect"),
    ],
)
def test_a_wrong_store_password_ends_the_broker_with_the_reason(
    box: Box, fmt: StoreFormat, reason: str
) -> None:
    box.secure(fmt, password=TRUST)
    done = box.init("start")
    assert (done.returncode, done.stdout) == (0, "main (failed?)\n")
    assert f"Caused by: {reason}" in box.log()
    assert KEY.reveal() not in box.log()
    assert box.init("status").returncode == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.replace("</broker>", ""), r"SAXParseException; lineNumber: \d+"),
        (lambda t: t.replace("<beans", "<!DOCTYPE x []><beans", 1), "DOCTYPE"),
        (lambda t: t.replace("keyStore=", "keystore="), "Attribute 'keystore' is not allowed"),
        (lambda t: t.replace("tls/key", "tls/absent"), r"absent \(No such file or directory\)"),
        (lambda t: t.replace("keyStorePassword=", "keyStoreKeyPassword="), "must not be null"),
        (lambda t: t.replace("tls/key", "activemq.xml"), "Invalid keystore format"),
    ],
)
def test_a_broken_file_ends_the_broker_with_the_reason(
    box: Box, change: object, reason: str
) -> None:
    box.secure()
    assert callable(change)
    box.config.write_text(change(box.config.read_text()))
    assert box.init("start").stdout == "main (failed?)\n"
    assert re.search(reason, box.log())


def test_a_port_that_is_taken_ends_the_broker_with_the_reason(box: Box) -> None:
    with socket.create_server(("127.0.0.1", box.plain)):
        assert box.init("start").stdout == "main (failed?)\n"
    assert "java.net.BindException: Address already in use" in box.log()


def test_restart_takes_up_new_files_in_a_new_process(box: Box) -> None:
    box.init("start")
    first = box.pid()
    box.secure()
    assert box.init("restart").stdout == "main (stopped)\nmain (running)\n"
    assert box.pid() != first
    assert box.ask(box.authority) == greeting()


def test_stop_leaves_no_process_and_no_pid_file(box: Box) -> None:
    box.init("start")
    pid = box.pid()
    assert box.init("status").returncode == 0
    box.init("stop")
    assert not running(pid)
    assert not (box.root / PID_FILE).exists()
    assert box.init("status").returncode == 3
    assert "is shutdown" in box.log()


def test_a_killed_broker_is_found_dead_and_starts_again(box: Box) -> None:
    box.init("start")
    first = box.pid()
    os.kill(first, signal.SIGKILL)
    until(lambda: not running(first), 10, "the broker to die")
    assert box.init("status").returncode == 3
    assert box.init("start").stdout == "main (running)\n"
    assert box.pid() != first


def test_a_broker_ends_with_its_host(box: Box) -> None:
    os.mkfifo(box.root / ALIVE)
    host = os.open(box.root / ALIVE, os.O_RDWR)
    box.init("start")
    pid = box.pid()
    assert running(pid)
    os.close(host)
    until(lambda: not running(pid), 10, "the broker to notice that its host has gone")


def test_the_broker_keeps_no_file_with_its_key(box: Box) -> None:
    box.secure()
    box.init("start")
    opened = [os.readlink(entry) for entry in Path(f"/proc/{box.pid()}/fd").iterdir()]
    assert not [path for path in opened if "memfd" in path or "tmp" in Path(path).name]


def running(pid: int) -> bool:
    """Tell whether a process lives; one that nobody has collected does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
