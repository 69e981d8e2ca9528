"""Keep a deadline that is about progress, and tell now and then how far a slow transfer got.

Every KiB that moves in either direction gives a second more: a line of 64 kbit/s that sixteen hosts
share is waited for, and a host that lets its answer drip is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

SLOWEST: Final = 1024
"""Bytes in a second; what moves slower than this for long counts as standing still."""
FIRST_SECONDS: Final = 2.0
NEXT_SECONDS: Final = 5.0
_KIB: Final = 1024


def quiet(_text: str) -> None:
    """Tell nobody."""


class Pace:
    """Hold one transfer's deadline: `seconds` without a byte, or that long below the slowest."""

    def __init__(
        self,
        clock: Callable[[], float],
        seconds: float,
        tell: Callable[[str], None] = quiet,
        total: int = 0,
    ) -> None:
        self._clock = clock
        now = clock()
        self._end = now + seconds
        self._next = now + FIRST_SECONDS
        self._tell = tell
        self._total = total
        self._sent = self._received = self._told = 0

    def moved(self, *, sent: int = 0, received: int = 0) -> None:
        """Take note of bytes that went or came."""
        self._end += (sent + received) / SLOWEST
        self._sent += sent
        self._received += received
        moved = self._sent + self._received
        if moved - self._told >= _KIB and self._clock() >= self._next:
            self._next, self._told = self._clock() + NEXT_SECONDS, moved
            self._tell(self._words())

    def over(self) -> bool:
        """Tell whether the deadline has passed."""
        return self._clock() >= self._end

    def left(self) -> float:
        """Give the seconds to the deadline, as a time limit of a socket: never nothing."""
        return max(0.01, self._end - self._clock())

    def _words(self) -> str:
        if self._sent < self._total:
            return f"{self._sent // _KIB} of {-(-self._total // _KIB)} KiB sent"
        return f"{self._received // _KIB} KiB read" if self._received else "all is sent"
