"""A plain MySQL-MMM 2.x goes to TLS by keys alone, through a real terminal; no role moves."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.lab.farm import MONITOR, MmmSite
from tests.lab.hosts import Lab
from tests.lab.site import PASSPHRASE, type_passphrase
from tests.tmux import Tmux

RUN_SECONDS = 400


def test_the_wizard_leads_a_plain_mmm_to_tls(fresh_lab: Lab, tmp_path: Path) -> None:
    mmm = MmmSite(tmp_path, fresh_lab, two=True, controls=False, kept=True)
    site = mmm.site
    shutil.rmtree(site.directory)
    site.directory.mkdir()
    site.ssh_config()
    words = [sys.executable, "-P", "-m", "app.cli.main"]
    with Tmux(tmp_path / "tmux", words, site.environment, site.directory) as terminal:
        _to_the_review(terminal, mmm)
        screen = terminal.wait("nothing has been changed yet")
        assert "Hold everything" in screen
        assert "3 together" in screen
        terminal.keys("a")
        terminal.wait("no role moves")
        terminal.keys("Enter")
        screen = terminal.wait("Enter: what next", RUN_SECONDS)
        assert "told to act again (set_active)" in screen
        terminal.keys("Enter")
        terminal.wait("Where things are")
        assert PASSPHRASE not in terminal.screen()
        terminal.keys("C-q")
        terminal.wait("ended with 0")
    assert all(mmm.served())
    mmm.nothing_moved()
    assert mmm.farm.warnings() == []
    assert mmm.farm.control("mode").split() == ["ACTIVE"]
    site.run("plan", expect=0)


def _to_the_review(terminal: Tmux, mmm: MmmSite) -> None:
    terminal.wait("What do you want to secure?")
    terminal.keys("Down")
    terminal.wait("> MySQL-MMM monitor and agents")
    terminal.keys("Tab")
    terminal.wait("> Site name")
    terminal.type("mmm")
    terminal.wait("--name mmm")
    terminal.keys("C-n")
    terminal.wait("Which hosts?")
    terminal.type(",".join(mmm.site.hosts))
    terminal.keys("Enter")
    terminal.wait("1 monitor   2 agents")
    terminal.wait("this: db2")
    # With nothing typed Enter goes to the table, where the monitor stands first.
    terminal.keys("Enter")
    terminal.wait("Space Role")
    terminal.keys("Up")
    terminal.wait("this: db1")
    terminal.keys("Up")
    terminal.wait("mode: ACTIVE")
    terminal.keys("C-n")
    terminal.wait("3 hosts named as they are dialled")
    assert mmm.site.lab[MONITOR].address in terminal.screen()
    terminal.keys("C-n")
    terminal.wait("Any certificate of this CA can drive the cluster")
    type_passphrase(terminal)
    terminal.wait("How should it run?")
    terminal.keys("C-n")
