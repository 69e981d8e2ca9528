"""Bend paramiko's Transport where many hosts share one connection, and where it loses words.

The channels of one connection close at different times.  paramiko lets go of a channel's lock
before it sends, so data can leave after the message that closes the channel; OpenSSH answers by
ending the whole connection (paramiko #1705), and with it every host behind that jump host.
"""

from __future__ import annotations

import threading
from typing import Any

import paramiko
from paramiko.packet import Packetizer

from app.quoting import calm


class OrderedChannel(paramiko.Channel):  # type: ignore[misc]
    """Send nothing after the message that closes the channel."""

    order: threading.Lock

    def close(self) -> None:
        """Close the channel once what is being sent is out."""
        with self.order:
            super().close()

    def shutdown(self, how: int) -> None:
        """End one direction or both once what is being sent is out."""
        with self.order:
            super().shutdown(how)

    def _send(self, data: bytes, message: Any) -> int:
        """Send as much as the window takes; the wait for a window does not hold the order."""
        with self.lock:
            if self.closed:
                raise OSError("Socket is closed")
            size = int(self._wait_for_send_window(len(data)))
            if size == 0:
                return 0
            message.add_string(data[:size])
        with self.order:
            if self.closed or self.eof_sent:
                raise OSError("Socket is closed")
            self.transport._send_user_message(message)
        return size

    def _handle_close(self, message: Any) -> None:
        """Answer the peer's close without ever blocking the thread that reads the connection.

        Whoever is sending may wait for that very thread to finish a key exchange.
        """
        if self.order.acquire(blocking=False):
            try:
                super()._handle_close(message)
            finally:
                self.order.release()
        else:
            threading.Thread(target=self._close_later, args=(message,), daemon=True).start()

    def _close_later(self, message: Any) -> None:
        with self.order:
            super()._handle_close(message)


class Line(paramiko.Transport):  # type: ignore[misc]
    """Hold one SSH connection whose channels may close while others work.

    `host_key_types` are asked for in exactly this order.
    """

    spoken: tuple[str, ...] = tuple(paramiko.Transport._preferred_keys)
    """The types of host key that can be judged here."""

    def __init__(self, sock: Any, host_key_types: tuple[str, ...] = ()) -> None:
        self._wanted = host_key_types
        super().__init__(sock, packetizer_class=_Greeted)

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """Give the types of host key to ask for, the most wanted first."""
        return self._wanted or tuple(super().preferred_keys)

    @property
    def greeting(self) -> str:
        """Give what the other side said before it spoke SSH, in one line; empty for nothing.

        That is where sshd says that it takes no more connections.
        """
        said = " ".join(line for line in self.packetizer.heard if not line.startswith("SSH-"))
        return " ".join(calm(said, 300).split())

    def open_channel(self, *args: Any, **kwargs: Any) -> Any:
        """Open a channel that keeps its order."""
        channel = super().open_channel(*args, **kwargs)
        channel.order = threading.Lock()
        channel.__class__ = OrderedChannel
        return channel


class _Greeted(Packetizer):  # type: ignore[misc]
    """Remember the lines that came before the first packet."""

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        self.heard: list[str] = []

    def readline(self, timeout: float) -> str:
        line = str(super().readline(timeout))
        self.heard.append(line)
        return line
