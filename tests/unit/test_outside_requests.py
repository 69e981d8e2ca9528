"""Requests to an outside CA on disk: written, kept, taken in, forgotten; no secret leaves."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.asking import place
from app.engine.front import Front
from app.engine.requests import load_requests
from app.errors import LockedError, UsageError
from app.export.requests import file_name
from app.pki.vault import Vault
from app.site.lock import site_lock
from tests.unit.outside_ca import OutsideCa, openssl
from tests.unit.outside_site import TEXT, WORD, OutsideSite


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> OutsideCa:
    return OutsideCa(tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def issuing(root: OutsideCa) -> OutsideCa:
    return OutsideCa(root.folder / "below", "Corp Issuing", above=root)


@pytest.fixture
def outside(tmp_path: Path, root: OutsideCa) -> OutsideSite:
    made = OutsideSite(tmp_path)
    made.anchor(root.folder / "ca.crt")
    return made


def test_a_request_that_waits_is_written_again_as_it_is_and_new_ones_on_demand(
    outside: OutsideSite, tmp_path: Path
) -> None:
    first = outside.ask()
    assert first.fresh == {"r1", "r2"}
    assert outside.keys() == ["r1", "r2"]
    before = outside.csr("r1"), outside.csr("r2")
    again = outside.ask(days=3)
    assert again.fresh == frozenset()
    assert [one.since for one in again.waiting] == [one.since for one in first.waiting]
    assert (outside.csr("r1"), outside.csr("r2")) == before
    assert outside.ask("r2", new=True).fresh == {"r2"}
    assert outside.csr("r1") == before[0]
    assert outside.csr("r2") != before[1]
    elsewhere = outside.ask(folder=tmp_path / "to sign" / "today")
    assert elsewhere.fresh == frozenset()
    assert (tmp_path / "to sign/today/r1.csr").read_bytes() == before[0]
    outside.write(TEXT.replace("r2.lab.test", "r2.other.test"))
    assert outside.ask().fresh == {"r2"}


def test_no_key_is_in_any_file_but_the_vault_and_modes_are_right(outside: OutsideSite) -> None:
    outside.ask()
    for path in outside.folder.rglob("*"):
        if path.is_file():
            assert b"PRIVATE KEY" not in path.read_bytes(), path
            public = path.parent.name == "requests"
            wanted = 0o644 if public or path.name == "site.yaml" else 0o600
            assert stat.S_IMODE(path.stat().st_mode) & ~wanted == 0, path
    assert stat.S_IMODE((outside.folder / "requests/r1.csr").stat().st_mode) == 0o644


def test_a_lost_vault_key_is_asked_for_anew(outside: OutsideSite) -> None:
    before = outside.ask() and outside.csr("r1")
    with Vault.open(outside.places.vault, WORD, write=True) as vault:
        vault.delete("request/r1")
        vault.save()
    assert outside.ask().fresh == {"r1"}
    assert outside.csr("r1") != before


def test_a_request_that_was_written_elsewhere_meanwhile_comes_home_again(
    outside: OutsideSite, tmp_path: Path
) -> None:
    outside.ask()
    outside.ask(folder=tmp_path / "away")
    assert outside.ask("r1", new=True).fresh == {"r1"}
    assert (tmp_path / "away/r1.csr").read_bytes() != outside.csr("r1")


@pytest.mark.parametrize("name", ["r1.csr", "r1.ext", "README.txt", "cfssl-profiles.json"])
def test_a_file_of_somebody_else_is_never_replaced(
    outside: OutsideSite, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / name).write_text("mine")
    with pytest.raises(UsageError, match="was not written for this site") as raised:
        outside.ask(folder=folder)
    assert "--out" in raised.value.hint
    assert (folder / name).read_text() == "mine"
    assert [path.name for path in folder.iterdir()] == [name]
    (folder / name).unlink()
    (tmp_path / "victim").write_text("mine")
    (folder / name).symlink_to(tmp_path / "victim")
    with pytest.raises(UsageError, match="was not written for this site"):
        outside.ask(folder=folder)
    assert (tmp_path / "victim").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_told_and_the_keys_are_kept(
    outside: OutsideSite, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        outside.ask(folder=tmp_path / "file" / "below")
    assert outside.keys() == ["r1", "r2"]
    assert outside.ask().fresh == frozenset()


def test_certificates_are_matched_by_key_whatever_the_files_are_called(
    outside: OutsideSite, issuing: OutsideCa, tmp_path: Path
) -> None:
    outside.ask()
    back = tmp_path / "back\nfrom 'them' ü"
    back.mkdir()
    for name, host in (("zzz", "r1"), ("r1.crt", "r2")):
        (back / name).write_bytes(issuing.sign(outside.csr(host)))
    (back / "notes.pem").write_text("hello")
    (back / "in.csr").write_bytes(outside.csr("r1"))
    lacking = outside.take(back)
    assert {one.name for one in lacking.found} == {"r1", "r2"}
    assert all("is neither the site's CA nor among the files" in f.line
               for one in lacking.found for f in one.faults)  # fmt: skip
    assert lacking.skipped == ("notes.pem: it holds no certificate",)
    openssl(
        "crl2pkcs7", "-nocrl", "-certfile", issuing.folder / "ca.crt", "-out", "chain.p7b",
        cwd=tmp_path,
    )  # fmt: skip
    good = outside.take(back, tmp_path / "chain.p7b")
    assert [(one.name, one.faults) for one in good.found] == [("r1", ()), ("r2", ())]
    assert good.waiting == ()
    assert good.strangers == ()
    kept = load_requests(outside.places.requests)["r1"]
    assert kept.facts is not None
    assert kept.facts.issuer == "CN=Corp Issuing"
    assert kept.chain.count("BEGIN CERTIFICATE") == 1
    assert {path.name for path in (outside.folder / "requests").iterdir()} == {
        "README.txt", "cfssl-profiles.json",
    }  # fmt: skip
    assert all(one.again for one in outside.take(back, tmp_path / "chain.p7b").found)
    assert outside.ask().back == ("r1", "r2")


def test_the_chain_of_the_anchor_completes_what_comes_without_one(
    outside: OutsideSite, issuing: OutsideCa, root: OutsideCa, tmp_path: Path
) -> None:
    outside.anchor(issuing.folder / "ca.crt", root.folder / "ca.crt")
    outside.ask()
    (tmp_path / "r1.pem").write_bytes(issuing.sign(outside.csr("r1")))
    (one,) = outside.take(tmp_path / "r1.pem").found
    assert one.faults == ()
    assert [row.state for row in Front(outside.folder).requests(outside.site)] == [
        "back", "waiting",
    ]  # fmt: skip


def test_of_two_certificates_for_one_request_the_good_one_is_taken(
    outside: OutsideSite, root: OutsideCa, tmp_path: Path
) -> None:
    outside.ask("r1")
    good = root.sign(outside.csr("r1"))
    bad = root.sign(outside.csr("r1"), "-days", "700", ext="extendedKeyUsage = serverAuth\n")
    (tmp_path / "both.pem").write_bytes(bad + good)
    (one,) = outside.take(tmp_path / "both.pem").found
    assert one.faults == ()


def test_strangers_are_named_and_nothing_is_kept_of_them(
    outside: OutsideSite, root: OutsideCa, tmp_path: Path
) -> None:
    outside.ask("r1")
    (tmp_path / "old.pem").write_bytes(root.sign(outside.csr("r1")))
    outside.ask("r1", new=True)
    taken = outside.take(tmp_path / "old.pem")
    assert taken.found == ()
    assert "was the key made anew (--new) since" in taken.strangers[0]
    assert [one.name for one in taken.waiting] == ["r1"]


def test_sites_of_other_trust_are_refused_by_name(outside: OutsideSite, tmp_path: Path) -> None:
    for text, said in (
        (TEXT.replace("source: outside", "trust: ca"), "a CA of its own"),
        (TEXT.replace("source: outside", "source: imported"), "a CA of its own"),
    ):
        outside.write(text)
        for act in (outside.ask, lambda: outside.take(tmp_path), lambda: outside.anchor(tmp_path)):
            with pytest.raises(UsageError, match=said):
                act()


def test_mistakes_are_told_and_a_run_keeps_others_out(outside: OutsideSite, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="r11 is no host of this site") as raised:
        outside.ask("r11")
    assert "r1" in raised.value.hint
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="there is no certificate in"):
        outside.take(tmp_path / "empty")
    with pytest.raises(UsageError, match="is not a file"):
        outside.take(Path("/dev/null"))
    fifo = tmp_path / "empty" / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(UsageError, match="there is no certificate in"):
        outside.take(tmp_path / "empty")
    with site_lock(outside.places, "apply"), pytest.raises(LockedError):
        outside.ask()


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


@settings(max_examples=60, deadline=None)
@given(names=st.sets(st.text(min_size=1, max_size=70), min_size=1, max_size=4))
def test_files_of_any_credential_have_safe_names_of_their_own(names: Iterable[str]) -> None:
    hosts = {"r1", "r1.lab", "r-1", "cluster", "cluster/client", "r1/client"}
    made = {file_name(name) for name in hosts | set(names)}
    assert len(made) == len(hosts | set(names))
    for name in made:
        assert name[0] not in "-."
        assert all(c.isascii() and (c.isalnum() or c in "._-") for c in name)
        assert len(name) < 100
    folder = Path(_folder().name)
    place(folder, {f"{name}.csr": name.encode() for name in made}, [])
    assert all((folder / f"{name}.csr").read_bytes() == name.encode() for name in made)
