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


def _another_ca_made_here(place: Place) -> None:
    """From g1 to g2, both made here; without a terminal and --yes nothing comes of it."""
    text = (place.site / "site.yaml").read_text()
    assert run(place, "rotate", "ca").returncode == 2
    assert (place.site / "site.yaml").read_text() == text
    done = run(place, "rotate", "ca", "--yes")
    assert done.returncode == 0, done.stderr
    assert "generation: 2" in (place.site / "site.yaml").read_text()
    roots = [row for row in data(place, "status") if row["role"] == "authority"]
    assert [(row["subject"], row["generation"]) for row in roots] == [("Demo CA g2", "g2")]
