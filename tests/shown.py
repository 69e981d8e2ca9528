"""See what every process of the machine shows of itself: its arguments and its environment."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

YOUNG, SELDOM = 50, 20


@dataclass
class Shown:
    """Everything that was seen, by as many looks as were taken at each process."""

    seen: set[bytes] = field(default_factory=set)
    looks: Counter[str] = field(default_factory=Counter)

    def look(self) -> None:
        """Look at each process, at an old one less often: what it runs changes when it is young."""
        for number in filter(str.isdigit, os.listdir("/proc")):
            self.looks[number] += 1
            if self.looks[number] < YOUNG or not self.looks[number] % SELDOM:
                for name in ("cmdline", "environ"):
                    try:
                        self.seen.add(Path("/proc", number, name).read_bytes())
                    except OSError:
                        continue
