"""Reach a host through a command of the user's, as ssh does with ProxyCommand.

The command is run by the user's shell and speaks over a pair of sockets; what it complains about
is kept for the error, for it must not write on the screen.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
from contextlib import suppress
from typing import IO

from app.quoting import calm

_SAID = 2000
_PATIENCE = 2.0


class ProxySocket(socket.socket):
    """Hold our end of the pair; the command ends with it."""

    _process: subprocess.Popen[bytes] | None = None
    _errors: IO[bytes] | None = None

    @property
    def said(self) -> str:
        """Give what the command complained about, calm and in one line."""
        if self._errors is None or self._errors.closed:
            return ""
        self._errors.seek(0)
        return " ".join(calm(self._errors.read(_SAID).decode("utf-8", "replace"), 300).split())

    @property
    def ended(self) -> int | None:
        """Give the exit code of the command when it has ended."""
        return self._process.poll() if self._process is not None else None

    def close(self) -> None:
        """Hang up, and end the command where it does not end by itself."""
        super().close()
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
        if self._errors is not None:
            self._errors.close()


def open_proxy(command: str, shell: str, seconds: float) -> ProxySocket:
    """Start the command; raises OSError where the shell cannot be run."""
    ours, theirs = socket.socketpair()
    sock = ProxySocket(fileno=ours.detach())
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
