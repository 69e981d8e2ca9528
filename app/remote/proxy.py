"""Reach a host through a command of the user's, as ssh does with ProxyCommand.

The command is run by the user's shell and speaks over a pair of sockets; what it complains about
is kept for the error, for it must not write on the screen.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import threading
from contextlib import suppress
from typing import IO

from app.quoting import calm

_SAID = 2000
_PATIENCE = 2.0


class ProxySocket(socket.socket):
    """Hold our end of the pair; the command ends with it."""

    said: str = ""
    """What the command complained about, calm and in one line, once it is over."""
    ended: int | None = None
    """The exit code of a command that ended by itself."""
    _process: subprocess.Popen[bytes] | None = None
    _errors: IO[bytes] | None = None
    _closing: threading.Lock

    def close(self) -> None:
        """Hang up, and end the command where it does not end by itself."""
        super().close()
        with self._closing:
            process, self._process = self._process, None
            if process is not None:
                self._end(process)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        try:
            self.ended = process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
        if self._errors is not None:
            self._errors.seek(0)
            said = self._errors.read(_SAID).decode("utf-8", "replace")
            self.said = " ".join(calm(said, 300).split())
            self._errors.close()


def open_proxy(command: str, shell: str, seconds: float) -> ProxySocket:
    """Start the command; raises OSError where the shell cannot be run."""
    ours, theirs = socket.socketpair()
    sock = ProxySocket(fileno=ours.detach())
    sock._closing = threading.Lock()
    sock.settimeout(seconds)
    errors = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the socket)
    try:
        sock._process = subprocess.Popen(
            [shell, "-c", f"exec {command}"], stdin=theirs.fileno(), stdout=theirs.fileno(),
            stderr=errors, start_new_session=True,
        )  # fmt: skip
    except BaseException:
        errors.close()
        sock.close()
        raise
    finally:
        theirs.close()
    sock._errors = errors
    return sock
