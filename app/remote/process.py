"""Talk with one process on a host over one exec channel, always with a deadline."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import paramiko

from app.errors import RemoteError, UnreachableError

LIMIT: Final = 16 * 1024 * 1024
_CHUNK: Final = 64 * 1024
LOST: Final = "the connection was lost"


class Process:
    """Send bytes to a process and read lines from it.

    Every failure of the connection is UnreachableError with the host's name.
    """

    def __init__(
        self, channel: Any, host: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._channel = channel
        self._host = host
        self._clock = clock
        self._pending = b""
        self._read = 0

    def send(self, data: bytes, seconds: float) -> bool:
        """Send all of `data`; False when the process has closed its side meanwhile."""
        view = memoryview(data)
        end = self._clock() + seconds
        while view:
            self._channel.settimeout(max(0.01, end - self._clock()))
            try:
                sent = self._channel.send(bytes(view[:_CHUNK]))
            except (OSError, EOFError):
                return False
            if sent == 0:
                return False
            view = view[sent:]
        return True

    def line(self, seconds: float) -> str | None:
        """Give the next line without its end, None when the process has ended.

        Raises TimeoutError after `seconds`, RemoteError when more than 16 MiB came.
        """
        end = self._clock() + seconds
        while b"\n" not in self._pending:
            self._channel.settimeout(max(0.01, end - self._clock()))
            data = self._channel.recv(_CHUNK)
            self._drain_errors()
            if not data:
                return self._last()
            self._count(len(data))
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode("utf-8", "replace")

    def lines(self, seconds: float) -> Iterator[str]:
        """Give the lines up to the end of the process, all of them within `seconds`.

        A host that lets its answer drip must not hold us for ever.  Raises as `line` does.
        """
        end = self._clock() + seconds
        while (line := self.line(max(0.01, end - self._clock()))) is not None:
            yield line

    def end_input(self) -> None:
        """Tell the process that nothing more comes."""
        try:
            self._channel.shutdown_write()
        except (OSError, EOFError, paramiko.SSHException):
            pass

    def code(self, seconds: float = 10.0) -> int:
        """Give the exit status, -1 when the host did not tell one."""
        self._channel.status_event.wait(seconds)
        return int(self._channel.exit_status) if self._channel.exit_status_ready() else -1

    def collect(self, data: bytes, seconds: float) -> tuple[bytes, bytes, bool]:
        """Send `data` and read both outputs to their end: (output, errors, finished in time)."""
        out, err = bytearray(), bytearray()
        end = self._clock() + seconds
        rest = memoryview(data)
        sent_all = False
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel.fileno(), selectors.EVENT_READ)
            while self._clock() < end:
                rest = self._push(rest)
                if not rest and not sent_all:
                    sent_all = True
                    self.end_input()
                if self._pull(out, err):
                    continue
                if self._over():
                    self._pull(out, err)
                    return bytes(out), bytes(err), True
                selector.select(min(0.02 if rest else 0.5, max(0.0, end - self._clock())))
        return bytes(out), bytes(err), False

    def close(self) -> None:
        """Hang up."""
        try:
            self._channel.close()
        except (OSError, EOFError, paramiko.SSHException):
            pass

    def _push(self, rest: memoryview) -> memoryview:
        while rest and self._channel.send_ready():
            try:
                sent = self._channel.send(bytes(rest[:_CHUNK]))
            except (OSError, EOFError):
                return memoryview(b"")
            if sent == 0:
                return memoryview(b"")
            rest = rest[sent:]
        return memoryview(b"") if self._channel.closed else rest

    def _pull(self, out: bytearray, err: bytearray) -> bool:
        got = False
        while self._channel.recv_ready():
            data = self._channel.recv(_CHUNK)
            self._count(len(data))
            out += data
            got = got or bool(data)
        while self._channel.recv_stderr_ready():
            data = self._channel.recv_stderr(_CHUNK)
            self._count(len(data))
            err += data
            got = got or bool(data)
        return got

    def _over(self) -> bool:
        return bool(self._channel.closed or self._channel.eof_received)

    def _drain_errors(self) -> None:
        while self._channel.recv_stderr_ready():
            self._count(len(self._channel.recv_stderr(_CHUNK)))

    def _count(self, size: int) -> None:
        self._read += size
        if self._read > LIMIT:
            self.close()
            raise RemoteError("the host sent more than 16 MiB", host=self._host, step="read")

    def _last(self) -> str | None:
        line, self._pending = self._pending, b""
        return line.decode("utf-8", "replace") if line else None


def start(transport: Any, command: str, host: str, seconds: float = 20.0) -> Process:
    """Open a channel and start a command; raises UnreachableError when the connection is gone."""
    try:
        channel = transport.open_session(timeout=seconds)
        channel.settimeout(seconds)
        channel.exec_command(command)
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise UnreachableError(f"{LOST}: {error}" if str(error) else LOST, host=host) from error
    return Process(channel, host)
