"""Through sudo with a password, next to a second instance, and until no plain listener is left."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.lab import activemq, footprint
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import PASSPHRASE, Site

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


def test_a_host_that_is_off_or_another_is_refused_by_name(fresh_lab: Lab, tmp_path: Path) -> None:
    lab = fresh_lab
    site = Site(tmp_path, lab)
    activemq.start_all(lab.hosts.values())
    site.init()
    before = [footprint.content(lab[name]) for name in ("hub", "spoke-a")]
    lab["spoke-b"].stop()
    off = site.run("apply", "--yes", expect=5)
    assert "spoke-b" in off.stderr
    assert "hub" not in [e.host for e in site.events() if e.kind == "failed"]
    lines = site.known_hosts.read_text().splitlines()
    keys = {line.split()[0]: line.split()[2] for line in lines if "ed25519" in line}
    address, other = lab["spoke-a"].address, keys[lab["hub"].address]
    site.known_hosts.write_text(f"{address} ssh-ed25519 {other}\n")
    site.edit("spoke: [spoke-a, spoke-b]", "spoke: [spoke-a]")
    for line in lines:
        if not line.startswith(address):
            with site.known_hosts.open("a") as file:
                file.write(f"{line}\n")
    changed = site.run("apply", "--yes", expect=6)
    assert "spoke-a" in changed.stderr
    assert "changed" in changed.stderr
    assert [footprint.content(lab[name]) for name in ("hub", "spoke-a")] == before


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
    hub, seen = site.lab["hub"], set[bytes]()
    second, ended = footprint.life(hub, "second"), threading.Event()

    def look() -> None:
        while not ended.wait(0.01):
            seen.update(_shown())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        site.run("apply", "--yes", "--sudo-password-file", word, expect=0)
    finally:
        ended.set()
        watcher.join()
    assert footprint.life(hub, "second") == second
    assert any(b"sudo" in text for text in seen)
    logs = [site.lab[name].run("journalctl --no-pager -o cat").stdout for name in site.hosts]
    assert any("COMMAND=" in log for log in logs)
    said = "\n".join([*site.said, *logs, *(text.decode("utf-8", "replace") for text in seen)])
    secrets = {WORD, PASSPHRASE, *site.passwords()}
    assert len(secrets) == 6
    assert not [secret for secret in secrets if secret in said]


def _shown() -> set[bytes]:
    """Give arguments and environment of every process."""
    found: set[bytes] = set()
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                found.add((process / name).read_bytes())
            except OSError:
                continue
    return found
