"""What a user gives wrong is said in words, with the flag or the place, and exit code 2."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import init, passphrase_file, tlswright

SITE_VERBS: tuple[tuple[str, ...], ...] = (
    ("plan",),
    ("apply", "--yes"),
    ("status",),
    ("verify",),
    ("rotate", "--all", "--yes"),
    ("rollback", "--yes"),
    ("export", "client", "c"),
    ("vault", "check"),
)
SECRET_VERBS = tuple(w for w in SITE_VERBS if w[0] not in ("plan", "status", "rollback"))

OPENING = (("plan",), *SECRET_VERBS)


def refused(done: subprocess.CompletedProcess[str], *words: str, code: int = 2) -> None:
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    assert done.stdout == ""


def name(words: tuple[str, ...]) -> str:
    return " ".join(words)


def test_without_a_verb_and_a_terminal_init_is_named(tmp_path: Path) -> None:
    refused(tlswright(cwd=tmp_path), "no terminal", "tlswright init", "--help")


@pytest.mark.parametrize("words", SITE_VERBS, ids=name)
def test_a_directory_without_a_site_is_named_with_what_makes_one(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    secret = passphrase_file(tmp_path)
    done = tlswright(*words, "--passphrase-file", secret, cwd=tmp_path)
    refused(done, str(tmp_path), "tlswright init")
    assert not (tmp_path / ".tlswright").exists()


@pytest.mark.parametrize("words", [*SITE_VERBS, ("runs",), ("attach",), ("stop",)], ids=name)
def test_a_directory_that_does_not_exist_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    refused(tlswright("-C", "nowhere", *words, cwd=tmp_path), str(tmp_path / "nowhere"), "-C")


@pytest.mark.parametrize("words", SITE_VERBS[:-1], ids=name)
def test_a_wrong_site_file_is_named_with_line_and_column(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    secret = init(tmp_path)
    text = (tmp_path / "site.yaml").read_text()
    (tmp_path / "site.yaml").write_text(text.replace("shape:", "shap:"))
    done = tlswright(*words, "--passphrase-file", secret, cwd=tmp_path)
    refused(done, "site.yaml:", "shap")
    (tmp_path / "site.yaml").write_text("version: [1\n")
    refused(tlswright(*words, "--passphrase-file", secret, cwd=tmp_path), "site.yaml:")


@pytest.mark.parametrize("words", SECRET_VERBS, ids=name)
def test_a_missing_passphrase_names_its_flag(tmp_path: Path, words: tuple[str, ...]) -> None:
    init(tmp_path)
    refused(tlswright(*words, cwd=tmp_path), "--passphrase-file")


@pytest.mark.parametrize("words", [w for w in OPENING if w != ("verify",)], ids=name)
def test_a_wrong_passphrase_is_told_before_anything_is_asked(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    init(tmp_path)
    wrong = passphrase_file(tmp_path, "not the one that it was")
    done = tlswright(*words, "--passphrase-file", wrong, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "passphrase" in done.stderr
    assert "not the one that it was" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "--at", "tomorrow"), "2027-01-31"),
        (("status", "--at", "2027-13-41"), "2027-01-31"),
        (("rotate", "--yes"), "--due"),
        (("rotate", "--host", "spoke", "--yes"), "hub"),
        (("rotate", "--all", "--due", "--yes"), "not allowed with"),
        (("apply", "no-such.plan", "--yes"), "plan -o"),
        (("apply",), "--yes"),
        (("rotate", "--all"), "--yes"),
        (("attach", "20990101-000000-aaaa"), "tlswright runs"),
        (("attach", "../../etc"), "runs"),
        (("stop",), "tlswright runs"),
        (("stop", "20990101-000000-aaaa"), "tlswright runs"),
        (("attach",), "tlswright apply"),
        (("rollback", "--yes"), "tlswright runs"),
        (("verify",), "tlswright apply"),
        (("vault", "set", "port"), "connector_password"),
        (("vault", "set", "connector_password"), "--value-file"),
        (("vault", "passphrase"), "--new-passphrase-file"),
        (("vault", "backup"), "vault backup FILE"),
        (("explain",), "standard input"),
        (("explain", "x", "--kind", "activemqq"), "activemq"),
        (("frobnicate",), "frobnicate"),
        (("plan", "--frobnicate"), "--frobnicate"),
        (("export", "server", "x"), "client"),
        (("init", "--hub", "hub=127.0.0.1", "--spoke", "a=127.0.0.2"), "exists already"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_wrong_answer_is_told_with_the_right_one(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    secret = init(tmp_path)
    refused(tlswright("--passphrase-file", secret, *words, cwd=tmp_path), said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--hub"),
        (("--hub", "hub"), "NAME=[USER@]ADDRESS"),
        (("--hub", "hub=h", "--hub", "hub=h"), "twice"),
        (("--hub", "hub=h:99999", "--spoke", "a=b"), "port"),
        (("--hub", "hub=127.0.0.1"), "spoke"),
        (("--hub", "hub=h", "--spoke", "a=b", "--set", "prot=1"), "port"),
        (("--hub", "hub=h", "--spoke", "a=b", "--set", "port=x"), "port"),
        (("--hub", "hub=h", "--spoke", "a=b", "--set", "port=70000"), "port"),
        (("--hub", "hub=h", "--spoke", "a=b", "--set", "duplex=perhaps"), "true or false"),
        (("--hub", "hub=h", "--spoke", "a=b", "--set", "c.port=1"), "'c'"),
        (("--hub", "hub=h", "--spoke", "a=b", "--link", "a"), "FROM:TO"),
        (("--hub", "hub=h", "--spoke", "a=b", "--link", "a:c"), "c"),
        (("--hub", "hub=h", "--spoke", "a=b", "--dials", "c=x"), "'c'"),
        (("--hub", "hub=h", "--spoke", "a=b", "--kind", "activem"), "activemq"),
        (("--hub", "hub=h", "--spoke", "a=b", "--leaf-days", "0"), "leaf_days"),
        (("--hub", "hub=h", "--spoke", "a=b", "--set", "connector_password=x"), "vault set"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_init_refuses_what_makes_no_site_and_leaves_nothing_behind(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    secret = passphrase_file(tmp_path)
    refused(tlswright("init", *words, "--passphrase-file", secret, cwd=tmp_path), said)
    assert [path.name for path in tmp_path.iterdir()] == ["passphrase"]


def test_a_host_that_nobody_is_at_is_unreachable(tmp_path: Path) -> None:
    secret = init(tmp_path)
    done = tlswright("plan", "--passphrase-file", secret, cwd=tmp_path)
    refused(done, "hub", "127.0.0.1", code=5)
    done = tlswright("apply", "--yes", "--passphrase-file", secret, cwd=tmp_path)
    assert done.returncode == 5, done.stderr


def test_runs_of_a_site_without_any_are_an_empty_list(tmp_path: Path) -> None:
    init(tmp_path)
    assert json.loads(tlswright("runs", "--json", cwd=tmp_path).stdout) == []


def test_a_passphrase_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    secret = init(tmp_path)
    secret.chmod(0o644)
    done = tlswright("vault", "check", "--passphrase-file", secret, cwd=tmp_path)
    assert done.returncode in (0, 2)
    assert "passphrase" in done.stderr + done.stdout
