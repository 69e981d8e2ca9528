"""A plain RabbitMQ cluster goes to TLS as a whole and comes back; then it goes there to stay.

On TLS it changes its CA without a restart, and rolls, under traffic without a loss.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from app.pki.pem import read_bundle
from tests.lab import footprint, rabbitmq
from tests.lab.cluster import ETC, Cluster
from tests.lab.host import LabHost
from tests.lab.hosts import NAMES
from tests.lab.site import Site
from tests.lab.waves import proven_links

NODES = NAMES
TLS = f"{ETC}/tls"


def test_a_plain_cluster_becomes_tls_and_goes_back(cluster: Cluster) -> None:
    hosts, site = cluster.hosts, cluster.site
    assert rabbitmq.all_over("tcp", hosts)
    plan = site.run("plan", "-o", str(site.directory / "plan.json"), expect=3)
    assert "\n  1.1" in plan.stdout
    assert "\n  1.2" not in plan.stdout
    site.run("apply", str(site.directory / "plan.json"), "--yes", expect=0)
    _is_tls(hosts)
    assert rabbitmq.kept(hosts)
    _again_changes_nothing(site, hosts)
    _nothing_crosses_in_the_clear(hosts)
    site.run("rollback", "--yes", expect=0)
    cluster.is_plain_again()


def _is_tls(hosts: list[LabHost]) -> None:
    assert rabbitmq.all_over("tls", hosts)
    for host in hosts:
        words = host.run("tr '\\0' ' ' </proc/$(pgrep -o beam.smp)/cmdline").stdout
        assert "-proto_dist inet_tls" in words
        assert "assword" not in words
        assert host.run(["stat", "-c", "%U:%G %a", f"{ETC}/tls/node.key"]).stdout.strip() == (
            "root:rabbitmq 640"
        )


def _again_changes_nothing(site: Site, hosts: list[LabHost]) -> None:
    before = [(footprint.writes(host, ETC, footprint.STATE), rabbitmq.life(host)) for host in hosts]
    site.run("plan", expect=0)
    done = site.run("apply", "--yes", expect=0)
    assert "nothing to do" in done.stdout
    after = [(footprint.writes(host, ETC, footprint.STATE), rabbitmq.life(host)) for host in hosts]
    assert after == before


def _nothing_crosses_in_the_clear(hosts: list[LabHost]) -> None:
    """A message in a quorum queue reaches every member, and its text is on no cable."""
    mark = "plain-as-day " * 20
    with rabbitmq.captured(hosts[1]) as seen:
        with rabbitmq.channel(hosts[0]) as open_:
            open_.confirm_delivery()
            open_.queue_declare("marked", durable=True, arguments=rabbitmq.QUORUM)
            for _ in range(20):
                rabbitmq.publish(open_, "marked", mark)
            assert rabbitmq.messages(hosts[1], "marked") == [mark] * 20
            open_.queue_delete("marked")
        assert rabbitmq.kept([hosts[2]])
        data = seen()
    assert len(data) > 5000
    assert b"plain-as-day" not in data


def test_a_cluster_on_tls_changes_its_ca_and_rolls_under_traffic(cluster: Cluster) -> None:
    hosts, site = cluster.hosts, cluster.site
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
