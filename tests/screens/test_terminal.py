"""The screens on a real terminal: they open, and a signal leaves the terminal as it was."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path

import pytest

from app.site.draft import Draft
from app.site.draft_file import load_draft, save_draft
from app.site.places import Places

ROOT = Path(__file__).parents[2]
SECONDS = 30.0
RESTORED = b"\x1b[?1049l"


def start(folder: Path, *words: str, **environ: str) -> tuple[int, int]:
    """Start the command line on a terminal of 80x24 in a folder; gives its pid and the terminal."""
    env = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    env |= environ
    command = [sys.executable, "-m", "app.cli.main", *words]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    pid = os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", 'cd "$0" && exec setsid -c "$@"', str(folder), *command],
        env,
        file_actions=[(os.POSIX_SPAWN_DUP2, theirs, n) for n in (0, 1, 2)],
    )
    os.close(theirs)
    return pid, ours


def read_until(terminal: int, wanted: bytes, seen: bytes = b"") -> bytes:
    """Read what the terminal shows until something is there, or it is closed."""
    end = time.monotonic() + SECONDS
    while wanted not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            seen += data
    assert wanted in seen, seen[-2000:]
    return seen


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_screens_and_restores_the_terminal(
    tmp_path: Path, number: int, code: int
) -> None:
    pid, terminal = start(tmp_path)
    seen = read_until(terminal, b"Site name")
    os.kill(pid, number)
    read_until(terminal, RESTORED, seen)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == code


def test_leaving_by_a_key_answers_0_and_the_answers_are_kept(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.prepare()
    left = Draft(kind="activemq", shape="hub-spoke", site="prod-mq", step="hosts")
    save_draft(left, places.draft)
    pid, terminal = start(tmp_path)
    seen = read_until(terminal, b"Add  >")
    os.write(terminal, b"hub=127.0.0.1:1\r")
    seen = read_until(terminal, b"unreachable", seen)
    os.write(terminal, b"\x11")
    read_until(terminal, RESTORED, seen)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    kept = load_draft(places.draft)
    assert kept is not None
    assert kept.host("hub").port == 1


def test_a_dumb_terminal_is_asked_line_by_line(tmp_path: Path) -> None:
    pid, terminal = start(tmp_path, TERM="dumb")
    read_until(terminal, b"Product [activemq]")
    os.write(terminal, b"!q\n")
    read_until(terminal, b"Your answers are kept")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_terminal_without_utf8_gets_ascii_alone(tmp_path: Path) -> None:
    pid, terminal = start(tmp_path, LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    seen = read_until(terminal, b"Site name")
    os.write(terminal, b"\x11")
    seen = read_until(terminal, RESTORED, seen)
    os.waitpid(pid, 0)
    os.close(terminal)
    assert seen.isascii()
