"""Run the command line in a process of its own that need not import it first.

A command spends half a second of a core on imports, more than on all that it does in most tests.
One server for each test process has them done and forks; what runs is the real command, with its
own session, folder, environment and standard descriptors.  How a command starts from nothing is
proven by tests that start one (tests/cli/test_imports.py, test_wheel.py, all terminals).
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests import warm_server
from tests.warm_server import MAIN, ask

SERVER = Path(__file__).with_name("warm_server.py")
# What a process reads of its environment before it runs anything of ours.
LOCALE = {"LANG": "C.UTF-8", "PYTHONWARNINGS": "error"}
_LOCK = threading.Lock()
_SERVERS: dict[tuple[int, str], _Server] = {}


@dataclass
class _Server:
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def socket(self) -> str:
        return str(self.folder / "socket")

    def stop(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def command(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    input: str = "",
    seconds: float,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, as subprocess.run does; raises TimeoutExpired.

    LANG must be C.UTF-8, as it is for the server.
    """  # fmt: skip
    assert environment["LANG"] == LOCALE["LANG"]
    with ExitStack() as stack:
        out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        reading, writing = os.pipe()
        asker, pid = ask(
            _server(environment.get("PYTHONWARNINGS", "")).socket, MAIN, arguments, str(cwd),
            environment, [reading, out.fileno(), err.fileno()],
        )  # fmt: skip
        stack.enter_context(asker)
        os.close(reading)
        with open(writing, "wb") as pipe, suppress(BrokenPipeError):
            pipe.write(input.encode())
        asker.settimeout(seconds)
        try:
            code = int(asker.recv(32))
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired([*arguments], seconds, _read(out), _read(err)) from None
        said, told = (_read(file).decode() for file in (out, err))
        return subprocess.CompletedProcess([*arguments], code, said, told)


def spawn(directory: Path, run: str, folder: Path, secrets: bytes) -> None:
    """Start a run, see app.engine.spawn."""
    warm_server.spawn(_server("").socket, directory, run, folder, secrets)


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _server(warnings: str) -> _Server:
    """Give the server of this process, which is started at its first command."""
    with _LOCK:
        found = _SERVERS.get((os.getpid(), warnings))
        if found is None:
            found = _SERVERS[os.getpid(), warnings] = _start(warnings)
        return found


def _start(warnings: str) -> _Server:
    folder = Path(tempfile.mkdtemp(prefix="tlswright-warm-"))
    environment = {"PATH": os.environ["PATH"], "LANG": LOCALE["LANG"], "HOME": str(folder)}
    if warnings:
        environment["PYTHONWARNINGS"] = warnings
    process = subprocess.Popen(
        [sys.executable, "-P", str(SERVER), str(folder / "socket")], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, env=environment, cwd="/", start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said == b"ready\n", said
    found = _Server(folder, process)
    atexit.register(found.stop)
    return found
