"""What is wrong on a RabbitMQ host is refused, by name, before any node stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import Faults
from tests.lab.cluster import DROPIN, ETC, Cluster
from tests.lab.hosts import Lab


@pytest.fixture
def cluster(fresh_lab: Lab, tmp_path: Path) -> Cluster:
    return Cluster(tmp_path, fresh_lab)


def test_what_is_wrong_is_refused_before_any_node_stops(cluster: Cluster, faults: Faults) -> None:
    before = cluster.lives()
    last = cluster.hosts[2]
    for make, mend, said in _MISTAKES:
        last.run(make)
        refused = cluster.site.run("apply", "--yes", expect=6)
        assert said in refused.stderr + refused.stdout
        assert "spoke-b" in refused.stderr + refused.stdout
        last.run(mend)
        faults.saw(said, "refused before any node stopped, exit 6")
    assert cluster.lives() == before
    cluster.is_plain_again()


_ENV = f"{ETC}/rabbitmq-env.conf"
_COOKIE = "/var/lib/rabbitmq/.erlang.cookie"
_MISTAKES = (
    (
        f"cp -p {_COOKIE} /root/cookie; chmod u+w {_COOKIE}; printf wrongwrongwrong >{_COOKIE}",
        f"cp -p /root/cookie {_COOKIE}",
        "refuses the Erlang cookie",
    ),
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
