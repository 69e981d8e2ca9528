"""Go the whole way without a screen: plan, apply, apply again, verify."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.demo.broker import PID_FILE
from app.demo.front import command_line
from app.demo.place import Place
from app.errors import Exit

Say = Callable[[str], None]
State = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Stage:
    """Hold one command of the journey and the exit code that it must have."""

    title: str
    arguments: tuple[str, ...]
    exit: Exit = Exit.OK


FIRST = (
    Stage("What would change", ("plan",), Exit.CHANGES),
    Stage("Apply it", ("apply", "--yes")),
)
AGAIN = (
    Stage("What would change now", ("plan",)),
    Stage("Apply again: there must be nothing to do", ("apply", "--yes")),
)
PROOF = Stage("Prove every link", ("verify",))


def journey(place: Place, say: Say) -> int:
    """Run all stages and answer 0 when each ended as it must.

    The second apply must neither write a file nor restart a broker on any host.
    """
    began = time.monotonic()
    for stage in FIRST:
        if code := _run(place, stage, say):
            return code
    before = state(place)
    for stage in AGAIN:
        if code := _run(place, stage, say):
            return code
    touched = sorted(k for k, v in (before.items() ^ state(place).items()))
    if touched:
        say(f"The second apply touched {', '.join(dict.fromkeys(touched))}")
        return int(Exit.FAILED)
    if code := _run(place, PROOF, say):
        return code
    say(f"The demo went the whole way in {time.monotonic() - began:.1f} s; the second apply "
        "wrote no file and restarted no broker.")  # fmt: skip
    return 0


def _run(place: Place, stage: Stage, say: Say) -> int:
    """Run one stage; gives 0, or the exit code that the demo ends with."""
    say(f"\n== {stage.title}: tlswright {' '.join(stage.arguments)}")
    code = subprocess.call(command_line(place, *stage.arguments), stdin=subprocess.DEVNULL)
    if code == stage.exit:
        return 0
    say(f"tlswright {' '.join(stage.arguments)} answered {code} instead of {int(stage.exit)}")
    return code if code > 0 else int(Exit.FAILED)


def state(place: Place) -> State:
    """Give inode and time of every configuration file, and of the brokers' pid files."""
    found: list[Path] = []
    for host in place.hosts():
        root = place.root(host.name)
        found += [*root.glob("etc/activemq/**/*"), root / PID_FILE]
    return {
        str(path.relative_to(place.dir)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in found
        if path.is_file()
    }
