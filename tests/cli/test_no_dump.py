"""A process that may hold a passphrase leaves no memory behind when it dies."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.cli.command import init
from tests.until import until

PLAIN = [sys.executable, "-P", "-c", "import sys; sys.stdin.read()"]


@contextmanager
def _waiting(words: Sequence[str], cwd: Path) -> Iterator[int]:
    """Start a program that may dump as far as its caller is concerned, and give its pid."""

    def allow() -> None:
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        # A shell that runs the tests in the background lets them ignore it.
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)

    started = subprocess.Popen(words, cwd=cwd, stdin=subprocess.PIPE, preexec_fn=allow)
    try:
        yield started.pid
    finally:
        started.send_signal(signal.SIGQUIT)
        started.communicate()


def _limit(pid: int) -> str:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[4] for line in lines if line.startswith("Max core file size"))


def _filter(pid: int) -> int:
    """Give which kinds of memory a dump of the process would hold, as bits."""
    return int(Path(f"/proc/{pid}/coredump_filter").read_text(), 16)


def test_a_verb_that_waits_for_its_passphrase_cannot_be_dumped(tmp_path: Path) -> None:
    init(tmp_path)
    fifo = tmp_path / "waits"
    os.mkfifo(fifo, 0o600)
    verb = [sys.executable, "-P", "-m", "app.cli.main", "-C", str(tmp_path), "--passphrase-file",
            str(fifo), "vault", "check"]  # fmt: skip
    with _waiting(verb, tmp_path) as pid:
        until(lambda: _limit(pid) == "0" and not _filter(pid), 60, "dumps to be forbidden")
    assert not list(tmp_path.glob("core*"))
    with _waiting(PLAIN, tmp_path) as pid:
        assert _filter(pid), "any other program's memory would be dumped"
    for dump in tmp_path.glob("core*"):
        dump.unlink()
