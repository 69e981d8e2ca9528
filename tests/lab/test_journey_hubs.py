"""Two hubs with a spoke each become trusted; clients of one of them come in as site.yaml says."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import activemq, tls
from tests.lab.clients import foreign_key
from tests.lab.endings import guarded
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site

HOSTS = ("hub", "hub-b", "spoke-a", "spoke-b")
PAIRS = (("spoke-a", "spoke-b"), ("spoke-b", "spoke-a"))
MQTT_JAR = Path("/usr/share/java/mqtt-client.jar")
LIB = "/var/lib/activemq/main/lib"
STOMP, OPENWIRE, MQTT = 61614, 61618, 8883
CHOICES = (
    "spoke-b.hubs=hub-b", f"hub.stomp_port={STOMP}", f"hub.openwire_port={OPENWIRE}",
    "hub.openwire_verify=false", "hub.versions=1.3", f"hub.mqtt_port={MQTT}", "hub.amqp_port=5671",
    "hub-b.nio=true", f"hub-b.stomp_port={STOMP}",
)  # fmt: skip
HELLO = {
    STOMP: b"CONNECT\naccept-version:1.2\nhost:hub\n\n\0",
    OPENWIRE: b"",
    MQTT: b"\x10\x11\x00\x04MQTT\x04\x02\x00\x0a\x00\x05probe",
}
ANSWER = {STOMP: b"CONNECTED\n", OPENWIRE: tls.GREETING, MQTT: b"\x20\x02\x00\x00"}


@pytest.fixture
def hubs(lab: Lab) -> Iterator[Lab]:
    """A lab of four hosts."""
    with guarded(Lab(HOSTS)) as hosts:
        yield hosts


def test_messages_cross_two_hubs_and_clients_come_in_as_they_should(
    hubs: Lab, tmp_path: Path
) -> None:
    activemq.start_all(hubs.hosts.values())
    site = _site(tmp_path, hubs)
    mqtt = _libraries(site)
    site.run("apply", "--yes", expect=0)
    assert site.not_crossing(*PAIRS) == []
    seen = site.run("verify", expect=0).stdout
    assert all(link in seen for link in ("hub-b>hub", "spoke-a>hub", "spoke-b>hub-b"))
    assert "not checked" not in seen.replace("0 not checked", "")
    _clients_come_in_as_they_should(site, tmp_path, mqtt)
    _a_client_without_a_certificate_reaches_the_far_spoke(site, tmp_path / "given")
    site.run("plan", expect=0)


def _site(folder: Path, lab: Lab) -> Site:
    site = Site(folder, lab)
    words: list[str] = []
    for name in HOSTS:
        words += [f"--{name.partition('-')[0]}", f"{name}=root@{lab[name].address}"]
        words += ["--dials", f"{name}={name},{name}.lab.test"]
    for choice in CHOICES:
        words += ["--set", choice]
    site.run("init", *words, "--identity", str(lab.key), "--name", "lab", expect=0)
    return site


def _libraries(site: Site) -> bool:
    """Let the plan refuse what the package cannot do, and mend it; tells whether MQTT is on."""
    hub = site.lab["hub"]
    refused = site.run("plan", expect=6)
    said = refused.stdout + refused.stderr
    assert "lacks activemq-amqp and proton-j" in said
    assert "lacks mqtt-client" in said
    site.edit("        amqp_port: 5671\n", "")
    if not MQTT_JAR.exists():
        site.edit(f"        mqtt_port: {MQTT}\n", "")
        return False
    hub.run(["mkdir", "-p", LIB])
    hub.path(f"{LIB}/mqtt-client.jar").write_bytes(MQTT_JAR.read_bytes())
    return True


def _clients_come_in_as_they_should(site: Site, folder: Path, mqtt: bool) -> None:
    """Those who need a certificate need one of this site; the others need none; all speak TLS."""
    given, foreign = folder / "given", foreign_key(folder, "lab")
    site.run("export", "client", "probe", "--out", str(given), expect=0)
    own = given / "client.cert.pem"
    hub, hub_b = site.lab["hub"], site.lab["hub-b"]
    for port in (STOMP, *((MQTT,) if mqtt else ())):
        assert ANSWER[port] in _said(hub, port, given, own), port
        assert _said(hub, port, given) == b"", port
        assert _said(hub, port, given, foreign) == b"", port
    assert ANSWER[STOMP] in _said(hub_b, STOMP, given, own, name="hub-b")
    assert _said(hub_b, STOMP, given, name="hub-b") == b""
    assert ANSWER[OPENWIRE] in _said(hub, OPENWIRE, given)
    assert all(tls.plain_refused(hub.address, port) for port in (STOMP, OPENWIRE))
    assert _said(hub, OPENWIRE, given, newest=ssl.TLSVersion.TLSv1_2) == b""
    assert ANSWER[STOMP] in _said(
        hub_b, STOMP, given, own, name="hub-b", newest=ssl.TLSVersion.TLSv1_2
    )


def _said(
    host: LabHost,
    port: int,
    given: Path,
    certificate: Path | None = None,
    *,
    name: str = "hub",
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> bytes:
    """Begin as a client does, and give the answer; nothing where the broker hangs up."""
    context = ssl.create_default_context(cafile=given / "ca.pem")
    context.maximum_version = newest
    if certificate is not None:
        own = certificate.parent == given
        context.load_cert_chain(certificate, given / "client.key.pem" if own else None)
    try:
        with (
            socket.create_connection((host.address, port), timeout=tls.SECONDS) as raw,
            context.wrap_socket(raw, server_hostname=name) as wrapped,
        ):
            wrapped.sendall(HELLO[port])
            return wrapped.recv(4096)
    except (ssl.SSLError, ConnectionError):
        return b""


def _a_client_without_a_certificate_reaches_the_far_spoke(site: Site, given: Path) -> None:
    """What a JMS client gives the first hub over TLS comes out of the second one's spoke."""
    host = site.lab["spoke-a"]
    host.path("/root/trust.p12").write_bytes((given / "trust.p12").read_bytes())
    stores = activemq.Stores("/root/trust.p12", (given / "password").read_text().strip())
    activemq.java_send(host, "far", "hidden", url=f"ssl://hub:{OPENWIRE}", stores=stores)
    assert activemq.receive(site.lab["spoke-b"], "far") == "hidden"
