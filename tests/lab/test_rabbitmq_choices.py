"""Each choice of a RabbitMQ cluster, live, and a node that a person brings its bundle to.

It ends like the others, also where one pair is for all, and no plain listener may stay.  Each test
starts from the plain cluster that the one before it has come back to.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from tests.lab import footprint, pages, rabbitmq, secrets
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site, imported_ca

ETC = "/etc/rabbitmq"
FIRST, SECOND = "/root/first/hub-rabbitmq", "/root/second/hub-rabbitmq"
SHARED = ("certificate=shared", "listener_port=5671", "plain=close")
NODES = ("hub", "spoke-a")


@pytest.fixture(scope="module")
def stock() -> list[footprint.Footprint]:
    """What stood on the hosts when their plain cluster was formed; empty before that."""
    return []


@pytest.fixture
def hosts(lab: Lab, stock: list[footprint.Footprint]) -> list[LabHost]:
    """A plain cluster on two hosts that never heard of tlswright.

    It is the one of the test before, where that has left it as it was.
    """
    found = [lab[name] for name in NODES]
    if not stock or [footprint.content(host, ETC) for host in found] != stock:
        lab.clean()
        rabbitmq.cluster(found, rabbitmq.PAIR)
        stock[:] = [footprint.content(host, ETC) for host in found]
    for host in found:
        host.run(["rm", "-rf", footprint.STATE, *(f"/{path}" for path in secrets.BROUGHT)])
    return found


def test_flags_then_a_shared_locked_pair_and_one_for_dialling(
    lab: Lab, hosts: list[LabHost], tmp_path: Path
) -> None:
    stock = [footprint.content(host, ETC) for host in hosts]
    site = Site(tmp_path, lab, NODES)
    site.init_cluster("--name", "rmq", "--set", "strategy=flags", *imported_ca(tmp_path))
    site.run("apply", "--yes", expect=0)
    assert rabbitmq.all_over("tls", hosts)
    assert not hosts[0].path(f"{ETC}/inter_node_tls.config").exists()
    site.edit(
        "strategy: flags", "certificate: shared\n      key_password: true\n      client_pair: true"
    )
    site.run("apply", "--yes", expect=0)
    assert rabbitmq.all_over("tls", hosts)
    _one_locked_pair(hosts)
    assert rabbitmq.kept(hosts, rabbitmq.PAIR)
    password = _password(hosts[0])
    assert len(password) >= 24
    assert not [text for text in site.said if password in text]
    site.run("rollback", "--yes", expect=0)
    assert rabbitmq.all_over("tls", hosts)
    site.run("rollback", "--yes", expect=0)
    assert [footprint.content(host, ETC) for host in hosts] == stock
    assert rabbitmq.kept(hosts, rabbitmq.PAIR)


def _one_locked_pair(hosts: list[LabHost]) -> None:
    assert len({_leaf(host, "-serial") for host in hosts}) == 1
    assert len({_leaf(host, "-serial", name="client.pem") for host in hosts}) == 1
    for host in hosts:
        for name in ("node.key", "client.key"):
            assert "BEGIN ENCRYPTED" in host.path(f"{ETC}/tls/{name}").read_text()
        purposes = _leaf(host, "-ext", "extendedKeyUsage", name="client.pem")
        assert "Client Authentication" in purposes
        assert "Server Authentication" not in purposes


def _password(host: LabHost) -> str:
    text = host.path(f"{ETC}/inter_node_tls.config").read_text()
    return text.partition('{password, "')[2].partition('"')[0]


def _leaf(host: LabHost, *words: str, name: str = "node.pem") -> str:
    command = ["openssl", "x509", "-in", f"{ETC}/tls/{name}", "-noout", *words]
    return host.run(command).stdout.strip()


def test_a_node_out_of_reach_comes_to_tls_by_its_own_page(
    lab: Lab, hosts: list[LabHost], tmp_path: Path
) -> None:
    hub, _ = hosts
    stock = footprint.content(hub, ETC)
    site = Site(tmp_path, lab, NODES)
    site.init_cluster("--name", "rmq")
    site.edit("  hub:\n", "  hub:\n    reach: bundle\n")
    assert "rabbit@hub still runs" in site.run("plan", expect=6).stdout
    pages.carried(site, hub, FIRST)
    refused = hub.ssh(f"cd {FIRST} && sh install.sh", check=False)
    assert "stop it first" in refused.stderr
    assert footprint.content(hub, ETC) == stock

    said = pages.follow(site, hub, FIRST, "Install")
    assert any("rabbit@hub" in text for text in said)
    assert rabbitmq.all_over("tls", hosts)
    assert rabbitmq.kept(hosts, rabbitmq.PAIR)
    _only_certificates_are_let_in(hub, tmp_path)
    _was_written_for_the_node_alone(hub)
    verified = site.run("verify", expect=0).stdout
    rows = [row.split() for row in verified.splitlines() if row.startswith(("ok", "--", "!!"))]
    assert {"hub>spoke-a", "spoke-a>hub"} <= {row[1] for row in rows if row[0] == "ok"}
    assert "delivered by bundle" in site.run("status").stdout
    assert "--new" in site.run("export", "bundle", "hub", "--out", "no.zip", expect=2).stderr
    site.run("plan", expect=0)

    _takes_a_new_certificate_without_a_restart(site, hub)
    _goes_back(site, hosts)
    assert footprint.content(hub, ETC) == stock
    assert rabbitmq.all_over("tcp", hosts)
    assert rabbitmq.kept(hosts, rabbitmq.PAIR)


def _only_certificates_are_let_in(hub: LabHost, folder: Path) -> None:
    for name in ("ca.pem", "node.pem", "node.key"):
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(hub.path(f"{ETC}/tls/{name}").read_bytes())
    assert _lets_in(hub, folder, certificate=True)
    assert not _lets_in(hub, folder, certificate=False)


def _lets_in(hub: LabHost, folder: Path, *, certificate: bool) -> bool:
    """Tell whether the node keeps a TLS connection to its port for peers open after handshake."""
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    if certificate:
        context.load_cert_chain(folder / "node.pem", folder / "node.key")
    try:
        with (
            socket.create_connection((hub.address, rabbitmq.DIST), timeout=10) as raw,
            context.wrap_socket(raw, server_hostname="hub") as wrapped,
        ):
            wrapped.settimeout(3)
            wrapped.recv(1)
            return False
    except TimeoutError:
        return True
    except (ssl.SSLError, ConnectionError):
        return False


def _was_written_for_the_node_alone(hub: LabHost) -> None:
    modes = hub.run(
        f"stat -c '%U:%G %a %n' {ETC}/tls {ETC}/tls/* {ETC}/inter_node_tls.config"
    ).stdout
    assert modes.splitlines() == [
        f"root:rabbitmq 750 {ETC}/tls",
        *(f"root:rabbitmq 640 {ETC}/tls/{name}" for name in ("ca.pem", "node.key", "node.pem")),
        f"root:rabbitmq 640 {ETC}/inter_node_tls.config",
    ]
    assert not list(hub.path(ETC).rglob("*.new-*"))


def _takes_a_new_certificate_without_a_restart(site: Site, hub: LabHost) -> None:
    life, served = rabbitmq.life(hub), footprint.presented(hub, rabbitmq.DIST)
    pages.carried(site, hub, SECOND, "--new")
    assert "its bundle waits" in site.run("plan", expect=0).stdout
    skipped = site.run("verify", expect=0).stdout
    assert "the bundle of hub is not installed yet" in skipped
    pages.follow(site, hub, SECOND, "A new certificate later")
    assert footprint.presented(hub, rabbitmq.DIST) != served
    assert rabbitmq.life(hub) == life
    assert list(hub.path(f"{ETC}/tls").glob("node.key.before-*"))


def _goes_back(site: Site, hosts: list[LabHost]) -> None:
    hub, spoke = hosts
    hub.ssh(f"cd {SECOND} && sh install.sh undo")
    pages.follow(site, hub, FIRST, "Take it back", ["systemctl stop", "sh install.sh"])
    site.run("rollback", "--yes", expect=0)
    pages.follow(site, hub, FIRST, "Take it back", ["systemctl start"])
    assert rabbitmq.up(spoke)


def test_a_node_out_of_reach_shares_the_pair_and_closes_its_plain_listener(
    lab: Lab, hosts: list[LabHost], tmp_path: Path
) -> None:
    hub, spoke = hosts
    site = Site(tmp_path, lab, NODES)
    site.init_cluster("--name", "rmq", *(word for flag in SHARED for word in ("--set", flag)))
    site.edit("  hub:\n", "  hub:\n    reach: bundle\n")
    pages.carried(site, hub, FIRST)
    pages.follow(site, hub, FIRST, "Install")
    assert rabbitmq.all_over("tls", hosts)
    assert rabbitmq.kept(hosts, rabbitmq.PAIR)
    assert _present_one_pair(hosts)
    assert [_clients_of(host) for host in hosts] == [{"5671", "5672"}] * 2

    pages.follow(site, hub, FIRST, "Close the plain listener")
    assert [_clients_of(host) for host in hosts] == [{"5671"}] * 2
    site.run("plan", expect=0)

    lives, served = [rabbitmq.life(host) for host in hosts], footprint.presented(hub, rabbitmq.DIST)
    pages.carried(site, hub, SECOND, "--new")
    assert "a person brings a new one to" in site.run("plan", expect=3).stdout
    too_early = site.run("export", "bundle", "hub", "--delivered", expect=2)
    assert "spoke-a shares the key of hub" in too_early.stderr
    pages.follow(site, hub, SECOND, "A new certificate later")
    assert footprint.presented(spoke, rabbitmq.DIST) != served
    assert _present_one_pair(hosts)
    assert [rabbitmq.life(host) for host in hosts] == lives
    site.run("plan", expect=0)


def _clients_of(host: LabHost) -> set[str]:
    """Give the ports on which a node listens for clients."""
    lines = host.run(["ss", "-Hlnt"]).stdout.splitlines()
    return {line.split()[3].rpartition(":")[2] for line in lines} & {"5671", "5672"}


def _present_one_pair(hosts: list[LabHost]) -> bool:
    return len({footprint.presented(host, rabbitmq.DIST) for host in hosts}) == 1
