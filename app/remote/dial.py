"""Open a TCP connection that does not wait for itself and notices a dead peer.

Without TCP_NODELAY and TCP_QUICKACK an SSH login loses three times 40 ms to Nagle's algorithm and
delayed acknowledgements; TCP_USER_TIMEOUT ends a connection whose data nobody acknowledges.
TCP_NOTSENT_LOWAT keeps what waits in the kernel short: what is written has nearly left, so that
progress can be told, and a ping is not behind megabytes.
"""

from __future__ import annotations

import socket
import time
from typing import Any

_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)
_NOT_SENT = getattr(socket, "TCP_NOTSENT_LOWAT", None)
DEAD_AFTER_MS = 30_000
_WAITING_BYTES = 8 * 1024


class QuickSocket(socket.socket):
    """Acknowledge at once: the kernel forgets TCP_QUICKACK, so it is set again at each read.

    `round_trip` is how many seconds it took to be connected.
    """

    round_trip = 0.0

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Read, then ask for immediate acknowledgement again."""
        data = super().recv(bufsize, flags)
        if _QUICKACK is not None and data:
            try:
                self.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            except OSError:
                pass
        return data


FAMILIES = {"any": socket.AF_UNSPEC, "inet": socket.AF_INET, "inet6": socket.AF_INET6}


def dial(
    address: str, port: int, seconds: float, *, family: str = "any", bind: str = ""
) -> QuickSocket:
    """Connect to the first address that answers; raises OSError with the last reason.

    `family` is any, inet or inet6; `bind` is the address of ours to dial from.
    """
    last: OSError = OSError(f"{address} has no address")
    found = socket.getaddrinfo(address, port, FAMILIES[family], type=socket.SOCK_STREAM)
    for number, kind, proto, _, place in found:
        sock = QuickSocket(number, kind, proto)
        try:
            sock.settimeout(seconds)
            _tune(sock)
            if bind:
                sock.bind((bind, 0))
            began = time.monotonic()
            sock.connect(place)
            sock.round_trip = time.monotonic() - began
        except OSError as error:
            sock.close()
            last = error
        else:
            return sock
    raise last


def _tune(sock: socket.socket) -> None:
    options: list[tuple[int, Any, int]] = [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, _USER_TIMEOUT, DEAD_AFTER_MS),
        (socket.IPPROTO_TCP, _NOT_SENT, _WAITING_BYTES),
        (socket.IPPROTO_TCP, _QUICKACK, 1),
    ]
    for level, option, value in options:
        if option is not None:
            try:
                sock.setsockopt(level, option, value)
            except OSError:
                continue
