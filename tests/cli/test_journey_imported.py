"""Imported CA on embedded hosts: from a CA made here to an intermediate of a root elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from app.demo.headless import state
from app.demo.place import Place
from app.plan.phases import CA_TITLES
from tests.cli.command import passphrase_file
from tests.cli.embedded import embedded, run
from tests.unit.judges import judge, need
from tests.unit.openssl_ca import make, openssl


def data(place: Place, *words: str) -> Any:
    done = run(place, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def served(port: int, root: Path) -> str:
    """Give what openssl says of the path that a broker presents, with the root alone trusted.

    Without a client certificate the connection ends in an alert; the path was judged before that.
    """
    dialled = ("s_client", "-connect", f"127.0.0.1:{port}", "-showcerts")
    return judge(need("openssl"), *dialled, "-CAfile", str(root)).stdout


def test_an_imported_intermediate_ca_goes_the_whole_way(tmp_path: Path) -> None:
    root = make(tmp_path, "Corp Root")
    below = make(tmp_path, "Corp Brokers", by=root)
    (tmp_path / "path.pem").write_bytes(below.pem + root.pem)
    password = passphrase_file(tmp_path, "the key's own password")
    locked = tmp_path / "ca.key"
    locked.touch(0o600)
    locked.write_bytes(
        openssl(tmp_path, "pkcs8", "-topk8", "-in", str(below.key), "-passout", f"file:{password}")
    )
    with embedded(tmp_path / "demo") as place:
        assert run(place, "apply", "--yes").returncode == 0
        _another_ca_made_here(place)
        taken = data(
            place, "ca", "import", str(tmp_path / "path.pem"), "--ca-key", str(locked),
            "--ca-key-password-file", str(password),
        )  # fmt: skip
        assert (taken["usable"], taken["generation"]) == (True, 3)
        shown = run(place, "plan").stdout
        assert "issuer   Demo (imported CA, generation 3)" in shown
        assert all(title in shown for title in CA_TITLES.values())
        # Nothing was changed yet: what the hosts have still holds.
        assert {f["verdict"] for f in data(place, "verify")} <= {"ok", "skip"}
        done = run(place, "apply", "--yes")
        assert done.returncode == 0, done.stderr
        before = state(place)
        again = run(place, "apply", "--yes")
        assert (again.returncode, state(place)) == (0, before)

        rows = data(place, "status")
        names = {row["role"]: row["subject"] for row in rows if row["generation"]}
        assert (names["authority"], names["intermediate"]) == ("Corp Root", "Corp Brokers")
        assert {row["generation"] for row in rows} == {"g3"}
        findings = data(place, "verify")
        issuers = [f for f in findings if f["tried"] == "right issuer and generation"]
        assert issuers
        assert all("issued by CN=Corp Brokers" in f["evidence"] for f in issuers)
        assert {f["verdict"] for f in findings} <= {"ok", "skip"}
        serials = [served(host.tls, root.certificate) for host in place.hosts()]
        for text in serials:
            assert "Verify return code: 0 (ok)" in text
            assert text.count("BEGIN CERTIFICATE") == 2

        assert run(place, "rotate", "--all", "--yes").returncode == 0
        assert data(place, "verify")
        now = [served(host.tls, root.certificate) for host in place.hosts()]
        leaf = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END", re.DOTALL)
        for old, new in zip(serials, now, strict=True):
            first = [found[0] for text in (old, new) if (found := leaf.search(text))]
            assert first[0] != first[1]


def _waits_for_its_clients(place: Place) -> None:
    """Behind the first wave: brokers present what clients know, until each client knows more."""
    for verb in (("apply", "--yes"), ("rotate", "ca", "--yes")):
        again = run(place, *verb)
        assert (again.returncode, "these have what they need" in again.stdout) == (6, True)
    said = run(place, "plan").stdout
    assert "export client app --delivered" in said
    assert "export client 'old one'" in said
    told = {row["subject"]: row["text"] for row in data(place, "status")}
    assert told["Demo CA g2"].startswith("wave 2 of 3 comes next (Present certificates of the new")
    assert told["Demo CA g2"].endswith("once these have theirs: client app, client old one")
    assert told["Demo CA g1"] == "goes with wave 3 of 3"
    assert run(place, "export", "client", "app", "--out", "both").returncode == 0
    assert (place.dir / "both/ca.pem").read_bytes().count(b"BEGIN CERTIFICATE") == 2
    assert run(place, "export", "client", "app", "--delivered", "--new").returncode == 2
    assert run(place, "export", "client", "nobody", "--forget").returncode == 2
    assert run(place, "export", "client", "app", "--delivered").returncode == 0
    back = run(place, "rollback", "--yes")
    assert (back.returncode, "would refuse client app" in back.stdout) == (10, True)
    assert "client app," not in data(place, "status")[0]["text"]
    assert run(place, "export", "client", "old one", "--forget").returncode == 0
    shown = run(place, "plan").stdout
    assert "Wave 1 of 2: Present certificates of the new CA" in shown
    done = run(place, "apply", "--yes")
    assert done.returncode == 0, done.stderr
    assert "done: every change is in place" in done.stdout


def _another_ca_made_here(place: Place) -> None:
    """From g1 to g2, both made here; without a terminal and --yes nothing comes of it."""
    text = (place.site / "site.yaml").read_text()
    assert run(place, "rotate", "ca").returncode == 2
    assert (place.site / "site.yaml").read_text() == text
    assert run(place, "export", "client", "app").returncode == 0
    assert run(place, "export", "client", "old one").returncode == 0
    assert run(place, "rotate", "ca", "--yes").returncode == 0
    back = run(place, "rollback", "--yes")
    assert (back.returncode, "asks for generation 1 of the CA" in back.stdout) == (0, True)
    assert (place.site / "site.yaml").read_text() == text
    assert run(place, "plan").returncode == 0
    done = run(place, "rotate", "ca", "--yes")
    assert done.returncode == 0, done.stderr
    assert (
        "the change of the CA goes on when these have what they need: app, old one" in done.stdout
    )
    assert "generation: 2" in (place.site / "site.yaml").read_text()
    _waits_for_its_clients(place)
    assert run(place, "export", "client", "app", "--forget").returncode == 0
    roots = [row for row in data(place, "status") if row["role"] == "authority"]
    assert [(row["subject"], row["generation"]) for row in roots] == [("Demo CA g2", "g2")]
