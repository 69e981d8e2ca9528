"""Asking a live run to stop: a socket in the run's directory, for its owner only."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from app.errors import UsageError

Ask = Literal["stop", "stop-now"]
NAME = "control"


class StopFlag:
    """Hold what was asked: nothing, `stop` (after this step) or `stop-now` (undo this step)."""

    def __init__(self) -> None:
        self._asked: Ask | None = None
        self._event = threading.Event()

    @property
    def asked(self) -> Ask | None:
        """Give what was asked so far."""
        return self._asked

    @property
    def now(self) -> bool:
        """Tell whether the current step is to be undone."""
        return self._asked == "stop-now"

    def ask(self, what: Ask) -> None:
        """Ask for a stop; `stop-now` outweighs `stop`."""
        if self._asked != "stop-now":
            self._asked = what
        self._event.set()


def listen(folder: Path, on_ask: Callable[[Ask], None]) -> Callable[[], None]:
    """Listen for requests in a thread of its own; gives the function that ends it."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = folder / NAME
    path.unlink(missing_ok=True)
    with _Short(folder) as short:
        server.bind(short)
    path.chmod(0o600)
    server.listen(4)
    thread = threading.Thread(target=_serve, args=(server, on_ask), daemon=True)
    thread.start()

    def end() -> None:
        path.unlink(missing_ok=True)
        server.close()

    return end


def _serve(server: socket.socket, on_ask: Callable[[Ask], None]) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            client.settimeout(5)
            try:
                word = client.recv(32).decode("ascii", "replace").strip()
                if word == "stop":
                    on_ask("stop")
                elif word == "stop-now":
                    on_ask("stop-now")
                client.sendall(b"ok\n")
            except OSError:
                continue


def ask(folder: Path, what: Ask) -> None:
    """Ask the run in `folder` to stop; raises UsageError when no run listens there."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(5)
    try:
        with _Short(folder) as short:
            client.connect(short)
        client.sendall(f"{what}\n".encode())
        client.recv(8)
    except OSError as error:
        raise UsageError(
            f"the run {folder.name} cannot be asked: it is not running",
            hint="`tlswright runs` lists the runs.",
        ) from error
    finally:
        client.close()


class _Short:
    """Give a path to the socket that fits the 108 bytes of an address, however deep the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fd = -1

    def __enter__(self) -> str:
        if len(os.fsencode(self._folder / NAME)) < 100 or not Path("/proc/self/fd").exists():
            return str(self._folder / NAME)
        self._fd = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._fd}/{NAME}"

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            os.close(self._fd)
