"""Run one command of an SSH session and carry its three streams over the channel."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

CHUNK = 65536
REPLY_SECONDS = 1.0
"""How long output waits for the reply to the request; a client may have asked for none."""

INPUT_SECONDS = 5.0
"""How long the end of the input is waited for, once the channel is closed."""


class Execution:
    """Run `/bin/sh -c command` for one channel, as sshd does without a terminal.

    Hanging up ends standard input and makes further output fail, but signals nobody: what must end
    with the connection has to notice the end of its input.  `replied` is set once the client has
    been told that the command was accepted; nothing overtakes that reply.
    """

    def __init__(
        self, channel: Any, command: bytes, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.replied = threading.Event()
        self._channel = channel
        self._process = subprocess.Popen(
            [b"/bin/sh", b"-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        )
        self._thread = threading.Thread(target=self._carry, name="demo-exec", daemon=True)

    def start(self) -> None:
        """Start to carry the streams."""
        self._thread.start()

    def end(self, number: signal.Signals) -> None:
        """Signal the command and what it started in its session, if it still runs."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, number)

    def join(self, seconds: float) -> bool:
        """Wait for the end of the command and of its streams; tell whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _carry(self) -> None:
        process, channel = self._process, self._channel
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.replied.wait(REPLY_SECONDS)
        fed = _thread(_feed, channel, process.stdin)
        out = _thread(_drain, process.stdout, channel.sendall)
        err = _thread(_drain, process.stderr, channel.sendall_stderr)
        code = process.wait()
        out.join()
        err.join()
        _hang_up(channel, code)
        # What was started by the command and outlives it may hold its input, and never read it
        fed.join(INPUT_SECONDS)


def _thread(target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, name="demo-stream", daemon=True)
    thread.start()
    return thread


def _feed(channel: Any, pipe: IO[bytes]) -> None:
    """Carry the client's data to the command; what the command no longer reads is thrown away.

    Throwing away keeps the window open, so that a client that sends to a command that has closed
    its input is not stuck (OpenSSH does the same).
    """
    try:
        while data := channel.recv(CHUNK):
            _write(pipe, data)
    except OSError:
        pass
    finally:
        with contextlib.suppress(OSError):
            pipe.close()


def _write(pipe: IO[bytes], data: bytes) -> None:
    if pipe.closed:
        return
    view = memoryview(data)
    try:
        while view:
            view = view[pipe.write(view) :]
    except OSError:
        with contextlib.suppress(OSError):
            pipe.close()


def _drain(pipe: IO[bytes], send: Callable[[bytes], None]) -> None:
    """Carry the command's data to the client until its end, or until the client is gone."""
    with pipe, contextlib.suppress(OSError, EOFError):
        while data := pipe.read(CHUNK):
            send(data)


def _hang_up(channel: Any, code: int) -> None:
    import paramiko

    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        if code >= 0:
            channel.send_exit_status(code)
        else:
            channel.transport._send_user_message(_exit_signal(channel.remote_chanid, -code))
        channel.shutdown_write()
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        channel.close()


def _exit_signal(channel: int, number: int) -> Any:
    """Give the message of RFC 4254, 6.10 for a command that a signal ended."""
    import paramiko
    from paramiko.common import cMSG_CHANNEL_REQUEST

    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(channel)
    message.add_string("exit-signal")
    message.add_boolean(False)
    message.add_string(signal.Signals(number).name.removeprefix("SIG"))
    message.add_boolean(False)
    message.add_string("")
    message.add_string("")
    return message
