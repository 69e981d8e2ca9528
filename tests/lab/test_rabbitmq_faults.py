"""What goes wrong on a RabbitMQ cluster ends with the old state working, or the new one proven."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.lab import footprint, rabbitmq
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site

ETC = "/etc/rabbitmq"


class Cluster:
    """Hold a plain cluster with a site over it, and what stood there before."""

    def __init__(self, folder: Path, lab: Lab) -> None:
        """Start the nodes, join them, write the site."""
        self.hosts = list(lab.hosts.values())
        rabbitmq.cluster(self.hosts)
        self.site = Site(folder, lab)
        self.site.init_cluster("--name", "rmq")
        self.stock = self.content()

    def content(self) -> list[footprint.Footprint]:
        return [footprint.content(host, ETC) for host in self.hosts]

    def lives(self) -> list[str]:
        return [rabbitmq.life(host) for host in self.hosts]

    def is_plain_again(self) -> None:
        """Every file as before, every node up, in one cluster, with its messages."""
        assert self.content() == self.stock
        assert [rabbitmq.transports(host) for host in self.hosts] == [{"tcp"}] * 3
        assert rabbitmq.kept(self.hosts)

    def becomes_tls(self) -> None:
        """The next apply asks nothing and ends proven."""
        self.site.run("apply", "--yes", expect=0)
        assert [rabbitmq.transports(host) for host in self.hosts] == [{"tls"}] * 3
        assert rabbitmq.kept(self.hosts)
        self.site.run("plan", expect=0)


@pytest.fixture
def cluster(fresh_lab: Lab, tmp_path: Path) -> Cluster:
    return Cluster(tmp_path, fresh_lab)


def test_what_is_wrong_is_refused_before_any_node_stops(cluster: Cluster) -> None:
    before = cluster.lives()
    last = cluster.hosts[2]
    for make, mend, said in _MISTAKES:
        last.run(make)
        refused = cluster.site.run("apply", "--yes", expect=6)
        assert said in refused.stderr + refused.stdout
        assert "spoke-b" in refused.stderr + refused.stdout
        last.run(mend)
    assert cluster.lives() == before
    assert cluster.content() == cluster.stock


_DROPIN = "/etc/systemd/system/rabbitmq-server.service.d"
_ENV = f"{ETC}/rabbitmq-env.conf"
_MISTAKES = (
    (
        f"cp -p {_ENV} /root/kept; echo 'SERVER_ADDITIONAL_ERL_ARGS=\"-foo' >>{_ENV}",
        f"cp -p /root/kept {_ENV}",
        "rabbitmq-env.conf:",
    ),
    (
        f"mkdir -p {_DROPIN}; printf '[Service]\\nEnvironment="
        f"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-foo\\n' >{_DROPIN}/x.conf; systemctl daemon-reload",
        f"rm -r {_DROPIN}; systemctl daemon-reload",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS, which overrides",
    ),
    (
        "mv /usr/lib/erlang/lib/ssl-* /root/",
        "mv /root/ssl-* /usr/lib/erlang/lib/",
        "ssl application is missing",
    ),
)


def test_a_node_that_is_killed_while_it_starts_takes_all_back(cluster: Cluster) -> None:
    """systemd would try again; the group must not wait for that."""
    victim = cluster.hosts[1]
    count = len(cluster.site.runs)
    with cluster.site.running("apply", "--yes") as child:
        cluster.site.wait_for(lambda e: e.state == "starting", count, "the start")
        _kill_when_it_runs(victim)
    assert child.returncode == 4, cluster.site.said[-1]
    cluster.is_plain_again()
    cluster.becomes_tls()


def _kill_when_it_runs(host: LabHost) -> None:
    host.run(
        'until pid=$(systemctl show -p MainPID --value rabbitmq-server) && [ "$pid" != 0 ] && '
        'kill -KILL "$pid"; do sleep 0.1; done'
    )


def test_a_wrong_cookie_is_named_and_all_is_taken_back(cluster: Cluster) -> None:
    odd = cluster.hosts[2]
    cookie = "/var/lib/rabbitmq/.erlang.cookie"
    odd.run(f"cp -p {cookie} /root/cookie; chmod u+w {cookie}; printf wrongwrongwrong >{cookie}")
    done = cluster.site.run("apply", "--yes", expect=4)
    assert "cookie" in (done.stdout + done.stderr).lower()
    odd.run(f"cp -p /root/cookie {cookie}")
    rabbitmq.restart(odd)
    cluster.is_plain_again()


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
        f"mkdir -p {_DROPIN}; printf '[Service]\\nExecStartPre=/bin/sleep 40\\n' "
        f">{_DROPIN}/x.conf; systemctl daemon-reload"
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
