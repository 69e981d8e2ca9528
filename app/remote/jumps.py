"""Share one connection to a jump host between all hosts behind it.

A connection of its own for each would meet the limits of sshd (MaxStartups takes about ten that
have not logged in yet) and ask a person for as many codes.  Whoever comes first opens it, the
others wait for it; the last to leave closes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import paramiko

from app.errors import HostError
from app.remote.route import Leg

Open = Callable[[Leg, Any], Any]
"""Open a transport to a machine, through another one or None."""


class Lease:
    """Hold one user's share of the connections to the jump hosts on its way."""

    def __init__(self, transport: Any, leave: Callable[[], None]) -> None:
        self.transport = transport
        self._leave = leave
        self._lock = threading.Lock()
        self._left = False

    def close(self) -> None:
        """Leave; the last one hangs up."""
        with self._lock:
            left, self._left = self._left, True
        if not left:
            self._leave()


class _Shared:
    def __init__(self) -> None:
        self.ready: Future[Any] = Future()
        self.users = 0
        self.before: Lease | None = None

    @property
    def dead(self) -> bool:
        """Tell whether the connection was lost."""
        return self.ready.done() and not self.ready.result().is_active()


class JumpHosts:
    """Hold the open connections to jump hosts, each by the whole way that leads there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: dict[tuple[Leg, ...], _Shared] = {}

    def through(self, way: tuple[Leg, ...], open_: Open) -> Lease:
        """Give a transport to the last machine of the way; raises what opening it raises."""
        with self._lock:
            shared = self._shared.get(way)
            mine = shared is None or shared.dead
            if shared is None or mine:
                shared = self._shared[way] = _Shared()
            shared.users += 1
        if mine:
            self._open(way, shared, open_)
        return Lease(shared.ready.result(), lambda: self._leave(way, shared))

    def _open(self, way: tuple[Leg, ...], shared: _Shared, open_: Open) -> None:
        *first, last = way
        try:
            shared.before = self.through(tuple(first), open_) if first else None
            shared.ready.set_result(open_(last, shared.before.transport if shared.before else None))
        except BaseException as error:
            with self._lock:
                self._forget(way, shared)
            if shared.before is not None:
                shared.before.close()
            shared.ready.set_exception(error)

    def _leave(self, way: tuple[Leg, ...], shared: _Shared) -> None:
        with self._lock:
            shared.users -= 1
            if shared.users:
                return
            self._forget(way, shared)
        with suppress(OSError, EOFError, paramiko.SSHException, HostError):
            shared.ready.result().close()
        if shared.before is not None:
            shared.before.close()

    def _forget(self, way: tuple[Leg, ...], shared: _Shared) -> None:
        if self._shared.get(way) is shared:
            del self._shared[way]
