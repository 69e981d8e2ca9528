"""Imported CA without a screen: checked, imported at `init` or later, its key in the vault."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.engine.front import Front
from app.engine.importing import CaFiles
from app.errors import GivenError, PasswordError, PkiError, UsageError
from app.pki import keeping
from app.pki.secret import Secret
from app.pki.vault import Vault
from app.site.load import load_site
from tests.cli.command import PASSPHRASE, init, passphrase_file, tlswright
from tests.unit.openssl_ca import BELOW, Made, make, openssl

PASSWORD = "the store's own password"
FIRST = ("--name", "t", "--hub", "hub=root@127.0.0.1:9", "--spoke", "a=root@127.0.0.2:9",
         "--dials", "hub=hub.example.com", "--dials", "a=a.example.com")  # fmt: skip


@dataclass(frozen=True)
class Corp:
    """Hold a CA under a root as a PKCS12 store and as PEM files, and one for other names."""

    folder: Path
    root: Made
    below: Made
    store: Path
    password: Path
    path: Path
    elsewhere: Path


@pytest.fixture(scope="module")
def corp(tmp_path_factory: pytest.TempPathFactory) -> Corp:
    folder = tmp_path_factory.mktemp("corp")
    root = make(folder, "Corp Root")
    below = make(folder, "Corp Brokers", by=root)
    path, store = folder / "path.pem", folder / "ca.p12"
    path.write_bytes(root.pem + below.pem)
    password = passphrase_file(folder, PASSWORD)
    openssl(folder, "pkcs12", "-export", "-in", str(path), "-inkey", str(below.key), "-out",
            str(store), "-passout", f"file:{password}")  # fmt: skip
    store.chmod(0o600)
    narrow = (*BELOW, "nameConstraints=critical,permitted;DNS:example.org")
    other = make(folder, "Elsewhere", by=root, extensions=narrow)
    elsewhere = folder / "elsewhere.pem"
    elsewhere.write_bytes(other.pem + root.pem + other.key.read_bytes())
    return Corp(folder, root, below, store, password, path, elsewhere)


def data(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_init_takes_a_ca_from_a_store_and_keeps_its_key_in_the_vault_alone(
    tmp_path: Path, corp: Corp
) -> None:
    passphrase = passphrase_file(tmp_path)
    done = tlswright(
        "init", *FIRST, "--ca-certificate", corp.store, "--ca-key-password-file", corp.password,
        "--passphrase-file", passphrase, "--json", cwd=tmp_path,
    )  # fmt: skip
    authority = data(done)["authority"]
    assert isinstance(authority, dict)
    assert authority["subject"] == "CN=Corp Root"
    assert "root   Corp Root" in done.stderr
    assert "warn   hosts will trust 'Corp Root'" in done.stderr
    spec = load_site(tmp_path / "site.yaml").authority
    assert (spec.source, spec.anchor, spec.generation) == ("imported", authority["sha256"], 1)
    with Vault.open(tmp_path / "vault", Secret(PASSPHRASE)) as vault:
        kept = keeping.load_authority(vault, "t", 1)
        assert (kept.source, len(kept.above), kept.key is not None) == ("imported", 1, True)
    secret = corp.below.key.read_text().splitlines()[1]
    for file in (f for f in tmp_path.rglob("*") if f.is_file() and f != passphrase):
        text = file.read_bytes()
        assert secret.encode() not in text
        assert PASSWORD.encode() not in text


def test_ca_check_says_all_and_changes_nothing(tmp_path: Path, corp: Corp) -> None:
    init(tmp_path)
    before = {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    site = (tmp_path / "site.yaml").read_text().replace("127.0.0.1", "hub.example.com")
    (tmp_path / "site.yaml").write_text(site)
    done = tlswright("ca", "check", corp.elsewhere, cwd=tmp_path)
    assert done.returncode == 2
    assert "fail   'Elsewhere' may not sign for hub.example.com" in done.stdout
    assert "Its name constraints allow example.org" in done.stdout
    assert f"{corp.elsewhere} holds the CA's key, and everybody on this machine" in done.stdout
    after = {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    assert after.keys() == before.keys()
    assert after[tmp_path / "vault"] == before[tmp_path / "vault"]


def test_a_password_that_is_missing_or_wrong_names_the_file_and_the_flag(
    tmp_path: Path, corp: Corp
) -> None:
    init(tmp_path)
    done = tlswright("ca", "check", corp.store, cwd=tmp_path)
    assert done.returncode == 2
    assert f"{corp.store}: the PKCS12 store is encrypted" in done.stderr
    assert "--ca-key-password-file FILE" in done.stderr
    done = tlswright(
        "ca", "check", corp.store, "--ca-key-password-file", passphrase_file(tmp_path, "no"),
        cwd=tmp_path,
    )  # fmt: skip
    assert "the password does not open the PKCS12 store" in done.stderr


def test_flags_that_do_not_go_along_are_refused(tmp_path: Path, corp: Corp) -> None:
    done = tlswright("init", *FIRST, "--ca-key", corp.below.key, cwd=tmp_path)
    assert (done.returncode, "--ca-certificate FILE" in done.stderr) == (2, True)
    done = tlswright(
        "init", *FIRST, "--trust", "pinned", "--ca-certificate", corp.path, cwd=tmp_path
    )
    assert (done.returncode, "exclude each other" in done.stderr) == (2, True)
    assert not (tmp_path / "site.yaml").exists()


def test_a_ca_that_is_imported_later_is_the_next_generation(tmp_path: Path, corp: Corp) -> None:
    init(tmp_path)
    front, passphrase = Front(tmp_path), Secret(PASSPHRASE)
    site = load_site(tmp_path / "site.yaml")
    files = CaFiles(str(corp.path), str(corp.below.key))
    candidate = front.read_ca(site, files)
    assert [facts.common_name for facts in candidate.facts] == ["Corp Brokers", "Corp Root"]
    for _ in range(2):  # a second time it is there already
        site = front.import_ca(site, passphrase, candidate)
        assert site.authority.generation == 2
    assert load_site(tmp_path / "site.yaml").authority == site.authority
    facts = front.create_vault(site, passphrase)
    assert facts is not None
    assert facts.common_name == "Corp Root"


def test_a_site_file_that_means_another_ca_is_refused(tmp_path: Path, corp: Corp) -> None:
    init(tmp_path)
    front, passphrase = Front(tmp_path), Secret(PASSPHRASE)
    path = tmp_path / "site.yaml"
    site = load_site(path)
    files = CaFiles(str(corp.path), str(corp.below.key))
    front.import_ca(site, passphrase, front.read_ca(site, files))
    text = path.read_text()
    anchor = load_site(path).authority.anchor
    for old, new, words in (
        (anchor, "0" * 64, "is not the one in site.yaml"),
        ("generation: 2", "generation: 3", "does not hold the imported CA"),
        ("generation: 2", "generation: 1", "the one in the vault is own"),
    ):
        path.write_text(text.replace(old, new))
        with pytest.raises(PkiError, match=words) as raised:
            front.create_vault(load_site(path), passphrase)
        assert raised.value.hint


def test_a_ca_that_cannot_be_used_leaves_vault_and_site_as_they_were(
    tmp_path: Path, corp: Corp
) -> None:
    init(tmp_path)
    path = tmp_path / "site.yaml"
    path.write_text(path.read_text().replace("127.0.0.1", "hub.example.com"))
    before = path.read_bytes(), (tmp_path / "vault").read_bytes()
    front, site = Front(tmp_path), load_site(path)
    candidate = front.read_ca(site, CaFiles(str(corp.elsewhere)))
    with pytest.raises(GivenError, match=r"may not sign for hub\.example\.com"):
        front.import_ca(site, Secret(PASSPHRASE), candidate)
    with pytest.raises(PasswordError):
        front.read_ca(site, CaFiles(str(corp.store)))
    assert (path.read_bytes(), (tmp_path / "vault").read_bytes()) == before


def test_pinned_trust_takes_no_ca(tmp_path: Path, corp: Corp) -> None:
    init(tmp_path)
    front, site = Front(tmp_path), load_site(tmp_path / "site.yaml")
    candidate = front.read_ca(site, CaFiles(str(corp.path), str(corp.below.key)))
    pinned = replace(site, authority=replace(site.authority, trust="pinned"))
    with pytest.raises(UsageError, match="pinned trust"):
        front.import_ca(pinned, Secret(PASSPHRASE), candidate)
