"""Long node names under one wildcard, and clients that move to TLS, on real nodes."""

from __future__ import annotations

from pathlib import Path

from tests.lab import rabbitmq
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site


def test_long_names_share_a_wildcard(fresh_lab: Lab, tmp_path: Path) -> None:
    hosts = list(fresh_lab.hosts.values())
    rabbitmq.cluster(hosts, long_names=True)
    site = Site(tmp_path, fresh_lab)
    site.init_cluster("--name", "rmq", "--set", "certificate=wildcard", dotted=True)
    site.run("apply", "--yes", expect=0)
    _over_tls(hosts)
    names = _leaf(hosts[0], "-ext", "subjectAltName")
    assert "DNS:*.lab.test" in names
    assert "hub" not in names
    assert len({_leaf(host, "-serial") for host in hosts}) == 1
    assert rabbitmq.kept(hosts)
    _clients_move_to_tls(site, hosts, tmp_path / "given")


def _clients_move_to_tls(site: Site, hosts: list[LabHost], given: Path) -> None:
    site.edit("certificate: wildcard", "certificate: wildcard\n      listener_port: 5671")
    site.run("apply", "--yes", expect=0)
    site.run("export", "client", "probe", "--out", str(given), expect=0)
    for host in hosts:
        assert rabbitmq.greets_over_tls(host, given, certificate=True)
        assert not rabbitmq.greets_over_tls(host, given, certificate=False)
    assert rabbitmq.kept(hosts)
    site.edit("listener_port: 5671", "listener_port: 5671\n      plain: close")
    site.run("apply", "--yes", expect=0)
    site.run("plan", expect=0)
    for host in hosts:
        assert rabbitmq.greets_over_tls(host, given, certificate=True)
        assert not host.run(["ss", "-Hlnt", "sport = :5672"]).stdout.strip()


def _over_tls(hosts: list[LabHost]) -> None:
    assert [rabbitmq.transports(host) for host in hosts] == [{"tls"}] * 3
    assert all(len(rabbitmq.members(host)[1]) == 3 for host in hosts)


def _leaf(host: LabHost, *words: str, name: str = "node.pem") -> str:
    command = ["openssl", "x509", "-in", f"/etc/rabbitmq/tls/{name}", "-noout", *words]
    return host.run(command).stdout.strip()
