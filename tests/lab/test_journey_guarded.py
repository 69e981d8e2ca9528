"""Through sudo with a password, next to a second instance, and until no plain listener is left."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.lab import activemq, footprint
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import PASSPHRASE, Site
from tests.shown import Shown

WORD = "pass word'1$x"
AVAILABLE = "/etc/activemq/instances-available"


def test_sudo_keeps_its_password_and_only_our_instance_changes(
    fresh_lab: Lab, tmp_path: Path
) -> None:
    lab = fresh_lab
    hub = lab["hub"]
    site = Site(tmp_path, lab, ("hub", "spoke-a"))
    _second_instance(hub)
    activemq.start_all([hub, lab["spoke-a"]])
    activemq.wait_for_port(hub, 61716)
    stock = {name: footprint.content(lab[name]) for name in site.hosts}
    for name in site.hosts:
        lab[name].add_user("ann", WORD)
    site.user = "ann@"
    site.init("--privilege", "sudo", "--set", "plain=close", "--set", "hub.instance=main")
    _wrong_passwords_are_named(site)
    _apply_in_secret(site, str(site.secret("sudo", WORD)))
    sudo = ("--sudo-password-file", str(tmp_path / "sudo"))
    assert not any(activemq.listens(lab[name], 61616) for name in site.hosts)
    site.run("verify", *sudo, expect=0)
    site.run("rollback", "--yes", *sudo, expect=0)
    assert {name: footprint.content(lab[name]) for name in site.hosts} == stock
    assert all(activemq.listens(lab[name], 61616) for name in site.hosts)


def _second_instance(host: LabHost) -> None:
    host.run(f"cp -a {AVAILABLE}/main {AVAILABLE}/second")
    host.run(f"sed -i s/61616/61716/ {AVAILABLE}/second/activemq.xml")
    host.run(f"ln -s {AVAILABLE}/second /etc/activemq/instances-enabled/second")


def _wrong_passwords_are_named(site: Site) -> None:
    missing = site.run("apply", "--yes", expect=5)
    assert "sudo" in missing.stderr
    wrong = site.secret("wrong", "not this")
    refused = site.run("apply", "--yes", "--sudo-password-file", str(wrong), expect=5)
    assert "sudo refused the password" in refused.stderr


def _apply_in_secret(site: Site, word: str) -> None:
    """Look at every process of the machine, which sees those of its hosts, as long as it takes."""
    hub, shown = site.lab["hub"], Shown()
    second, ended = footprint.life(hub, "second"), threading.Event()

    def look() -> None:
        while not ended.wait(0.01):
            shown.look()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        site.run("apply", "--yes", "--sudo-password-file", word, expect=0)
    finally:
        ended.set()
        watcher.join()
    assert footprint.life(hub, "second") == second
    assert any(b"sudo" in text for text in shown.seen)
    logs = [site.lab[name].run("journalctl --no-pager -o cat").stdout for name in site.hosts]
    assert any("COMMAND=" in log for log in logs)
    said = "\n".join([*site.said, *logs, *(text.decode("utf-8", "replace") for text in shown.seen)])
    secrets = {WORD, PASSPHRASE, *site.passwords()}
    assert len(secrets) == 6
    assert not [secret for secret in secrets if secret in said]
