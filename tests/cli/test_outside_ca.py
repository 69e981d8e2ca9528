"""A site whose certificates an outside CA signs: asked for, waited for, taken in, deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.demo.place import Place
from app.pki.awaiting import waiting_names
from app.pki.secret import Secret
from app.pki.vault import Vault
from tests.cli.embedded import embedded, run
from tests.unit.outside_ca import OutsideCa

HOSTS = ("hub", "spoke-a", "spoke-b")


@dataclass
class Outside:
    """The demo's hosts, trusted below a root of openssl's, which an issuing CA signs for."""

    place: Place
    root: OutsideCa
    issuing: OutsideCa

    def __call__(self, *words: str | Path, code: int = 0) -> str:
        """Run a command that answers with this code; gives all that it wrote."""
        done = run(self.place, *words)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        return said

    def data(self, *words: str | Path, code: int = 0) -> Any:
        """Run a command and read its JSON."""
        done = run(self.place, *words, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def sign(self, *hosts: str, folder: str = "back") -> Path:
        """Let the CA sign requests; gives the folder of what it made."""
        into = self.place.site / folder
        into.mkdir(exist_ok=True)
        for host in hosts:
            csr = (self.place.site / "requests" / f"{host}.csr").read_bytes()
            (into / f"{host}.crt").write_bytes(self.issuing.sign(csr))
        (into / "issuing.pem").write_bytes(self.issuing.pem)
        return into


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("outside")
    root = OutsideCa(folder / "root")
    with embedded(folder / "demo") as place:
        site = place.site / "site.yaml"
        text = site.read_text()
        site.write_text(text.replace("trust: ca", "trust: ca\n  source: outside"))
        yield Outside(place, root, OutsideCa(folder / "issuing", "Corp Issuing", above=root))


def test_requests_go_out_certificates_come_in_and_are_rotated(outside: Outside) -> None:
    site, place = outside.place.site, outside.place
    said = outside("plan", code=3)
    assert "!! outside CA: its own certificate is not here yet: `tlswright take --anchor" in said
    for host in HOSTS:
        assert f"{host}: it needs a certificate" in said
        assert f"`tlswright csr --host {host}`" in said
    assert "certificates of 3 hosts are waited for from the outside CA" in said
    said = outside("take", "--anchor", outside.root.folder / "ca.crt")
    assert "CN=Example Corp Root" in said
    assert "anchor: " in (site / "site.yaml").read_text()

    asked = outside.data("csr")
    files = [site / "requests" / f"{host}.csr" for host in HOSTS]
    assert [one["file"] for one in asked["waiting"]] == [f"requests/{f.name}" for f in files]
    before = [file.read_bytes() for file in files]
    said = outside("csr", "--host", "hub")
    assert str(files[0]) in said
    assert [file.read_bytes() for file in files] == before
    assert {path.name for path in (site / "requests").iterdir()} == {
        "README.txt", "cfssl-profiles.json",
        *(f"{host}.{end}" for host in HOSTS for end in ("csr", "ext")),
    }  # fmt: skip
    said = outside("apply", "--yes", code=6)
    assert "nothing can be done before more certificates have come back: hub, spoke-a" in said
    assert keys_of(place) == ["hub", "spoke-a", "spoke-b"]

    # What is here goes out, where every link that there is goes on.
    taken = outside.data("take", outside.sign("spoke-a"))
    assert [(one["name"], one["taken"]) for one in taken["certificates"]] == [("spoke-a", True)]
    said = outside("plan", code=3)
    assert "spoke-a: its certificate came back, but it dials hub, which has none yet" in said
    assert "Wave" not in said
    outside("take", outside.sign("hub"))
    assert not files[0].exists()
    said = outside("apply", "--yes")
    assert "spoke-b>hub: TLS handshake and read: not checked: nothing was deployed" in said
    assert keys_of(place) == ["spoke-b"]
    rows = {row["subject"]: row for row in outside.data("status")}
    assert rows["hub"]["text"] == ""
    assert rows["spoke-b"]["text"].startswith("request waits since ")
    outside("take", outside.sign("spoke-b"))
    outside("apply", "--yes")
    assert keys_of(place) == []
    assert outside.data("plan")["waves"] == []

    # A rotation asks; the old certificates go on until the new ones are applied.
    old = {host: rows[host]["facts"]["sha256"] for host in ("hub", "spoke-a")}
    said = outside("rotate", "--all")
    assert all(str(file) in said for file in files)
    assert all(file.read_bytes() not in before for file in files)
    assert "it dials" not in outside("plan", code=3)
    said = outside("apply", "--yes")
    assert "nothing to do: certificates of 3 hosts are waited for" in said
    outside("take", outside.sign("hub"))
    assert "1 file in place" in outside("apply", "--yes")
    rows = {row["subject"]: row for row in outside.data("status", "--at", "2027-12-01", code=8)}
    assert rows["hub"]["facts"]["sha256"] != old["hub"]
    assert rows["spoke-a"]["facts"]["sha256"] == old["spoke-a"]
    assert rows["spoke-a"]["due"]
    assert rows["spoke-a"]["text"].startswith("request waits since ")


def test_a_bad_certificate_is_not_taken_and_everything_about_it_is_told(outside: Outside) -> None:
    site = outside.place.site
    outside("take", "--anchor", outside.root.folder / "ca.crt")
    outside("csr", "--host", "hub", "--new")
    bad = site / "bad"
    bad.mkdir()
    csr = (site / "requests" / "hub.csr").read_bytes()
    outside.root.copy = "none"
    outside.root.configure(leaf="extendedKeyUsage = serverAuth\n")
    (bad / "hub.pem").write_bytes(outside.root.sign(csr))
    said = outside("take", bad / "hub.pem", code=7)
    assert "XX hub: not taken" in said
    assert "it has no alternative names" in said
    assert "its extended key usage lacks clientAuth" in said
    assert "Public CAs no longer issue for clientAuth" in said
    assert keys_of(outside.place).count("hub") == 1
    assert "request waits" in outside("status")
    (bad / "hub.pem").write_bytes(csr)
    assert "a signing request, not a certificate" in outside("take", bad / "hub.pem", code=2)
    said = outside("take", outside.issuing.folder / "ca.crt", code=2)
    assert "none of these certificates belongs to a request" in said


def keys_of(place: Place) -> list[str]:
    """Name the requests whose keys the vault holds."""
    passphrase = Secret(place.passphrase.read_text().strip())
    with Vault.open(place.site / "vault", passphrase) as vault:
        return sorted(waiting_names(vault))
