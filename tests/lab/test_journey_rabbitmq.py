"""A plain RabbitMQ cluster goes to TLS as a whole and comes back, without a screen."""

from __future__ import annotations

from pathlib import Path

from tests.lab import footprint, rabbitmq
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import Site

ETC = "/etc/rabbitmq"


def test_a_plain_cluster_becomes_tls_and_goes_back(fresh_lab: Lab, tmp_path: Path) -> None:
    hosts = list(fresh_lab.hosts.values())
    rabbitmq.cluster(hosts)
    stock = _content(hosts)
    assert rabbitmq.all_over("tcp", hosts)
    site = Site(tmp_path, fresh_lab)
    site.init_cluster("--name", "rmq")
    plan = site.run("plan", "-o", str(site.directory / "plan.json"), expect=3)
    assert "\n  1.1" in plan.stdout
    assert "\n  1.2" not in plan.stdout
    site.run("apply", str(site.directory / "plan.json"), "--yes", expect=0)
    _is_tls(hosts)
    assert rabbitmq.kept(hosts)
    _again_changes_nothing(site, hosts)
    _nothing_crosses_in_the_clear(hosts)
    site.run("rollback", "--yes", expect=0)
    assert _content(hosts) == stock
    assert rabbitmq.all_over("tcp", hosts)
    assert rabbitmq.kept(hosts)


def _is_tls(hosts: list[LabHost]) -> None:
    assert rabbitmq.all_over("tls", hosts)
    for host in hosts:
        words = host.run("tr '\\0' ' ' </proc/$(pgrep -o beam.smp)/cmdline").stdout
        assert "-proto_dist inet_tls" in words
        assert "assword" not in words
        assert host.run(["stat", "-c", "%U:%G %a", f"{ETC}/tls/node.key"]).stdout.strip() == (
            "root:rabbitmq 640"
        )


def _again_changes_nothing(site: Site, hosts: list[LabHost]) -> None:
    before = [(footprint.writes(host, ETC, footprint.STATE), rabbitmq.life(host)) for host in hosts]
    site.run("plan", expect=0)
    done = site.run("apply", "--yes", expect=0)
    assert "nothing to do" in done.stdout
    after = [(footprint.writes(host, ETC, footprint.STATE), rabbitmq.life(host)) for host in hosts]
    assert after == before


def _nothing_crosses_in_the_clear(hosts: list[LabHost]) -> None:
    """A message in a quorum queue reaches every member, and its text is on no cable."""
    mark = "plain-as-day " * 20
    with rabbitmq.captured(hosts[1]) as seen:
        with rabbitmq.channel(hosts[0]) as open_:
            open_.confirm_delivery()
            open_.queue_declare("marked", durable=True, arguments=rabbitmq.QUORUM)
            for _ in range(20):
                rabbitmq.publish(open_, "marked", mark)
            assert rabbitmq.messages(hosts[1], "marked") == [mark] * 20
            open_.queue_delete("marked")
        assert rabbitmq.kept([hosts[2]])
        data = seen()
    assert len(data) > 5000
    assert b"plain-as-day" not in data


def _content(hosts: list[LabHost]) -> list[footprint.Footprint]:
    return [footprint.content(host, ETC) for host in hosts]
