"""What goes wrong on a RabbitMQ cluster ends with the old state working, or the new one proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.cluster import DROPIN, ETC, Cluster
from tests.lab.host import LabHost
from tests.lab.hosts import Lab


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


_ENV = f"{ETC}/rabbitmq-env.conf"
_MISTAKES = (
    (
        f"cp -p {_ENV} /root/kept; echo 'SERVER_ADDITIONAL_ERL_ARGS=\"-foo' >>{_ENV}",
        f"cp -p /root/kept {_ENV}",
        "rabbitmq-env.conf:",
    ),
    (
        f"mkdir -p {DROPIN}; printf '[Service]\\nEnvironment="
        f"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-foo\\n' >{DROPIN}/x.conf; systemctl daemon-reload",
        f"rm -r {DROPIN}; systemctl daemon-reload",
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


def test_a_wrong_cookie_is_refused_before_any_node_stops(cluster: Cluster) -> None:
    odd, lives = cluster.hosts[2], cluster.lives()
    cookie = "/var/lib/rabbitmq/.erlang.cookie"
    odd.run(f"cp -p {cookie} /root/cookie; chmod u+w {cookie}; printf wrongwrongwrong >{cookie}")
    done = cluster.site.run("apply", "--yes", expect=6)
    assert "spoke-b" in done.stdout + done.stderr
    assert "cookie" in done.stdout + done.stderr
    assert cluster.lives() == lives
    odd.run(f"cp -p /root/cookie {cookie}")
    cluster.is_plain_again()
