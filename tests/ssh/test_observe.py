"""A survey is answered in one exec, exactly, and hostile answers are refused or calmed."""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RemoteError
from app.observed import Survey
from app.remote.answer import read_answer
from app.remote.observe import survey_script
from app.remote.ssh import SshRemote
from tests.ssh.conftest import Connect
from tests.ssh.steps import SHELLS, sha256, tree

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=SHELLS)
def remote(connect: Connect, root: Path, request: pytest.FixtureRequest) -> SshRemote:
    return connect(root, shell=request.param)


def test_files_are_seen_with_owner_mode_digest_and_bytes(remote: SshRemote, root: Path) -> None:
    data = bytes(range(256)) * 300
    (root / "etc/text").write_bytes(data)
    (root / "etc/text").chmod(0o2640)
    (root / "etc/key").write_bytes(b"private")
    (root / "etc/empty").touch()
    (root / "etc/folder").mkdir()
    (root / "etc/link").symlink_to("text")
    (root / "etc/dangling").symlink_to("nowhere")
    before = tree(root)
    names = ("text", "empty", "folder", "link", "dangling", "missing")
    found = remote.observe(
        Survey(digests=("/etc/key",), texts=tuple(f"/etc/{name}" for name in names))
    )
    text = found.file("/etc/text")
    assert (text.data, text.sha256, text.size, text.mode) == (data, sha256(data), len(data), 0o2640)
    assert (text.owner, text.group) == ((root / "etc/text").owner(), (root / "etc/text").group())
    key = found.file("/etc/key")
    assert (key.data, key.sha256, key.state) == (None, sha256(b"private"), sha256(b"private"))
    assert found.file("/etc/empty").data == b""
    kinds = [found.file(f"/etc/{name}").type for name in names]
    assert kinds == ["file", "file", "directory", "file", "symlink", "absent"]
    assert found.file("/etc/link").real == "/etc/text"
    assert found.file("/etc/missing").state == "absent"
    assert tree(root) == before
    assert not (root / "var").exists()


def test_patterns_name_what_matches_and_nothing_else(remote: SshRemote, root: Path) -> None:
    for name in ("a.xml", "b'.xml", "c d.xml", "e.txt", "[x].xml", "bad\nname.xml"):
        (root / "etc" / name).write_text(name)
    found = remote.observe(Survey(texts=("/etc/*.xml", "/etc/?.nothing", "/etc/[x].xml")))
    assert sorted(found.files) == ["/etc/[x].xml", "/etc/a.xml", "/etc/b'.xml", "/etc/c d.xml"]


def test_no_name_passes_for_another(remote: SshRemote, root: Path) -> None:
    """All are read by one process, whose lines end in names."""
    (root / "etc/a  ").mkdir(parents=True)
    there = str(root)
    names = [
        "etc/b", "etc/a  /b", "etc/a", "etc/back\\slash", "etc/ two  blanks ", "etc/(none)",
        f"etc/x  {there}/etc/b".replace("/", "_"), "etc/$(id)", "etc/-n", "etc/*", "etc/100%s",
        "etc/new\\ntype other", "etc/tab\\tb", "etc/end\\c", "etc/\\0101",
    ]  # fmt: skip
    for number, name in enumerate(names):
        (root / name).write_text(f"{number}")
        (root / name).chmod(0o600 + number % 8)
    found = remote.observe(Survey(digests=tuple(f"/{name}" for name in names if "*" not in name)))
    for number, name in enumerate(names):
        if "*" in name:
            continue
        fact = found.file(f"/{name}")
        assert (fact.sha256, fact.mode) == (sha256(f"{number}".encode()), 0o600 + number % 8), name


def test_too_large_texts_come_as_digests(remote: SshRemote, root: Path) -> None:
    data = os.urandom(1024 * 1024 + 1)
    (root / "etc/big").write_bytes(data)
    fact = remote.observe(Survey(texts=("/etc/big",))).file("/etc/big")
    assert (fact.data, fact.sha256, fact.size) == (None, sha256(data), len(data))


def test_commands_give_output_errors_and_status(remote: SshRemote, root: Path) -> None:
    commands = (
        ("both", "echo out; echo err >&2; exit 7"),
        ("quotes", 'printf "%s" "it\'s\nend\n#END x"'),
        ("esc", r"printf '\033[31mred\r\n'"),
        ("slow", "sleep 30"),
        ("root", 'printf %s "$ROOT"'),
        ("input", "cat"),
    )
    found = remote.observe(Survey(commands=commands, command_seconds=1))
    both = found.outputs["both"]
    assert (both.code, both.out, both.err) == (7, "out\n", "err\n")
    assert found.outputs["quotes"].out == "it's\nend\n#END x"
    assert "\x1b" not in found.outputs["esc"].out
    assert found.outputs["slow"].code >= 124
    assert found.out("root") == str(root)
    assert found.outputs["input"].out == ""


def test_a_command_may_name_files_that_only_the_host_knows(remote: SshRemote, root: Path) -> None:
    (root / "etc/told of").write_text("text")
    (root / "etc/key").write_text("private")
    said = "echo some text; echo 'text /etc/told of'; echo digest /etc/key; echo text etc/other"
    commands = (("lead", f"{said}; echo text /etc/gone"), ("other", "echo text /etc/passwd"))
    found = remote.observe(Survey(commands=commands, leads=("lead",)))
    assert {path: one.data for path, one in found.files.items()} == {
        "/etc/told of": b"text",
        "/etc/key": None,
        "/etc/gone": None,
    }
    assert found.file("/etc/key").sha256 == sha256(b"private")
    assert found.file("/etc/gone").type == "absent"
    assert found.out("lead").startswith("some text\ntext /etc/told of\n")
    assert found.out("other") == "text /etc/passwd"


def test_the_host_itself_is_described(remote: SshRemote) -> None:
    found = remote.observe(Survey())
    assert abs(found.clock_skew) < 2
    assert found.free_bytes > 0
    assert found.tools["tar"].startswith("/")
    assert found.system
    assert found.user == Path("/proc/self").owner()


def answer(*lines: str) -> list[str]:
    return [*lines, "end"]


@pytest.mark.parametrize(
    "lines",
    [
        ["time 1"],
        answer("real /etc/a"),
        answer("file /etc/a", "type elephant"),
        answer("file /etc/a", "sha256 xyz"),
        answer("file /etc/a", "data", " zz"),
        answer("file /etc/a", "stat rwx 1 a:b"),
        answer("bogus"),
        answer("code 1"),
        answer("free much"),
        [],
    ],
)
def test_answers_that_make_no_sense_are_refused(lines: list[str]) -> None:
    with pytest.raises(RemoteError):
        read_answer(lines, Survey(), "one", NOW, 0.0)


@given(st.lists(st.text(max_size=40), max_size=20))
def test_any_answer_is_read_or_refused(lines: list[str]) -> None:
    with contextlib.suppress(RemoteError):
        assert read_answer([*lines, "end"], Survey(), "one", NOW, 0.0).host == "one"


@pytest.mark.parametrize("path", ["etc/a", "/etc/a\nb"])
def test_paths_of_a_survey_are_absolute_and_of_one_line(path: str) -> None:
    with pytest.raises(ValueError, match="absolute"):
        survey_script(Survey(texts=(path,)), "")
