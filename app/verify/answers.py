"""Ask a host once what several proofs want to know at the same moment."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable

from app.observed import Output
from app.remote.base import Remote

FRESH_SECONDS = 60.0


class Answers:
    """Run equal commands of one host one after the other, and share an answer that is fresh.

    A product's own tools may take seconds of a core for each call, and one answer often tells of
    all links of a host.  Whoever changes a host begins with new Answers.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._locks: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._known: dict[tuple[str, str], tuple[float, Output]] = {}
        self._guard = threading.Lock()

    def run(self, remote: Remote, command: str, seconds: float, *, anew: bool = False) -> Output:
        """Give a command's output, at most a minute old, or from `anew` now.

        Raises what `Remote.run` raises.
        """
        key = (remote.host.name, command)
        with self._guard:
            lock = self._locks[key]
        with lock:
            known = self._known.get(key)
            if known is not None and not anew and self._clock() - known[0] < FRESH_SECONDS:
                return known[1]
            output = remote.run(command, seconds=seconds)
            self._known[key] = (self._clock(), output)
            return output
