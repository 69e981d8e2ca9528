"""The one way to wait in these tests: poll until something holds, or fail at a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(holds: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Poll `holds` every 20 ms; fails with `what` in words after `seconds`."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.02)
