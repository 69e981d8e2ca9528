"""Talk with one process on a host over one exec channel, always with a deadline."""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import paramiko

from app.errors import RemoteError, UnreachableError
from app.quoting import calm
from app.remote.pace import Pace, quiet

LIMIT: Final = 16 * 1024 * 1024
LONGEST_LINE: Final = 1024 * 1024
LOST: Final = "the connection was lost"
_CHUNK: Final = 64 * 1024
_PIECE: Final = 16 * 1024
_KEPT: Final = 8 * 1024


class Process:
    """Send bytes to a process and read lines from it.

    With a `mark`, what comes before that line is not the process's own answer but what profile
    files of the login shell said: it is kept apart as noise.  `tell` hears of long transfers.
    Every failure of the connection is UnreachableError with the host's name.
    """

    def __init__(
        self,
        channel: Any,
        host: str,
        mark: bytes = b"",
        tell: Callable[[str], None] = quiet,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channel = channel
        self._host = host
        self._mark = mark
        self._tell = tell
        self._clock = clock
        self._pending = b""
        self._lines: deque[bytes] = deque()
        self._read = 0
        self._noise = bytearray()
        self._errors = bytearray()
        self.begun = not mark

    def hush(self) -> None:
        """Tell nobody any more how far transfers got."""
        self._tell = quiet

    def send(self, data: bytes, seconds: float) -> bool:
        """Send all of `data`; False when the process closed its side or takes nothing any more."""
        view = memoryview(data)
        pace = self._pace(seconds, len(data))
        while view:
            self._channel.settimeout(pace.left())
            try:
                sent = self._channel.send(bytes(view[:_PIECE]))
            except (OSError, EOFError):
                return False
            if sent == 0:
                return False
            pace.moved(sent=sent)
            view = view[sent:]
        return True

    def enter(self, secret: bytes, word: bytes, seconds: float) -> bool:
        """Send a secret line and wait for the line that says it was taken; False when none came."""
        pace = self._pace(seconds)
        try:
            self.send(secret, seconds)
            while not self._heard(word):
                if not self._fill(pace):
                    return False
        except TimeoutError:
            return False
        return True

    def line(self, seconds: float) -> str | None:
        """Give the next line without its end, None when the process has ended.

        Raises TimeoutError when it does not come in time, RemoteError when more than 16 MiB came,
        or a line that is longer than any of ours.
        """
        return self._next(self._pace(seconds))

    def lines(self, seconds: float) -> Iterator[str]:
        """Give the lines up to the end of the process, under one deadline.

        A host that lets its answer drip must not hold us for ever.  Raises as `line` does.
        """
        pace = self._pace(seconds)
        while (line := self._next(pace)) is not None:
            yield line

    def said(self) -> str:
        """Give the last line that came before the process answered, calmed; empty for none."""
        text = bytes(self._noise + b"\n" + self._errors).decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return calm(lines[-1], 300) if lines else ""

    @property
    def ended(self) -> bool:
        """Tell whether the process has closed its side, or the connection is gone."""
        return bool(self._channel.closed or self._channel.eof_received)

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
        pace = self._pace(seconds, len(data))
        done = self._carry(memoryview(data), out, err, pace)
        return self._own(out, self._noise), self._own(err, self._errors), done

    def close(self) -> None:
        """Hang up."""
        try:
            self._channel.close()
        except (OSError, EOFError, paramiko.SSHException):
            pass

    def _pace(self, seconds: float, total: int = 0) -> Pace:
        return Pace(self._clock, seconds, self._tell, total)

    def _carry(self, rest: memoryview, out: bytearray, err: bytearray, pace: Pace) -> bool:
        sent_all = False
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel.fileno(), selectors.EVENT_READ)
            while not pace.over():
                before = len(rest)
                rest = self._push(rest)
                if not rest and not sent_all:
                    sent_all = True
                    self.end_input()
                got = self._pull(out, err)
                pace.moved(sent=before - len(rest), received=got)
                if got:
                    continue
                if self.ended:
                    self._pull(out, err)
                    return True
                selector.select(min(0.02 if rest else 0.5, pace.left()))
        return False

    def _own(self, data: bytearray, noise: bytearray) -> bytes:
        """Cut off what came before the mark; all of it is noise when there is none."""
        if not self._mark:
            return bytes(data)
        before, found, after = bytes(data).partition(self._mark + b"\n")
        noise += before[-_KEPT:]
        self.begun = self.begun or bool(found)
        return after

    def _next(self, pace: Pace) -> str | None:
        while True:
            self.begun = self.begun or self._heard(self._mark)
            if self.begun and self._lines:
                return self._lines.popleft().decode("utf-8", "replace")
            if not self._fill(pace):
                return self._last()

    def _heard(self, word: bytes) -> bool:
        """Take the lines up to one that is `word`; what comes before it is noise."""
        while self._lines:
            line = self._lines.popleft()
            if line == word:
                return True
            self._noise += line + b"\n"
            del self._noise[:-_KEPT]
        return False

    def _fill(self, pace: Pace) -> bool:
        """Read once more; False at the end.  Raises TimeoutError when the pace is over."""
        if pace.over():
            raise TimeoutError
        self._channel.settimeout(pace.left())
        data = self._channel.recv(_CHUNK)
        self._drain_errors()
        if not data:
            return False
        self._count(len(data))
        pace.moved(received=len(data))
        *whole, self._pending = (self._pending + data).split(b"\n")
        self._lines.extend(whole)
        if len(self._pending) > LONGEST_LINE:
            self.close()
            raise RemoteError("the host sent a line without end", host=self._host, step="read")
        return True

    def _last(self) -> str | None:
        line, self._pending = self._pending, b""
        if not line or self.begun:
            return line.decode("utf-8", "replace") if line else None
        self._noise += line
        return None

    def _push(self, rest: memoryview) -> memoryview:
        while rest and self._channel.send_ready():
            try:
                sent = self._channel.send(bytes(rest[:_PIECE]))
            except (OSError, EOFError):
                return memoryview(b"")
            if sent == 0:
                return memoryview(b"")
            rest = rest[sent:]
        return memoryview(b"") if self._channel.closed else rest

    def _pull(self, out: bytearray, err: bytearray) -> int:
        got = 0
        while self._channel.recv_ready():
            data = self._channel.recv(_CHUNK)
            self._count(len(data))
            out += data
            got += len(data)
        while self._channel.recv_stderr_ready():
            data = self._channel.recv_stderr(_CHUNK)
            self._count(len(data))
            err += data
            got += len(data)
        return got

    def _drain_errors(self) -> None:
        while self._channel.recv_stderr_ready():
            data = self._channel.recv_stderr(_CHUNK)
            self._count(len(data))
            self._errors += data
            del self._errors[:-_KEPT]

    def _count(self, size: int) -> None:
        self._read += size
        if self._read > LIMIT:
            self.close()
            raise RemoteError("the host sent more than 16 MiB", host=self._host, step="read")


def start(
    transport: Any,
    command: str,
    host: str,
    seconds: float = 20.0,
    mark: bytes = b"",
    tell: Callable[[str], None] = quiet,
) -> Process:
    """Open a channel and start a command; raises UnreachableError when the connection is gone."""
    try:
        channel = transport.open_session(timeout=seconds)
        channel.settimeout(seconds)
        channel.exec_command(command)
    except (paramiko.SSHException, OSError, EOFError) as error:
        if transport.is_active() and not isinstance(error, TimeoutError):
            raise UnreachableError(
                "the host lets us in, but refuses to run a command", host=host,
                hint="its sshd may limit sessions (MaxSessions) or commands for this user",
            ) from error  # fmt: skip
        raise UnreachableError(f"{LOST}: {error}" if str(error) else LOST, host=host) from error
    return Process(channel, host, mark, tell)
