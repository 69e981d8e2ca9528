"""Read and write `.tlswright/clients.json`: what clients were given, without its keys."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from app.engine.record import read_json, write_json
from app.errors import TlswrightError, UsageError
from app.plan.given import VERSION, Clients, Given
from app.site.places import Places

_MOVED_AWAY = (
    "Put it back from a backup, or move it away: a change of the CA then waits for no client."
)


def load_clients(path: Path) -> Clients:
    """Read what clients were given; a site that never exported one has no file.

    Raises TlswrightError where it is damaged or of a newer version.
    """
    found = read_json(path, _MOVED_AWAY)
    if found is None:
        return ()
    try:
        if found["version"] > VERSION:
            raise TlswrightError(
                "was written by a newer tlswright", where=str(path), hint="Upgrade tlswright."
            )
        return tuple(Given.from_dict(one) for one in found["clients"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise TlswrightError(
            f"is damaged: {error}",
            where=str(path),
            hint=_MOVED_AWAY,
        ) from error


def change_clients(places: Places, change: Callable[[Clients], Clients]) -> bool:
    """Change the record while nobody else does; tells whether anything changed.

    A run may go on meanwhile: it reads the record once, at its start.  Raises UsageError.
    """
    places.prepare()
    path = places.clients.with_suffix(".lock")
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"it cannot be written: {error.strerror}", where=str(path)) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = load_clients(places.clients)
        after = change(before)
        if after != before:
            found = [one.to_dict() for one in after]
            write_json(places.clients, {"version": VERSION, "clients": found})
        return after != before
    finally:
        os.close(lock)
