"""The whole way through a real terminal, by keys alone, on real brokers."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.lab import activemq
from tests.lab.hosts import Lab
from tests.lab.site import PASSPHRASE, Site, type_passphrase
from tests.tmux import Tmux

PAIRS = (("hub", "spoke-a"), ("spoke-b", "hub"), ("spoke-a", "spoke-b"))
RUN_SECONDS = 300


def test_the_wizard_leads_from_stock_brokers_to_proven_links(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    activemq.start_all(fresh_lab.hosts.values())
    site = Site(tmp_path, fresh_lab)
    site.known_hosts.unlink()
    site.directory.mkdir()
    site.ssh_config()
    with Tmux(tmp_path / "tmux", _words(), site.environment, site.directory) as terminal:
        _topology_and_hosts(terminal, site.hosts)
        _names_trust_options(terminal)
        terminal.wait("nothing has been changed yet")
        terminal.keys("a")
        terminal.wait("Apply now")
        terminal.keys("Enter")
        terminal.wait("Enter: what next", RUN_SECONDS)
        terminal.keys("Enter")
        terminal.wait("Where things are")
        assert PASSPHRASE not in terminal.screen()
        terminal.keys("C-q")
        terminal.wait("ended with 0")
    assert site.not_crossing(*PAIRS) == []
    site.run("verify", expect=0)
    site.run("plan", expect=0)
    with Tmux(tmp_path / "tmux2", _words(), site.environment, site.directory, (120, 40)) as again:
        for name in site.hosts:
            again.wait(name)


def _words() -> list[str]:
    return [sys.executable, "-P", "-m", "app.cli.main"]


def _topology_and_hosts(terminal: Tmux, hosts: tuple[str, ...]) -> None:
    terminal.wait("What do you want to secure?")
    terminal.keys("Enter")
    terminal.wait("> Site name")
    terminal.type("lab")
    terminal.wait("--name lab")
    terminal.keys("C-n")
    terminal.wait("Which hosts?")
    terminal.type(",".join(hosts))
    terminal.keys("Enter")
    terminal.wait("3 to look at")
    terminal.wait("new host key")
    terminal.keys("BTab")
    for left in reversed(range(len(hosts))):
        terminal.wait("Trust key")
        terminal.keys("t")
        terminal.wait("Trust this host key?")
        terminal.keys("Enter")
        terminal.wait(f"{left} to look at" if left else "2 spokes\n")
    terminal.keys("C-n")


def _names_trust_options(terminal: Tmux) -> None:
    terminal.wait("How do peers dial each host?")
    terminal.keys("C-n")
    terminal.wait("Who vouches for your hosts?")
    type_passphrase(terminal)
    terminal.wait("How should it run?")
    terminal.keys("C-n")
