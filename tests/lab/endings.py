"""Take a lab down before anything else when a signal ends the session.

A test that is interrupted may wait for minutes for its own processes and threads, while whoever
interrupts it (pytest-xdist, a CI system) kills after seconds.
"""

from __future__ import annotations

import atexit
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tests.lab.hosts import Lab

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def guarded(lab: Lab) -> Iterator[Lab]:
    """Hold a lab up for a block; a signal takes it down, and then ends the block as Ctrl-C does."""
    before = {number: signal.getsignal(number) for number in ENDINGS}

    def take_down() -> None:
        # A second signal must not break off what the first began.
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        try:
            lab.stop()
        finally:
            for number, action in before.items():
                signal.signal(number, action)

    def end(number: int, frame: FrameType | None) -> None:
        take_down()
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in ENDINGS:
        signal.signal(number, end)
    atexit.register(lab.stop)
    try:
        lab.start()
        yield lab
    finally:
        take_down()
        atexit.unregister(lab.stop)
