"""A cluster on TLS is rotated without a restart, and rolled under traffic without a loss."""

from __future__ import annotations

from pathlib import Path

from tests.lab import footprint, rabbitmq
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site


def test_a_cluster_on_tls_rotates_and_rolls_under_traffic(fresh_lab: Lab, tmp_path: Path) -> None:
    hosts = list(fresh_lab.hosts.values())
    rabbitmq.cluster(hosts)
    site = Site(tmp_path, fresh_lab)
    site.init_cluster("--name", "rmq")
    site.run("apply", "--yes", expect=0)
    _rotates_without_a_restart(site, hosts)
    _rolls_under_traffic(site, hosts)
    assert rabbitmq.all_over("tls", hosts)
    assert rabbitmq.kept(hosts)


def _rotates_without_a_restart(site: Site, hosts: list[LabHost]) -> None:
    life = [rabbitmq.life(host) for host in hosts]
    served = [footprint.presented(host, rabbitmq.DIST) for host in hosts]
    site.run("rotate", "--all", "--yes", expect=0)
    assert [rabbitmq.life(host) for host in hosts] == life
    after = [footprint.presented(host, rabbitmq.DIST) for host in hosts]
    assert all(old != new for old, new in zip(served, after, strict=True))
    site.run("status", expect=0)


def _rolls_under_traffic(site: Site, hosts: list[LabHost]) -> None:
    life = [rabbitmq.life(host) for host in hosts]
    site.edit("    options:\n", '    options:\n      versions: "1.3"\n')
    with rabbitmq.Traffic(hosts) as traffic:
        site.run("apply", "--yes", expect=0)
    assert len(traffic.confirmed) > 100
    assert traffic.lost() == set()
    assert all(old != rabbitmq.life(host) for old, host in zip(life, hosts, strict=True))
    assert rabbitmq.behind(hosts[0]) == []
