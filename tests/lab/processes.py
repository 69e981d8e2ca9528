"""Name a process so that a later session can end it, and never another one."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from tests.until import until


@dataclass(frozen=True)
class Process:
    """A process by its number and its start time (clock ticks since boot), which is not reused."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Process:
        """Identify the process that has this pid now; raises ProcessLookupError."""
        started = _started(pid)
        if started is None:
            raise ProcessLookupError(pid)
        return cls(pid, started)

    def alive(self) -> bool:
        """Say whether this very process still runs; a zombie does not."""
        return _started(self.pid) == self.started

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this very process, or to nobody."""
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(self.pid)
            try:
                if self.alive():
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)

    def end(self, seconds: float = 10) -> None:
        """Kill it and wait until it is gone."""
        self.send(signal.SIGKILL)
        until(lambda: not self.alive(), seconds, f"process {self.pid} to end")


def children(pid: int) -> list[int]:
    """List the direct children of a process, in the order in which they were made."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    return found


def _started(pid: int) -> int | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # proc(5): the name in parentheses may hold blanks, so count from its end; state is field 3.
    fields = line[line.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else int(fields[19])
