"""Run tlswright's own runs in processes that end, or wait, at an exact event.

A run's process is forked from a server that has imported everything, since a matrix of faults
needs hundreds of them; what it carries out is `app.engine.worker`, as ever.  The event at which it
is killed or held is on the disk; nothing later is.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import sys
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from app.engine.journal import alive
from tests.until import until

PRELOAD = [
    "app.engine.worker", "app.remote.ssh", "app.pki.vault", "app.pki.authority", "app.pki.stores",
    "app.kinds.activemq", "app.verify.probe", "app.verify.remote_probe", "app.plan.make",
]  # fmt: skip
START_SECONDS = 60


@dataclass(frozen=True)
class At:
    """Choose an event: the first that has all that is given; `seq` numbers a run's events."""

    seq: int = -1
    kind: str = ""
    host: str = ""
    state: str = ""
    text: str = ""

    def meets(self, seq: int, kind: str, text: str, host: str, state: str) -> bool:
        """Tell whether an event is the chosen one."""
        return (
            self.seq in (-1, seq)
            and self.kind in ("", kind)
            and self.host in ("", host)
            and self.state in ("", state)
            and text.startswith(self.text)
        )


@dataclass
class Started:
    """Hold a run's process, which waits at its event until it is told to go on."""

    process: Any
    line: Connection

    def waits(self, seconds: float = START_SECONDS) -> None:
        """Wait until the run has come to its event; raises AssertionError where it never does."""
        assert self.line.poll(seconds), "the run never came to the event"
        assert self.line.recv() == "here"

    def go_on(self) -> None:
        """Let it go on."""
        self.line.send("on")

    def end(self, seconds: float) -> int:
        """Wait for the end of the process; gives its exit code, negative for a signal."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, "the run's process does not end"
        return int(self.process.exitcode)


@dataclass
class Runs:
    """Start runs for a Front, each as `at` and `how` say at that moment."""

    home: Path
    at: At | None = None
    how: Literal["kill", "wait"] = "kill"
    started: list[Started] = field(default_factory=list)

    def spawn(self, directory: Path, run: str, folder: Path, secrets: bytes) -> None:
        """Start a run, see app.engine.spawn."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOAD)
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_carry, daemon=True,
            args=(str(directory), run, str(folder), secrets, str(self.home), self.at, self.how,
                  theirs),
        )  # fmt: skip
        process.start()
        theirs.close()
        self.started.append(Started(process, ours))
        journal = folder / "journal.jsonl"
        until(lambda: alive(journal) or process.exitcode is not None, START_SECONDS, "a run")


def _carry(
    directory: str, run: str, folder: str, secrets: bytes, home: str, at: At | None, how: str,
    line: Connection,
) -> None:  # fmt: skip
    from app.engine import journal, worker

    os.setsid()
    os.environ.clear()
    os.environ.update({"HOME": home, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"})
    os.chdir("/")
    log = os.open(f"{folder}/worker.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdin = io.TextIOWrapper(io.BytesIO(secrets))
    if at is not None:
        _stop_at(journal.Journal, at, how, line)
    os._exit(worker.main([directory, run]))


def _stop_at(journal: Any, at: At, how: str, line: Connection) -> None:
    """Let the first event that is chosen be the last one, or be waited behind."""
    emit, came = journal.emit, [False]

    def stopping(self: Any, kind: str, text: str = "", **more: Any) -> None:
        emit(self, kind, text, **more)
        seq = self._seq - 1
        if came[0] or not at.meets(seq, kind, text, more.get("host", ""), more.get("state", "")):
            return
        came[0] = True
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        line.send("here")
        line.recv()

    journal.emit = stopping
