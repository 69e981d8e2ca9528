"""Measure, and print what was measured beside what a user would pick instead."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median


def seconds(act: Callable[[], object], times: int = 1) -> float:
    """Give the median time of an act, in seconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append(time.perf_counter() - start)
    return median(found)


def command(words: Sequence[str | Path], cwd: Path, data: bytes = b"") -> None:
    """Run a command that must answer 0."""
    done = subprocess.run(words, cwd=cwd, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def table(title: str, rows: Sequence[tuple[str, float]], note: str = "") -> None:
    """Print times, each with its ratio to the first: how many times longer it takes."""
    print(f"\n{title}")
    base = rows[0][1]
    for name, took in rows:
        print(f"  {took * 1000:10.1f} ms  {took / base:8.1f} x  {name}")
    if note:
        print(f"  {note}")
