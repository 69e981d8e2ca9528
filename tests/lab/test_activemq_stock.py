"""Debian's stock broker runs on lab hosts, and the lab's own proofs tell yes from no."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.lab import activemq, tls
from tests.lab.activemq import Stores
from tests.lab.host import LabHost
from tests.lab.hosts import Lab

CONFIG = "/etc/activemq/instances-available/main/activemq.xml"
PASSWORD = "not-a-secret"
STORE = "/etc/activemq/instances-available/main/test.p12"


def test_a_message_goes_through_one_stock_broker(fresh_lab: Lab) -> None:
    host = fresh_lab["hub"]
    activemq.start_all([host])
    for send, receive in (
        (activemq.java_send, activemq.receive),
        (activemq.send, activemq.java_receive),
    ):
        send(host, "queue", "two words & 'quotes'")
        assert receive(host, "queue") == "two words & 'quotes'"


def test_nothing_crosses_between_brokers_without_a_bridge(fresh_lab: Lab) -> None:
    hub, spoke = fresh_lab["hub"], fresh_lab["spoke-a"]
    activemq.start_all([hub, spoke])
    assert not activemq.crosses(hub, spoke, "no-bridge", seconds=5)


def test_a_message_crosses_a_bridge_both_ways(fresh_lab: Lab) -> None:
    hub, spoke = fresh_lab["hub"], fresh_lab["spoke-a"]
    _edit(hub, 'brokerName="localhost"', 'brokerName="hub"')
    _edit(hub, "tcp://127.0.0.1:", "tcp://0.0.0.0:")
    _edit(spoke, 'brokerName="localhost"', 'brokerName="spoke-a"')
    bridge = '<networkConnector uri="static:(tcp://hub:61616)" duplex="true"/>'
    _edit(
        spoke,
        "<transportConnectors>",
        f"<networkConnectors>{bridge}</networkConnectors><transportConnectors>",
    )
    activemq.start_all([hub, spoke])
    assert activemq.crosses(hub, spoke, "to-spoke")
    assert activemq.crosses(spoke, hub, "to-hub")


def test_a_tls_port_lets_in_only_whom_it_trusts(fresh_lab: Lab, tmp_path: Path) -> None:
    host = fresh_lab["hub"]
    own = _key(host, tmp_path, "own")
    foreign = _key(host, tmp_path, "foreign")
    _serve_tls(host, own)
    activemq.start_all([host])
    activemq.wait_for_port(host, 61617)
    address = host.address
    answer = tls.dial(address, 61617, authority=own, certificate=own)
    assert tls.GREETING in answer.greeting
    assert answer.protocol == "TLSv1.3"
    assert tls.refused(address, 61617)
    assert tls.refused(address, 61617, certificate=foreign)
    assert tls.plain_refused(address, 61617)
    stores = Stores(trust=STORE, trust_password=PASSWORD, key=STORE, key_password=PASSWORD)
    url = "ssl://127.0.0.1:61617?socket.verifyHostName=false"
    activemq.java_send(host, "over-tls", "hidden", url=url, stores=stores)
    assert activemq.receive(host, "over-tls") == "hidden"
    with pytest.raises(activemq.MessageFailed):
        activemq.java_send(host, "over-tls", "no key", url=url, stores=Stores(STORE, PASSWORD))


def _serve_tls(host: LabHost, pem: Path) -> None:
    """Make one self-signed pair the broker's key and the only thing that it trusts."""
    host.path("/root/pair.pem").write_text(pem.read_text())
    host.run("openssl x509 -in /root/pair.pem -out /root/own.crt")
    make = "openssl pkcs12 -export -in /root/pair.pem -out /root/key.p12 -name key -passout pass:x"
    host.run(make)
    host.run(
        f"keytool -importkeystore -srckeystore /root/key.p12 -srcstorepass x -destkeystore {STORE}"
        f" -deststoretype PKCS12 -deststorepass {PASSWORD} -noprompt"
        f" && keytool -importcert -file /root/own.crt -alias trusted -keystore {STORE}"
        f" -storepass {PASSWORD} -noprompt && chmod 644 {STORE}"
    )
    stores = " ".join(
        f'{name}="file:{STORE}" {name}Password="{PASSWORD}" {name}Type="PKCS12"'
        for name in ("keyStore", "trustStore")
    )
    port = '<transportConnector name="ssl" uri="ssl://0.0.0.0:61617?needClientAuth=true"/>'
    section = f"<sslContext><sslContext {stores}/></sslContext>"
    _edit(host, "<transportConnectors>", f"{section}<transportConnectors>{port}")


def _key(host: LabHost, directory: Path, name: str) -> Path:
    """Make a self-signed pair in one PEM file."""
    path = directory / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{host.address}"]
    pair = [directory / f"{name}.key", directory / f"{name}.crt"]
    command += ["-keyout", str(pair[0]), "-out", str(pair[1])]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text("".join(part.read_text() for part in pair))
    return path


def _edit(host: LabHost, old: str, new: str) -> None:
    path = host.path(CONFIG)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
