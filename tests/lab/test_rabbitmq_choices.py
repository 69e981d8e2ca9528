"""Each choice of a RabbitMQ cluster, live: what Erlang really takes, and what it then refuses.

An imported CA below a root signs: Erlang must be given what is between, and trust the root alone.
"""

from __future__ import annotations

from pathlib import Path

from tests.lab import footprint, rabbitmq
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site, imported_ca

ETC = "/etc/rabbitmq"


def test_flags_then_a_shared_locked_pair_and_one_for_dialling(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    hosts = [fresh_lab["hub"], fresh_lab["spoke-a"]]
    rabbitmq.cluster(hosts, rabbitmq.PAIR)
    stock = [footprint.content(host, ETC) for host in hosts]
    site = Site(tmp_path, fresh_lab, ("hub", "spoke-a"))
    site.init_cluster("--name", "rmq", "--set", "strategy=flags", *imported_ca(tmp_path))
    site.run("apply", "--yes", expect=0)
    assert rabbitmq.all_over("tls", hosts)
    assert not hosts[0].path(f"{ETC}/inter_node_tls.config").exists()
    site.edit(
        "strategy: flags", "certificate: shared\n      key_password: true\n      client_pair: true"
    )
    site.run("apply", "--yes", expect=0)
    assert rabbitmq.all_over("tls", hosts)
    _one_locked_pair(hosts)
    assert rabbitmq.kept(hosts, rabbitmq.PAIR)
    password = _password(hosts[0])
    assert len(password) >= 24
    assert not [text for text in site.said if password in text]
    site.run("rollback", "--yes", expect=0)
    assert rabbitmq.all_over("tls", hosts)
    site.run("rollback", "--yes", expect=0)
    assert [footprint.content(host, ETC) for host in hosts] == stock
    assert rabbitmq.kept(hosts, rabbitmq.PAIR)


def _one_locked_pair(hosts: list[LabHost]) -> None:
    assert len({_leaf(host, "-serial") for host in hosts}) == 1
    assert len({_leaf(host, "-serial", name="client.pem") for host in hosts}) == 1
    for host in hosts:
        for name in ("node.key", "client.key"):
            assert "BEGIN ENCRYPTED" in host.path(f"{ETC}/tls/{name}").read_text()
        purposes = _leaf(host, "-ext", "extendedKeyUsage", name="client.pem")
        assert "Client Authentication" in purposes
        assert "Server Authentication" not in purposes


def _password(host: LabHost) -> str:
    text = host.path(f"{ETC}/inter_node_tls.config").read_text()
    return text.partition('{password, "')[2].partition('"')[0]


def _leaf(host: LabHost, *words: str, name: str = "node.pem") -> str:
    command = ["openssl", "x509", "-in", f"{ETC}/tls/{name}", "-noout", *words]
    return host.run(command).stdout.strip()
