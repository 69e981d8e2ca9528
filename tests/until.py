"""Wait for something that other processes do, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SHORTEST, LONGEST = 0.02, 0.5
SHARE = 0.05
"""The pause grows with the wait: looking costs a process on a lab host, and cores are shared."""


def until(check: Callable[[], T], seconds: float, what: str, *, longest: float = LONGEST) -> T:
    """Call check again and again and return its first true answer.

    what completes the sentence "waited 5 s for ...". A moment that passes by itself is not missed
    with a short `longest` pause. Raises TimeoutError when seconds have passed without a true
    answer; an exception of check itself ends the wait at once.
    """
    began = time.monotonic()
    while True:
        answer = check()
        if answer:
            return answer
        waited = time.monotonic() - began
        if waited >= seconds:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(min(longest, max(SHORTEST, waited * SHARE)))
