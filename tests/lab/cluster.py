"""A plain RabbitMQ cluster on lab hosts with a site over it, for tests of what goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.lab import footprint, rabbitmq
from tests.lab.hosts import Lab
from tests.lab.site import Site

ETC = "/etc/rabbitmq"
DROPIN = "/etc/systemd/system/rabbitmq-server.service.d"


class Cluster:
    """Hold a plain cluster with a site over it, and what stood there before."""

    def __init__(self, folder: Path, lab: Lab, names: Sequence[str]) -> None:
        """Start a node on each of these hosts, join them, write the site."""
        self.hosts = [lab[name] for name in names]
        rabbitmq.cluster(self.hosts)
        self.site = Site(folder, lab, names)
        self.site.init_cluster("--name", "rmq")
        self.stock = self.content()

    def content(self) -> list[footprint.Footprint]:
        return [footprint.content(host, ETC) for host in self.hosts]

    def lives(self) -> list[str]:
        return [rabbitmq.life(host) for host in self.hosts]

    def is_plain_again(self) -> None:
        """Every file as before, every node up, in one cluster, with its messages."""
        assert self.content() == self.stock
        assert rabbitmq.all_over("tcp", self.hosts)
        assert rabbitmq.kept(self.hosts)

    def becomes_tls(self) -> None:
        """The next apply asks nothing and ends proven."""
        self.site.run("apply", "--yes", expect=0)
        assert rabbitmq.all_over("tls", self.hosts)
        assert rabbitmq.kept(self.hosts)
        self.site.run("plan", expect=0)
