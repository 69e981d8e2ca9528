"""A plain RabbitMQ cluster goes to TLS by keys alone, through a real terminal."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.lab import rabbitmq
from tests.lab.hosts import Lab
from tests.lab.site import PASSPHRASE, Site, type_passphrase
from tests.tmux import Tmux

RUN_SECONDS = 800


def test_the_wizard_leads_a_plain_cluster_to_tls(fresh_lab: Lab, tmp_path: Path) -> None:
    hosts = [fresh_lab["hub"], fresh_lab["spoke-a"]]
    rabbitmq.cluster(hosts)
    site = Site(tmp_path, fresh_lab, ("hub", "spoke-a"))
    site.directory.mkdir()
    site.ssh_config()
    words = [sys.executable, "-P", "-m", "app.cli.main"]
    with Tmux(tmp_path / "tmux", words, site.environment, site.directory) as terminal:
        _to_the_review(terminal, site.hosts)
        screen = terminal.wait("nothing has been changed yet")
        assert "2 together" in screen
        terminal.keys("a")
        terminal.wait("Apply now")
        terminal.keys("Enter")
        terminal.wait("Enter: what next", RUN_SECONDS)
        terminal.keys("Enter")
        terminal.wait("Where things are")
        assert PASSPHRASE not in terminal.screen()
        terminal.keys("C-q")
        terminal.wait("ended with 0")
    assert rabbitmq.all_over("tls", hosts)
    assert rabbitmq.kept(hosts)
    site.run("plan", expect=0)


def _to_the_review(terminal: Tmux, hosts: tuple[str, ...]) -> None:
    terminal.wait("What do you want to secure?")
    terminal.keys("End")
    terminal.wait("> RabbitMQ cluster")
    terminal.keys("Tab")
    terminal.wait("> Site name")
    terminal.type("rmq")
    terminal.wait("--name rmq")
    terminal.keys("C-n")
    terminal.wait("Which hosts?")
    terminal.type(",".join(hosts))
    terminal.keys("Enter")
    terminal.wait("2 hosts")
    for name in hosts:
        terminal.wait(f"node: rabbit@{name}" if name == hosts[-1] else name)
    terminal.keys("C-n")
    terminal.wait("How do peers dial each host?")
    terminal.keys("C-n")
    terminal.wait("Who vouches for your hosts?")
    type_passphrase(terminal)
    terminal.wait("How should it run?")
    terminal.keys("C-n")
