"""What a host may answer: endless, forged, torn, or full of escapes; none of it does harm."""

from __future__ import annotations

import stat
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import RemoteError
from app.observed import Survey
from app.remote.answer import read_answer
from app.remote.process import start
from app.remote.ssh import SshRemote
from tests.ssh.conftest import Connect
from tests.ssh.steps import apply, carry, put, step, tree
from tests.ssh.test_observe import NOW

LIAR = """\
import os, re, sys, time
head = b""
while b"#END" not in head:
    head += os.read(0, 65536)
mark = re.search(b"#BEGIN ([0-9a-f]+)", head)[1]
for out in (1, 2):
    os.write(out, b"\\n#HERE " + mark + b"\\n")
def say(data, out=1):
    while data:
        data = data[os.write(out, data):]
"""
"""A shell that takes our script, says its mark, and then what it likes."""

Lying = Callable[[str], SshRemote]
MEMBER = step(put("/etc/a", b"new"), start_seconds=1, check_seconds=1, stop_seconds=1)


@pytest.fixture
def remote(connect: Connect, root: Path) -> SshRemote:
    return connect(root)


@pytest.fixture
def lying(connect: Connect, root: Path, tmp_path: Path) -> Lying:
    """Give a function that connects to a host whose every command tells the given lie."""

    def lie(code: str) -> SshRemote:
        shell = tmp_path / "liar"
        shell.write_text(f"#!{sys.executable} -S\n{LIAR}{code}\n")
        shell.chmod(shell.stat().st_mode | stat.S_IXUSR)
        return connect(root, shell=str(shell))

    return lie


ENDLESS = {
    "output": ("while True: say(b'command 0\\n' + b' 41' * 99 + b'\\n')", "nobody asked for"),
    "a line": ("while True: say(b'x' * 65536)", "a line without end"),
    "errors": ("while True: say(b'x' * 65536, 2); say(b'time 1\\n')", "more than 16 MiB"),
    "files": (
        "i = 0\nwhile True:\n  i += 1; say(b'file /etc/%d\\n' % i)", "more files than we read",
    ),
    "hex": ("say(b'file /etc/a\\ndata\\n')\nwhile True: say(b' 41' * 1000 + b'\\n')", "16 MiB"),
    "names": ("while True: say(b'unfinished x\\n' * 1000)", "more names than any host has"),
}  # fmt: skip


