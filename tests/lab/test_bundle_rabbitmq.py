"""A node that tlswright does not reach: a person installs its bundle by the page that is in it."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from tests.lab import footprint, pages, rabbitmq
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site

ETC = "/etc/rabbitmq"
FIRST, SECOND = "/root/first/hub-rabbitmq", "/root/second/hub-rabbitmq"


def test_a_node_out_of_reach_comes_to_tls_by_its_own_page(fresh_lab: Lab, tmp_path: Path) -> None:
    hub, _ = hosts = [fresh_lab["hub"], fresh_lab["spoke-a"]]
    rabbitmq.cluster(hosts)
    stock = footprint.content(hub, ETC)
    site = Site(tmp_path, fresh_lab, ("hub", "spoke-a"))
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
    assert rabbitmq.kept(hosts)
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
    assert rabbitmq.kept(hosts)


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
