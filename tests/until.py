"""Wait for something that other processes do, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.02


def until(check: Callable[[], T], seconds: float, what: str) -> T:
    """Call check again and again and return its first true answer.

    what completes the sentence "waited 5 s for ...". Raises TimeoutError when seconds have passed
    without a true answer; an exception of check itself ends the wait at once.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(PAUSE)
