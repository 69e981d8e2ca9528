"""Measure, and print what was measured beside what a user would pick instead."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


def processor(act: Callable[[], object]) -> float:
    """Give the seconds of processor that an act and the commands it waited for took."""
    start = time.process_time() + _children()
    act()
    return time.process_time() + _children() - start


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


@dataclass(frozen=True, order=True)
class Spent:
    """Hold what a command took, in seconds: by the clock, and of this machine's processors."""

    wall: float
    cpu: float


def spent(words: Sequence[str | Path], cwd: Path) -> Spent:
    """Run a command that must answer 0, and give what it and its children took."""
    before, start = _children(), time.perf_counter()
    command(words, cwd)
    return Spent(time.perf_counter() - start, _children() - before)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def columns(title: str, rows: Mapping[str, tuple[Spent, Spent]]) -> None:
    """Print two runs of each row; the ratios say how many times as long as the first row's."""
    print(f"\n{title}")
    print("          first run                 second run          processor, 1st / 2nd")
    base = next(iter(rows.values()))
    for name, pair in rows.items():
        times = "   ".join(
            f"{one.wall:8.2f} s {one.wall / own.wall:7.1f} x"
            for one, own in zip(pair, base, strict=True)
        )
        print(f"  {times}   {pair[0].cpu:7.2f} s {pair[1].cpu:6.2f} s  {name}")
