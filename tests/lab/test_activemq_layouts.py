"""Upstream's archive, run by a unit of the user's own or by its script, goes to TLS and back."""

from __future__ import annotations

from pathlib import Path

from tests.lab import footprint
from tests.lab.hosts import Lab
from tests.lab.site import Site
from tests.lab.upstream import Unpacked, unpack


def test_brokers_of_upstreams_archive_go_to_tls_and_back(fresh_lab: Lab, tmp_path: Path) -> None:
    lab = fresh_lab
    hub = unpack(lab["hub"], "/opt/apache-activemq-5.17.2", "mq")
    hub.host.run(["ln", "-s", "apache-activemq-5.17.2", "/opt/activemq"])
    hub.add_unit("message-bus.service")
    hub.host.run(["systemctl", "start", "message-bus"])
    spoke = unpack(lab["spoke-a"], "/srv/messages/amq", "broker")
    spoke.host.run(["su", "-s", "/bin/sh", "-c", f"{spoke.home}/bin/activemq start", "broker"])
    brokers = (hub, spoke)
    for one in brokers:
        one.wait()
    before = {one.host.name: _stands(one) for one in brokers}
    site = Site(tmp_path, lab, ("hub", "spoke-a"))
    site.init("--name", "lab")
    plan = site.run("plan", expect=3)
    assert "ActiveMQ 5.17.2 in /opt/activemq, started by unit message-bus.service" in plan.stdout
    assert "ActiveMQ 5.17.2 in /srv/messages/amq, started by /srv/messages/" in plan.stdout
    site.run("apply", "--yes", expect=0)
    assert [len(one.pids()) for one in brokers] == [1, 1]
    assert hub.host.run(["systemctl", "is-active", "message-bus"]).stdout == "active\n"
    for one, port in ((hub, 61617), (spoke, 61617)):
        assert footprint.served(one.host, port)
    shown = hub.host.run("stat -c '%a %U:%G' /opt/activemq/conf/tls/hub.p12").stdout
    assert shown == "640 mq:mq\n"
    site.run("verify", expect=0)
    assert "nothing to do" in site.run("apply", "--yes", expect=0).stdout
    site.run("rollback", "--yes", expect=0)
    for one in brokers:
        one.wait()
    assert {one.host.name: _stands(one) for one in brokers} == before
    assert [len(one.pids()) for one in brokers] == [1, 1]


def _stands(one: Unpacked) -> footprint.Footprint:
    return footprint.content(one.host, f"{one.home}/conf")