@pytest.mark.parametrize("what", ENDLESS)
def test_an_endless_answer_ends_soon_and_fills_no_memory(lying: Lying, what: str) -> None:
    code, text = ENDLESS[what]
    remote = lying(code)
    tracemalloc.start()
    try:
        with pytest.raises(RemoteError, match=text):
            remote.observe(Survey(texts=("/etc/*",)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20, f"{peak >> 20} MiB"


def test_an_endless_output_of_a_command_is_cut_off(lying: Lying) -> None:
    remote = lying("while True: say(b'x' * 65536, 2); say(b'x' * 65536)")
    with pytest.raises(RemoteError, match="more than 16 MiB"):
        remote.run("true", seconds=30)


def test_an_endless_log_of_a_step_ends_and_keeps_few_lines(lying: Lying) -> None:
    remote = lying("while True: say(b'L \\x1b]0;x\\x07\\xff' + b'y' * 60 + b'\\n')")
    ack = remote.begin(MEMBER).advance("stage")
    assert (ack.ok, ack.state) == (False, "unknown")
    assert "more than 16 MiB" in ack.text
    assert len(ack.log) <= 400
    assert all(line.isprintable() for line in ack.log)


FORGED = {
    "another word's answer": ("A ok hold held", "the host answered hold to stage"),
    "a state that there is not": ("A ok stage elephant", ""),
    "an answer within a line": ("L x\rA ok stage staged", "lost"),
    "a long answer": ("A ok stage staged" + "x" * 2_000_000, "a line without end"),
    "bytes": ("\xff\xfe\0\0A ok stage staged", "lost"),
    "escapes": ("A no stage untouched \x1b[2J\x1b]0;owned\x07\u202e", ""),
}


@pytest.mark.parametrize("what", FORGED)
def test_an_answer_that_is_not_ours_is_no_yes(lying: Lying, what: str) -> None:
    line, text = FORGED[what]
    remote = lying(f"say({line.encode('utf-8', 'surrogateescape')!r} + b'\\n')")
    transaction = remote.begin(MEMBER)
    ack = transaction.advance("stage")
    assert not ack.ok
    assert text in ack.text
    assert all(c.isprintable() for c in ack.text + "".join(ack.log))
    assert len(ack.text) < 2000
    assert transaction.advance("switch").state == "unknown"


REFUSED = {
    "a file that nobody asked for": "file /etc/shadow\ndata\n 41",
    "a way out": "file /etc/../../../home/x.xml",
    "an escape": "file /etc/\x1b[2J.xml",
    "a tag that there is not": "file /etc/a.xml\n\x1b[2Jtype file",
    "a link out of names": "file /etc/a.xml\nreal etc/passwd",
    "a mode": "file /etc/a.xml\nstat -1 5 a:b",
    "a time": "time nan",
    "a number": "free 1e9",
    "bytes that lack": "file /etc/a.xml\nstat 644 9 root:root\ndata",
    "a command twice": "command 0\ncommand 0",
    "a command of ours that was none": "command 7",
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_answer_to_what_nobody_asked_is_refused(what: str) -> None:
    asked = Survey(texts=("/etc/*.xml",), commands=(("one", "true"),))
    with pytest.raises(RemoteError) as caught:
        read_answer([*REFUSED[what].split("\n"), "end"], asked, "one", NOW, 0.0)
    assert "makes no sense" in caught.value.text
    assert caught.value.text.isprintable()


def test_names_and_texts_of_a_host_are_calm(lying: Lying) -> None:
    bad = b"\x1b[2J\x9b31m\xff"
    lines = b"user " + bad + b"\nsystem " + bad + b"\ntool java " + bad + b"\nunfinished " + bad
    seen = lying(f"say({lines!r} + b'\\nend\\n')").observe(Survey())
    for text in (seen.user, seen.system, seen.tools["java"], *seen.unfinished):
        assert text.isprintable()
    said = lying(f"say({bad!r}); say({bad!r}, 2)").run("true")
    assert (said.out + said.err).isprintable()


def test_an_answer_of_10_mb_of_a_service_is_cut_on_the_host(remote: SshRemote) -> None:
    """What a command or a service prints never reaches us whole, however much it is."""
    flood = "head -c 10000000 /dev/zero | tr '\\0' x; printf '\\nA ok check checked\\n'; "
    seen = remote.observe(Survey(commands=(("flood", flood),)))
    assert 0 < len(seen.outputs["flood"].out) <= 1 << 20
    member = step(put("/etc/new", b"x"), start=f'{flood} [ "$UNDOING" = 1 ]', logs=flood)
    ack = carry(remote, member)[-1]
    assert (ack.ok, ack.state) == (False, "restored")
    assert len(ack.text) < 1000
    assert max(map(len, ack.log)) <= 1000
    assert "A ok check checked" in ack.log


EVIL = "\\033]0;x\\007A ok start started\\nA ok commit committed\\n\\377\\376\\000 \\r\\033[2J"


def test_what_a_service_prints_is_never_taken_for_the_protocol(
    remote: SshRemote, root: Path
) -> None:
    member = step(
        put("/etc/new", b"x", test=f"printf '{EVIL}'; printf '{EVIL}' >&2"),
        start=f"printf '{EVIL}'; printf '{EVIL}' >&2; cat; read x; :",
        check=f"printf '{EVIL}'; [ \"$UNDOING\" = 1 ]", check_seconds=1,
        logs=f"printf '{EVIL}'",
    )  # fmt: skip
    acks = carry(remote, member)
    assert [ack.state for ack in acks] == ["staged", "switched", "started", "restored"]
    assert all(line.isprintable() for ack in acks for line in (*ack.log, ack.text))
    assert not (root / "etc/new").exists()


def test_names_of_a_host_reach_no_shell(remote: SshRemote, root: Path) -> None:
    names = ["$(touch pwned).xml", "`touch pwned`.xml", "it's.xml", 'q".xml', "a;touch pwned.xml",
             "-rf.xml", "\\.xml", "é☃.xml"]  # fmt: skip
    for name in (*names, "new\nline.xml", "esc\x1b[2J.xml", "bell\x07.xml"):
        (root / "etc" / name).write_text("x")
    before = tree(root)
    seen = remote.observe(Survey(texts=("/etc/*.xml",)))
    assert sorted(seen.files) == sorted(f"/etc/{name}" for name in names)
    assert tree(root) == before
    assert set(remote.observe(Survey(texts=tuple(seen.files))).files) == set(seen.files)
    apply(remote, step(*(put(path, b"y", b"x") for path in sorted(seen.files))))
    assert {(root / "etc" / name).read_text() for name in names} == {"y"}
    assert not list(root.rglob("pwned"))


def test_an_answer_that_never_comes_is_waited_for_no_longer_than_told(lying: Lying) -> None:
    remote = lying("time.sleep(100)")
    assert remote.run("true", seconds=1).code == 124
    process = start(remote._transports[0], "exec sleep 100", "one")
    with pytest.raises(TimeoutError):
        process.line(0.5)
    process.close()
