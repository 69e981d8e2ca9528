"""The search for secrets finds what was planted, in every place and form, and nothing else."""

from __future__ import annotations

import base64
from pathlib import Path

from app.pki import keeping
from app.pki.keys import private_der
from app.pki.secret import Secret
from app.pki.vault import Vault
from tests.lab.hosts import Lab
from tests.lab.secrets import leaks
from tests.lab.site import MADE, PASSPHRASE, Site

ETC = "/etc/activemq"


def test_a_planted_secret_is_found_wherever_it_stands(fresh_lab: Lab, tmp_path: Path) -> None:
    host, other = fresh_lab["hub"], fresh_lab["spoke-a"]
    site = Site(tmp_path, fresh_lab, ("hub", "spoke-a"))
    site.init()
    with Vault.open(site.directory / "vault", Secret(PASSPHRASE), write=True) as vault:
        word = keeping.password_for(vault, "hub", "activemq/key").reveal()
        root = keeping.load_authority(vault, "site", 1)
        vault.save()
    assert root.key is not None
    key = private_der(root.key)
    assert leaks(site) == []

    host.run(f"install -m 600 /dev/stdin {ETC}/own", input=word)
    assert leaks(site) == []

    planted = {
        f"password/hub/activemq%2Fkey on hub in {ETC}/shown (0644)": (host, f"{ETC}/shown", word),
        f"password/hub/activemq%2Fkey on spoke-a in {ETC}/a (0600)": (other, f"{ETC}/a", word),
        "passphrase on hub in /root/.bash_history (0600)":
            (host, "/root/.bash_history", f"export P='{PASSPHRASE}'"),
        "passphrase on hub in /dev/shm/x (0600)": (host, "/dev/shm/x", PASSPHRASE.encode().hex()),
        "authority/site/g1 on hub in /etc/activemq/ca (0600)":
            (host, f"{ETC}/ca", base64.encodebytes(key).decode().replace("\n", "")),
        "a private key on spoke-a in /tmp/key (0600)":
            (other, "/tmp/key", "-----BEGIN PRIVATE KEY-----\n"),
    }  # fmt: skip
    for name, (where, path, text) in planted.items():
        mode = name.rpartition("(")[2].rstrip(")")
        where.run(["install", "-m", mode, "/dev/stdin", path], input=text)
    (site.directory / "notes.txt").write_text(PASSPHRASE)
    host.run("logger -t tlswright -- " + word)
    found = [x for x in leaks(site, [f"| {PASSPHRASE} |"]) if "/var/log/journal/" not in x]
    journal = "password/hub/activemq%2Fkey in the journal of hub"
    beside = f"passphrase in {site.directory}/notes.txt"
    assert sorted(found) == sorted([*planted, journal, beside, "passphrase was shown"])
    MADE.clear()
