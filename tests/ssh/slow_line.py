"""A long, thin line to a loopback port: every connection through it shares its rate."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

PIECE = 256


@dataclass
class Line:
    """Hold one line: `port` to dial, bytes a second in each direction, seconds one way.

    `stuck`, while set, lets nothing through.
    """

    rate: float
    delay: float
    port: int = 0
    stuck: threading.Event = field(default_factory=threading.Event)
    carried: int = 0
    _free: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self, way: str, size: int) -> None:
        """Wait until `size` bytes may go this way."""
        with self._lock:
            now = time.monotonic()
            begin = max(now, self._free.get(way, now))
            self._free[way] = begin + size / self.rate
            self.carried += size
        time.sleep(max(0.0, begin + size / self.rate - now))
        while self.stuck.is_set():
            time.sleep(0.05)


@contextlib.contextmanager
def slow_line(port: int, *, rate: float = 8000, delay: float = 0.1) -> Iterator[Line]:
    """Open a line to a loopback port: 64 kbit/s, and 200 ms there and back."""
    line = Line(rate, delay)
    ends: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        line.port = server.getsockname()[1]
        thread = threading.Thread(target=_accept, args=(server, port, line, ends), daemon=True)
        thread.start()
        try:
            yield line
        finally:
            line.stuck.clear()
            server.shutdown(socket.SHUT_RDWR)
            for end in ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            thread.join(5)


def _accept(server: socket.socket, port: int, line: Line, ends: list[socket.socket]) -> None:
    while True:
        try:
            near, _ = server.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", port))
        ends += [near, far]
        for sock in (near, far):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        _carry(near, far, line, "up")
        _carry(far, near, line, "down")


def _carry(source: socket.socket, sink: socket.socket, line: Line, way: str) -> None:
    """Read at the line's rate; deliver each piece after the delay, the end too."""
    flying: queue.Queue[tuple[float, bytes]] = queue.Queue()

    def read() -> None:
        data = b"x"
        while data:
            try:
                data = source.recv(PIECE)
            except OSError:
                data = b""
            line.turn(way, len(data))
            flying.put((time.monotonic() + line.delay, data))

    def write() -> None:
        data = b"x"
        while data:
            due, data = flying.get()
            time.sleep(max(0.0, due - time.monotonic()))
            with contextlib.suppress(OSError):
                if data:
                    sink.sendall(data)
                else:
                    sink.shutdown(socket.SHUT_WR)

    for work in (read, write):
        threading.Thread(target=work, daemon=True).start()
