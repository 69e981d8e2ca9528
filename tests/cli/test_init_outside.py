"""`init` of a site whose certificates others sign."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import passphrase_file, tlswright
from tests.unit.outside_ca import OutsideCa

HOSTS = ("--hub", "hub=root@127.0.0.1:9", "--spoke", "a=root@127.0.0.2:9", "--source", "outside")


def test_an_outside_ca_is_given_at_once_or_named_as_what_comes_next(tmp_path: Path) -> None:
    word = passphrase_file(tmp_path)
    ca = OutsideCa(tmp_path / "ca")
    (tmp_path / "site").mkdir()

    def init(*words: str | Path) -> tuple[int, str]:
        done = tlswright("init", *HOSTS, "--passphrase-file", word, *words, cwd=tmp_path / "site")
        return done.returncode, done.stdout + done.stderr

    code, said = init("--ca-certificate", ca.folder / "ca.key")
    assert code == 2, said
    assert "a private key" in said
    assert list((tmp_path / "site").iterdir()) == []
    code, said = init("--ca-certificate", ca.folder / "ca.crt")
    assert code == 0, said
    assert "CN=Example Corp Root" in said
    assert "next: tlswright plan" in said
    text = (tmp_path / "site/site.yaml").read_text()
    assert "source: outside" in text
    assert "anchor: " in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--trust", "pinned"), "--source outside and --trust pinned exclude each other"),
        (("--ca-certificate", "x", "--ca-key", "y"), "--source outside and --ca-key exclude"),
    ],
)
def test_flags_that_exclude_each_other(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = tlswright(
        "init", *HOSTS, "--passphrase-file", passphrase_file(tmp_path), *words, cwd=tmp_path
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "site.yaml").exists()
