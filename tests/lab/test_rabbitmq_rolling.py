"""A cluster on TLS changes its CA without a restart, and rolls, under traffic without a loss."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from app.pki.pem import read_bundle
from tests.lab import footprint, rabbitmq
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site
from tests.lab.waves import proven_links

TLS = "/etc/rabbitmq/tls"


def test_a_cluster_on_tls_changes_its_ca_and_rolls_under_traffic(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    hosts = list(fresh_lab.hosts.values())
    rabbitmq.cluster(hosts)
    site = Site(tmp_path, fresh_lab)
    site.init_cluster("--name", "rmq")
    site.run("apply", "--yes", expect=0)
    with rabbitmq.Traffic(hosts) as traffic:
        _changes_its_ca_without_a_restart(site, hosts)
        assert traffic.refused == 0
        _rolls(site, hosts)
    assert len(traffic.confirmed) > 100
    assert traffic.lost() == set()
    assert rabbitmq.behind(hosts[0]) == []
    assert rabbitmq.all_over("tls", hosts)
    assert rabbitmq.kept(hosts)


def _changes_its_ca_without_a_restart(site: Site, hosts: list[LabHost]) -> None:
    """Running nodes take up each wave: what they trust, what they present, what they refuse."""
    old, new = (site.directory.parent / name for name in ("old", "new"))
    site.run("export", "client", "probe", "--out", str(old), expect=0)
    site.run("export", "client", "probe", "--forget", expect=0)
    life = [rabbitmq.life(host) for host in hosts]
    served = [footprint.presented(host, rabbitmq.DIST) for host in hosts]
    assert all(_lets_in(host, old) for host in hosts)
    site.run("rotate", "ca", "--yes", expect=0)
    assert [rabbitmq.life(host) for host in hosts] == life
    after = [footprint.presented(host, rabbitmq.DIST) for host in hosts]
    assert all(was != now for was, now in zip(served, after, strict=True))
    assert proven_links(site) == {"trust": 6, "leaf": 6, "drop": 6}
    site.run("export", "client", "probe", "--out", str(new), expect=0)
    trusted = [host.path(f"{TLS}/ca.pem").read_bytes() for host in hosts]
    wanted = read_bundle((new / "ca.pem").read_bytes())
    assert [list(read_bundle(text).values()) for text in trusted] == [list(wanted.values())] * 3
    assert [(_lets_in(host, old), _lets_in(host, new)) for host in hosts] == [(False, True)] * 3
    site.run("status", expect=0)


def _lets_in(host: LabHost, given: Path) -> bool:
    """Tell whether a node takes a client's certificate; TLS 1.2 says so in the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(given / "client.cert.pem", given / "client.key.pem")
    try:
        with socket.create_connection((host.address, rabbitmq.DIST), timeout=10) as raw:
            context.wrap_socket(raw).close()
    except ssl.SSLError as error:
        return "UNKNOWN_CA" not in str(error)
    return True


def _rolls(site: Site, hosts: list[LabHost]) -> None:
    """One node after the other restarts, and what it trusts at its start is the new CA alone."""
    life = [rabbitmq.life(host) for host in hosts]
    site.edit("    options:\n", '    options:\n      versions: "1.3"\n')
    site.run("apply", "--yes", expect=0)
    assert all(old != rabbitmq.life(host) for old, host in zip(life, hosts, strict=True))
