"""A RabbitMQ cluster that loses power, waits for a slow node, or has one that cannot start."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.lab import rabbitmq
from tests.lab.cluster import DROPIN, Cluster
from tests.lab.hosts import Lab


@pytest.fixture
def cluster(fresh_lab: Lab, tmp_path: Path) -> Cluster:
    return Cluster(tmp_path, fresh_lab)


def test_power_lost_between_stop_and_start_of_the_whole_cluster(cluster: Cluster) -> None:
    count, site = len(cluster.site.runs), cluster.site
    with site.running("apply", "--yes") as child:
        pid = site.wait_for(lambda e: e.kind == "run-started", count, "the run").data["pid"]
        site.wait_for(lambda e: e.state == "switching", count, "the switch")
        for host in cluster.hosts:
            host.power_off()
        os.kill(pid, signal.SIGKILL)
    assert child.returncode == 13, site.said[-1]
    for host in cluster.hosts:
        host.power_on()
    for host in cluster.hosts:
        host.ready()
    cluster.becomes_tls()


def test_a_node_that_takes_its_time_and_one_without_epmd(cluster: Cluster) -> None:
    slow, other = cluster.hosts[0], cluster.hosts[1]
    slow.run(
        f"mkdir -p {DROPIN}; printf '[Service]\\nExecStartPre=/bin/sleep 40\\n' "
        f">{DROPIN}/x.conf; systemctl daemon-reload"
    )
    other.run("systemctl stop epmd.socket epmd.service")
    cluster.becomes_tls()


def test_one_node_that_cannot_start_takes_all_back(cluster: Cluster) -> None:
    broken = cluster.hosts[1]
    broken.run("systemctl stop rabbitmq-server")
    broken.run("chmod 000 /var/lib/rabbitmq/mnesia")
    done = cluster.site.run("apply", "--yes")
    assert done.returncode in (4, 13), done.stdout + done.stderr
    assert "spoke-a" in done.stdout
    assert cluster.content() == cluster.stock
    broken.run("chmod 750 /var/lib/rabbitmq/mnesia")
    rabbitmq.restart(broken)
    cluster.is_plain_again()
    cluster.becomes_tls()
