"""The journal of one run: one JSON line per event, appended, the only source for every front end.

The process that runs holds a lock on the file for as long as it lives, so a reader can tell a run
that goes on from one that died.  A torn last line is ignored.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.events import Event, EventKind, from_line, to_line
from app.pki.secret import MASK, Secret

Clock = Callable[[], datetime]
DURABLE: frozenset[EventKind] = frozenset(
    {"run-started", "planned", "intent", "failed", "run-ended"}
)


SHORTEST = 6
"""A shorter secret is a word of any text: to mask it would tell nothing any more."""


def utc_now() -> datetime:
    """Give the time, aware, in UTC: the default clock."""
    return datetime.now(UTC)


class Journal:
    """Append events to `journal.jsonl`; safe to call from several threads.

    Events that a later run must be able to read (`DURABLE`) are on the disk when `emit` returns.
    """

    def __init__(self, path: Path, run: str, clock: Clock = utc_now) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._run, self._clock = run, clock
        self._lock = threading.Lock()
        self._seq = 0
        self._torn = b""
        self._hidden: tuple[str, ...] = ()

    def emit(
        self,
        kind: EventKind,
        text: str = "",
        *,
        host: str = "",
        step: str = "",
        state: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        """Write one event."""
        with self._lock:
            event = Event(
                kind, self._run, self._seq, self._clock().isoformat(timespec="milliseconds"),
                host, step, state, text, data or {},
            )  # fmt: skip
            self._seq += 1
            self._append(self._masked(to_line(event) + "\n").encode())
            if kind in DURABLE:
                os.fsync(self._file)

    def hide(self, secrets: Iterable[Secret]) -> None:
        """Mask these from now on: a host's log or a user's own command may print them."""
        found = {json.dumps(secret.reveal())[1:-1] for secret in secrets}
        self._hidden = tuple(sorted(text for text in found if len(text) >= SHORTEST))

    def _masked(self, line: str) -> str:
        for text in self._hidden:
            line = line.replace(text, MASK)
        return line

    def _append(self, line: bytes) -> None:
        """Write a line whole: a disk that fills up takes a part of it without a word."""
        done = os.write(self._file, self._torn + line)
        if done < len(self._torn) + len(line):
            # What follows must not be read as the rest of this line.
            self._torn = b"\n"
            raise OSError(errno.ENOSPC, "No space left on device")
        self._torn = b""

    def close(self) -> None:
        """Release the journal; a run that ended has written its last event."""
        os.close(self._file)


def read_events(path: Path) -> tuple[Event, ...]:
    """Read every whole event of a journal; a missing journal has none."""
    return Tail(path).read()


def alive(path: Path) -> bool:
    """Tell whether the process that writes this journal lives."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


@dataclass(slots=True)
class Tail:
    """Read a growing journal from where the last read ended."""

    path: Path
    offset: int = 0

    def read(self) -> tuple[Event, ...]:
        """Give the events that are new, whole lines only."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                data = file.read()
        except OSError:
            return ()
        whole = data[: data.rfind(b"\n") + 1]
        self.offset += len(whole)
        found = (from_line(line) for line in whole.decode("utf-8", "replace").splitlines())
        return tuple(event for event in found if event is not None)


def follow(path: Path, wait: Callable[[], None]) -> Iterator[Event | None]:
    """Give events until the run has ended or its process is gone; None while nothing is new.

    `wait` is called between looks.  A run whose process died without an end gives a last event
    that says so.
    """
    tail, run, seq = Tail(path), path.parent.name, -1
    while True:
        living = alive(path)
        found = tail.read()
        for event in found:
            seq = event.seq
            yield event
            if event.kind == "run-ended":
                return
        if not found:
            if not living:
                yield _died(run, seq + 1)
                return
            yield None
            wait()


def _died(run: str, seq: int) -> Event:
    return Event(
        "run-ended", run, seq, utc_now().isoformat(timespec="milliseconds"),
        text="cut off: the run's process ended without a word; its hosts undo by themselves what "
        "was not held, and the next apply finishes the rest",
        data={"exit": 13, "next": ["tlswright apply"]},
    )  # fmt: skip
