"""Long node names under one wildcard, and clients that move to TLS, on real nodes."""

from __future__ import annotations

from pathlib import Path

from tests.lab import rabbitmq
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site


def test_long_names_share_a_wildcard_and_clients_move_to_tls(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    hosts = [fresh_lab["hub"], fresh_lab["spoke-a"]]
    rabbitmq.cluster(hosts, rabbitmq.PAIR, long_names=True)
    site = Site(tmp_path, fresh_lab, ("hub", "spoke-a"))
    flags = ("--set", "certificate=wildcard", "--set", "listener_port=5671")
    site.init_cluster("--name", "rmq", *flags, dotted=True)
    site.run("apply", "--yes", expect=0)
    assert rabbitmq.all_over("tls", hosts)
    names = _leaf(hosts[0], "-ext", "subjectAltName")
    assert "DNS:*.lab.test" in names
    assert "hub" not in names
    assert len({_leaf(host, "-serial") for host in hosts}) == 1
    assert rabbitmq.kept(hosts, rabbitmq.PAIR)
    _clients_move_to_tls(site, hosts, tmp_path / "given")


def _clients_move_to_tls(site: Site, hosts: list[LabHost], given: Path) -> None:
    site.run("export", "client", "probe", "--out", str(given), expect=0)
    for host in hosts:
        assert rabbitmq.greets_over_tls(host, given, certificate=True)
        assert not rabbitmq.greets_over_tls(host, given, certificate=False)
    site.edit("listener_port: 5671", "listener_port: 5671\n      plain: close")
    site.run("apply", "--yes", expect=0)
    site.run("plan", expect=0)
    for host in hosts:
        assert rabbitmq.greets_over_tls(host, given, certificate=True)
        assert not host.run(["ss", "-Hlnt", "sport = :5672"]).stdout.strip()


def _leaf(host: LabHost, *words: str, name: str = "node.pem") -> str:
    command = ["openssl", "x509", "-in", f"/etc/rabbitmq/tls/{name}", "-noout", *words]
    return host.run(command).stdout.strip()
