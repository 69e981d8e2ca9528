from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import UsageError
from app.pki.passphrase import PassphraseOptions, find_passphrase

WORDS = "five words are quite enough"
NOTHING = PassphraseOptions()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a private passphrase file, with the newline that editors add."""
    path = tmp_path / "passphrase"
    path.write_text(WORDS + "\n")
    path.chmod(0o600)
    return path


def _refusal(options: PassphraseOptions, environ: dict[str, str]) -> UsageError:
    with pytest.raises(UsageError) as caught:
        find_passphrase(options, environ, None)
    assert WORDS not in str(caught.value) + caught.value.hint
    return caught.value


@pytest.fixture
def descriptor() -> Iterator[int]:
    """Return the reading end of a pipe that holds the passphrase."""
    reader, writer = os.pipe()
    os.write(writer, WORDS.encode() + b"\r\n")
    os.close(writer)
    yield reader
    os.close(reader)


def test_each_source_gives_the_passphrase_without_its_newline(file: Path, descriptor: int) -> None:
    credentials = file.parent / "credentials"
    credentials.mkdir()
    (credentials / "tlswright").write_text(WORDS)
    (credentials / "tlswright").chmod(0o444)
    for options, environ in (
        (PassphraseOptions(file=file), {}),
        (PassphraseOptions(fd=descriptor), {}),
        (NOTHING, {"TLSWRIGHT_PASSPHRASE_FILE": str(file)}),
        (NOTHING, {"CREDENTIALS_DIRECTORY": str(credentials)}),
    ):
        assert find_passphrase(options, environ, None).reveal() == WORDS
    assert find_passphrase(NOTHING, {}, lambda _: WORDS).reveal() == WORDS


def test_a_flag_wins_over_the_environment_and_both_over_the_prompt(file: Path) -> None:
    other = file.with_name("other")
    other.write_text("other")
    other.chmod(0o600)
    environ = {"TLSWRIGHT_PASSPHRASE_FILE": str(other)}
    assert find_passphrase(PassphraseOptions(file=file), environ, None).reveal() == WORDS
    assert find_passphrase(NOTHING, environ, lambda _: "typed").reveal() == "other"


def test_without_a_terminal_a_missing_passphrase_names_its_flags() -> None:
    refusal = _refusal(NOTHING, {"CREDENTIALS_DIRECTORY": "/nonexistent"})
    for name in ("--passphrase-file", "--passphrase-fd", "$TLSWRIGHT_PASSPHRASE_FILE"):
        assert name in refusal.hint


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_a_file_that_others_reach_is_refused_with_the_remedy(file: Path, mode: int) -> None:
    file.chmod(mode)
    for options, environ in (
        (PassphraseOptions(file=file), {}),
        (NOTHING, {"TLSWRIGHT_PASSPHRASE_FILE": str(file)}),
    ):
        assert _refusal(options, environ).hint == f"chmod 600 {file}"


@pytest.mark.parametrize("data", [b"", b"\n", WORDS.encode() + b"\nmore\n", b"\xff", b"a" * 5000])
def test_a_file_without_one_line_of_text_is_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    _refusal(PassphraseOptions(file=file), {})


def test_a_named_source_that_fails_is_not_skipped(file: Path) -> None:
    missing = str(file.with_name("missing"))
    good = {"TLSWRIGHT_PASSPHRASE_FILE": str(file)}
    assert "No such file" in str(_refusal(PassphraseOptions(file=Path(missing)), good))
    assert "No such file" in str(_refusal(NOTHING, {"TLSWRIGHT_PASSPHRASE_FILE": missing}))
    for closed in (-1, 987):
        assert "--passphrase-fd" in str(_refusal(PassphraseOptions(fd=closed), good))


def test_a_passphrase_that_is_chosen_is_asked_for_twice() -> None:
    choosing = PassphraseOptions(confirm=True)
    assert find_passphrase(choosing, {}, lambda _: WORDS).reveal() == WORDS
    answers = iter([WORDS, "something else"])
    with pytest.raises(UsageError, match="differ"):
        find_passphrase(choosing, {}, lambda _: next(answers))
    with pytest.raises(UsageError, match="empty"):
        find_passphrase(choosing, {}, lambda _: "")
