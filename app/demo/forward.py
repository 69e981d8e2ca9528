"""Carry a forwarded connection (direct-tcpip), so that a demo host can be a jump host."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from typing import Any

CHUNK = 65536
CONNECT_SECONDS = 5.0


class Forward:
    """Join a channel and a connection to a loopback port, each half closed by itself."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    @classmethod
    def connect(cls, destination: tuple[str, int]) -> Forward | None:
        """Connect; nothing but loopback is reached, and None says that it was not."""
        try:
            if not ipaddress.ip_address(destination[0]).is_loopback:
                return None
            return cls(socket.create_connection(destination, CONNECT_SECONDS))
        except (OSError, ValueError):
            return None

    def start(self, channel: Any) -> None:
        """Carry both ways until both ends are done."""
        threading.Thread(
            target=self._carry, args=(channel,), name="demo-forward", daemon=True
        ).start()

    def _carry(self, channel: Any) -> None:
        self._connection.settimeout(None)
        back = threading.Thread(
            target=self._back, args=(channel,), name="demo-forward", daemon=True
        )
        back.start()
        with contextlib.suppress(OSError, EOFError):
            while data := channel.recv(CHUNK):
                self._connection.sendall(data)
        with contextlib.suppress(OSError):
            self._connection.shutdown(
                socket.SHUT_RDWR if channel.closed else socket.SHUT_WR,
            )
        back.join()
        self._connection.close()
        with contextlib.suppress(OSError, EOFError):
            channel.close()

    def _back(self, channel: Any) -> None:
        with contextlib.suppress(OSError, EOFError):
            while data := self._connection.recv(CHUNK):
                channel.sendall(data)
        with contextlib.suppress(OSError, EOFError):
            channel.shutdown_write()
