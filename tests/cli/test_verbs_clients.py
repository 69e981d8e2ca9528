"""Two hubs, and ports for clients, on embedded hosts: refused, deployed, proven, found broken."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from app.demo.place import Place, free_ports
from tests.cli.embedded import embedded, run

CONFIG = "etc/activemq/instances-available/main/activemq.xml"
INIT = "etc/init.d/activemq"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give hosts whose site has two hubs, a spoke of the second, and ports for clients."""
    with embedded(tmp_path_factory.mktemp("hubs")) as made:
        file = made.site / "site.yaml"
        text = file.read_text()
        ports = free_ports(4, Random())
        rows = [
            f"{p}_port: {n}" for p, n in zip(("openwire", "stomp", "mqtt"), ports, strict=False)
        ]
        rows += ["stomp_verify: false", f"amqp_port: {ports[3]}", 'versions: "1.3"']
        own = "".join(f"        {row}\n" for row in rows)
        text = text.replace('hub: ["hub"]', 'hub: ["hub", "spoke-a"]')
        text = text.replace('spoke: ["spoke-a", "spoke-b"]', 'spoke: ["spoke-b"]')
        text = text.replace("      hub:\n        port", f"      hub:\n{own}        port")
        file.write_text(text.replace("      spoke-b:\n", "      spoke-b:\n        hubs: spoke-a\n"))
        yield made


def findings(place: Place, code: int) -> dict[tuple[str, str], str]:
    """Verify; gives the verdicts by subject and what was tried."""
    done = run(place, "verify", "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return {(f["subject"], f["tried"]): f["verdict"] for f in json.loads(done.stdout)}


def test_a_protocol_without_a_library_is_refused_before_anything_changes(place: Place) -> None:
    done = run(place, "plan")
    assert done.returncode == 6, done.stdout + done.stderr
    assert "lacks activemq-amqp and proton-j" in done.stdout + done.stderr
    for name in ("activemq-amqp", "proton-j"):
        (place.root("hub") / f"usr/share/activemq/lib/{name}.jar").touch()


def test_hubs_are_linked_and_each_port_for_clients_is_proven(place: Place) -> None:
    done = run(place, "apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    seen = findings(place, 0)
    links = {subject for subject, _ in seen if ">" in subject}
    assert links == {"spoke-a>hub", "spoke-b>spoke-a"}
    ports: dict[str, set[str]] = {subject: set() for subject, _ in seen if ":" in subject}
    for subject, tried in seen:
        ports.get(subject, set()).add(tried)
        assert subject not in ports or seen[subject, tried] == "ok", (subject, tried)
    assert {f"hub:{p}" for p in ("ssl", "stomp+ssl", "amqp+ssl", "mqtt+ssl")} == set(ports)
    spoken = {tried for row in ports.values() for tried in row if tried.startswith("speaks")}
    assert spoken == {"speaks OpenWire", "speaks STOMP", "speaks AMQP", "speaks MQTT"}
    assert "no certificate accepted" in ports["hub:stomp+ssl"]
    assert "no certificate refused" in ports["hub:mqtt+ssl"]
    assert all("TLS 1.2 refused" in row for row in ports.values())
    assert run(place, "plan").returncode == 0


def test_a_port_that_lets_clients_in_unproved_is_found(place: Place) -> None:
    """ActiveMQ forgets to ask where verifyHostName stands beside it."""
    root = place.root("hub")
    file: Path = root / CONFIG
    text = file.read_text()
    end = text.index('"', text.index("mqtt+ssl://"))
    try:
        file.write_text(f"{text[:end]}&amp;transport.verifyHostName=true{text[end:]}")
        restart(place)
        seen = findings(place, 7)
        failed = {key for key, verdict in seen.items() if verdict == "fail"}
        assert failed == {
            ("hub:mqtt+ssl", "no certificate refused"), ("hub:mqtt+ssl", "foreign CA refused"),
        }  # fmt: skip
    finally:
        file.write_text(text)
        restart(place)


def restart(place: Place) -> None:
    for verb in ("stop", "start"):
        subprocess.run([place.root("hub") / INIT, verb], check=True, timeout=60,
                       capture_output=True, env={"PATH": "/usr/bin:/bin"}, cwd="/")  # fmt: skip
