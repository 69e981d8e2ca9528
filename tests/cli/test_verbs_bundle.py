"""`export bundle`: one zip file for its owner alone, no secret shown, mistakes told in words."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest
import pyzipper

from tests.cli.command import PASSPHRASE, passphrase_file, tlswright
from tests.cli.test_verbs_wrong import refused
from tests.unit.by_hand_site import CLUSTER
from tests.vaults import make_cheap

ALL_BY_HAND = CLUSTER.replace("names: [r1]", "names: [r1], reach: bundle")
WORD = "Marker-of-the-zip-file"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site of hosts that nobody connects to, with a vault that opens fast."""
    (tmp_path / "site.yaml").write_text(ALL_BY_HAND)
    make_cheap(tmp_path, PASSPHRASE)
    passphrase_file(tmp_path)
    (tmp_path / "word").write_text(f"{WORD}\n")
    (tmp_path / "word").chmod(0o600)
    return tmp_path


def run(site: Path, *words: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return tlswright("--passphrase-file", site / "passphrase", *words, cwd=site, stdin=stdin)


def test_the_way_of_a_bundle_from_the_first_to_the_last_word(site: Path) -> None:
    assert run(site, "plan").returncode == 0
    made = run(site, "export", "bundle", "r2")
    assert made.returncode == 0, made.stderr
    path, digest = made.stdout.splitlines()
    assert path == "r2-bundle.zip"
    done = subprocess.run(["sha256sum", path], cwd=site, capture_output=True, text=True, check=True)
    assert digest == f"SHA-256 {done.stdout.split()[0]}"
    assert stat.S_IMODE((site / path).stat().st_mode) == 0o600
    assert "--delivered" in made.stderr
    assert "not encrypted" in made.stderr
    assert "its bundle waits" in run(site, "plan").stdout
    assert "bundle not delivered yet" in run(site, "status").stdout
    again = run(site, "export", "bundle", "r2", "--out", "again.zip")
    assert "the same key" in again.stderr
    assert (site / "again.zip").read_bytes() == (site / path).read_bytes()
    new = run(site, "export", "bundle", "r2", "--new", "--out", "new.zip", "--json")
    data = json.loads(new.stdout)
    assert (data["host"], data["new"], data["encrypted"]) == ("r2", True, False)
    assert data["folders"] == ["r2-rabbitmq"]
    assert run(site, "export", "bundle", "r2", "--delivered").returncode == 0
    assert "delivered by bundle" in run(site, "status").stdout
    over = run(site, "export", "bundle", "r2", "--delivered", "--json")
    assert json.loads(over.stdout) == {"host": "r2", "changed": False}
    refused(run(site, "export", "bundle", "r2", "--out", "last.zip"), "kept nowhere else", "--new")
    assert not (site / "last.zip").exists()


def test_hosts_out_of_reach_are_never_connected_to(site: Path) -> None:
    done = run(site, "apply", "--yes")
    assert done.returncode == 0, done.stderr
    assert "nothing to do" in done.stdout
    (site / "site.yaml").write_text(
        CLUSTER.replace("address: 198.18.7.11", "address: 127.0.0.1, port: 9")
    )
    alone = run(site, "plan")
    assert alone.returncode == 5
    assert "r1" in alone.stderr
    assert "r2" not in alone.stderr


@pytest.mark.parametrize("how", ["file", "descriptor"])
def test_an_encrypted_bundle_opens_with_the_password_and_shows_it_nowhere(
    site: Path, how: str
) -> None:
    words = ["export", "bundle", "r2", "--encrypt", "--zip-password-file"]
    if how == "file":
        made = run(site, *words, "word")
    else:
        made = run(site, *words, "/dev/stdin", stdin=f"{WORD}\n")
    assert made.returncode == 0, made.stderr
    assert "7-Zip" in made.stderr
    data = (site / "r2-bundle.zip").read_bytes()
    with pyzipper.AESZipFile(io.BytesIO(data)) as archive:
        archive.setpassword(WORD.encode())
        key = archive.read("r2-rabbitmq/files/etc/rabbitmq/tls/node.key").decode()
    body = key.splitlines()[1]
    for path in site.rglob("*"):
        if path.is_file() and path.name != "word":
            assert WORD.encode() not in path.read_bytes(), path
            assert body.encode() not in path.read_bytes(), path
    for text in (made.stdout, made.stderr, str(made.args)):
        assert WORD not in text
        assert body not in text


def test_without_encryption_the_key_is_in_the_zip_file_alone(site: Path) -> None:
    made = run(site, "export", "bundle", "r2")
    with zipfile.ZipFile(site / "r2-bundle.zip") as archive:
        key = archive.read("r2-rabbitmq/files/etc/rabbitmq/tls/node.key").decode()
    body = key.splitlines()[1]
    assert body not in made.stdout + made.stderr
    holding = [p.name for p in site.rglob("*") if p.is_file() and body.encode() in p.read_bytes()]
    assert holding == ["r2-bundle.zip"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("bundle", "r22"), "r2"),
        (("bundle", "r2", "--encrypt"), "--zip-password-file"),
        (("bundle", "r2", "--zip-password-file", "nowhere"), "--zip-password-file"),
        (("bundle", "r2", "--zip-password-file", "short"), "12 are the least"),
        (("bundle", "r2", "--delivered"), "no bundle was made"),
        (("bundle", "r2", "--delivered", "--new"), "no other flag"),
        (("bundle", "r2", "--delivered", "--out", "x"), "no other flag"),
        (("bundle", "r2", "--out", "passphrase"), "exists already"),
        (("bundle", "r2", "--out", "no/such/folder/x.zip"), "cannot be written"),
        (("client", "c", "--new"), "--new is for bundles"),
        (("client", "c", "--encrypt"), "--encrypt is for bundles"),
        (("bundles", "r2"), "bundle"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_mistake_is_told_and_leaves_no_file(
    site: Path, words: tuple[str, ...], said: str
) -> None:
    (site / "short").write_text("elevenchars\n")
    (site / "short").chmod(0o600)
    before = {p.name for p in site.iterdir()} | {".tlswright", "vault.lock"}
    refused(run(site, "export", *words), said)
    assert {p.name for p in site.iterdir()} <= before


def test_a_host_over_ssh_needs_no_bundle(site: Path) -> None:
    (site / "site.yaml").write_text(CLUSTER)
    refused(run(site, "export", "bundle", "r1"), "tlswright apply", "reach: bundle")


def test_others_may_not_read_the_password_file(site: Path) -> None:
    os.chmod(site / "word", 0o644)
    done = run(site, "export", "bundle", "r2", "--zip-password-file", "word")
    refused(done, "--zip-password-file", "chmod 600")


def test_a_rotation_names_the_command_for_hosts_out_of_reach(site: Path) -> None:
    run(site, "export", "bundle", "r2")
    done = run(site, "rotate", "--host", "r2", "--yes")
    assert done.returncode == 0, done.stderr
    assert "r2  | nothing is done here" in done.stderr
    assert "`tlswright export bundle r2 --new`" in done.stderr
