"""A RabbitMQ cluster in a bad night: each time the old state works again, and in the end the new.

One cluster of two goes through all of it, test by test, since each start of it costs half a minute.
"""

from __future__ import annotations

import os
import signal

from tests.faults import Faults
from tests.lab import rabbitmq
from tests.lab.cluster import DROPIN, ETC, Cluster
from tests.lab.host import LabHost

NODES = ("hub", "spoke-a")


def test_what_is_wrong_is_refused_before_any_node_stops(cluster: Cluster, faults: Faults) -> None:
    before = cluster.lives()
    last = cluster.hosts[-1]
    for name, make, mend, said in _MISTAKES:
        last.run(make)
        refused = cluster.site.run("apply", "--yes", expect=6)
        assert said in refused.stderr + refused.stdout
        assert last.name in refused.stderr + refused.stdout
        last.run(mend)
        faults.saw(name, "refused before any node stopped, exit 6")
    assert cluster.lives() == before
    cluster.is_plain_again()


_ENV = f"{ETC}/rabbitmq-env.conf"
_COOKIE = "/var/lib/rabbitmq/.erlang.cookie"
_MISTAKES = (
    (
        "node has another Erlang cookie",
        f"cp -p {_COOKIE} /root/cookie; chmod u+w {_COOKIE}; printf wrongwrongwrong >{_COOKIE}",
        f"cp -p /root/cookie {_COOKIE}",
        "refuses the Erlang cookie",
    ),
    (
        "environment file does not parse",
        f"cp -p {_ENV} /root/kept; echo 'SERVER_ADDITIONAL_ERL_ARGS=\"-foo' >>{_ENV}",
        f"cp -p /root/kept {_ENV}",
        "rabbitmq-env.conf:",
    ),
    (
        "unit overrides the arguments",
        f"mkdir -p {DROPIN}; printf '[Service]\\nEnvironment="
        f"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-foo\\n' >{DROPIN}/x.conf; systemctl daemon-reload",
        f"rm -r {DROPIN}; systemctl daemon-reload",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS, which overrides",
    ),
    (
        "Erlang lacks its TLS",
        "mv /usr/lib/erlang/lib/ssl-* /root/",
        "mv /root/ssl-* /usr/lib/erlang/lib/",
        "ssl application is missing",
    ),
)


def test_a_cluster_survives_what_happens_while_it_changes(cluster: Cluster, faults: Faults) -> None:
    _one_is_killed_while_it_starts(cluster)
    faults.saw("node killed while it starts", "all back to plain, exit 4")
    _one_cannot_start(cluster)
    faults.saw("node cannot read its tables", "old files back, the node is named, exit 13")
    _power_is_lost_between_stop_and_start(cluster)
    _one_takes_its_time_and_one_lacks_epmd(cluster)
    cluster.becomes_tls()
    faults.saw("power lost on all nodes at the switch", "exit 13; next apply finished, TLS proven")
    faults.saw("node takes 30 s, another lacks epmd", "TLS proven")


def _one_is_killed_while_it_starts(cluster: Cluster) -> None:
    """systemd would try again; the group must not wait for that."""
    count = len(cluster.site.runs)
    with cluster.site.running("apply", "--yes") as child:
        cluster.site.wait_for(lambda e: e.state == "starting", count, "the start")
        _kill_when_it_runs(cluster.hosts[1])
    assert child.returncode == 4, cluster.site.said[-1]
    cluster.is_plain_again()


def _kill_when_it_runs(host: LabHost) -> None:
    host.run(
        'until pid=$(systemctl show -p MainPID --value rabbitmq-server) && [ "$pid" != 0 ] && '
        'kill -KILL "$pid"; do sleep 0.1; done'
    )


def _one_cannot_start(cluster: Cluster) -> None:
    """The others come back without it, and it is named."""
    broken = cluster.hosts[1]
    broken.run("systemctl stop rabbitmq-server; chmod 000 /var/lib/rabbitmq/mnesia")
    done = cluster.site.run("apply", "--yes", expect=13)
    assert "look at spoke-a" in done.stdout + done.stderr
    assert cluster.content() == cluster.stock
    broken.run("chmod 750 /var/lib/rabbitmq/mnesia")
    rabbitmq.restart(broken)
    cluster.is_plain_again()


def _power_is_lost_between_stop_and_start(cluster: Cluster) -> None:
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


def _one_takes_its_time_and_one_lacks_epmd(cluster: Cluster) -> None:
    slow, other = cluster.hosts[0], cluster.hosts[1]
    slow.run(
        f"mkdir -p {DROPIN}; printf '[Service]\\nExecStartPre=/bin/sleep 30\\n' "
        f">{DROPIN}/x.conf; systemctl daemon-reload"
    )
    other.run("systemctl stop epmd.socket epmd.service")
