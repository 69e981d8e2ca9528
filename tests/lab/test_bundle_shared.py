"""A host reached by hand ends like the others: one pair for all, and no plain listener."""

from __future__ import annotations

from pathlib import Path

from tests.lab import footprint, pages, rabbitmq
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site

FIRST, SECOND = "/root/first/hub-rabbitmq", "/root/second/hub-rabbitmq"
FLAGS = ("certificate=shared", "listener_port=5671", "plain=close")


def test_a_node_out_of_reach_shares_the_pair_and_closes_its_plain_listener(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    hub, spoke = hosts = [fresh_lab["hub"], fresh_lab["spoke-a"]]
    rabbitmq.cluster(hosts, rabbitmq.PAIR)
    site = Site(tmp_path, fresh_lab, ("hub", "spoke-a"))
    site.init_cluster("--name", "rmq", *(word for flag in FLAGS for word in ("--set", flag)))
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
