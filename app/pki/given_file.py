"""Read a file that somebody names, and judge who else could read it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from app.account import expand
from app.errors import GivenError

SIZE_MAX = 4 << 20


@dataclass(frozen=True, slots=True)
class GivenFile:
    """Hold the bytes of a file; `open_to` says which others may read or write it, or nothing."""

    path: str
    data: bytes = field(repr=False)
    open_to: str = ""


def read_given_file(path: Path) -> GivenFile:
    """Read a regular file or a pipe; raises GivenError that names it."""
    path = expand(path)
    where = str(path)
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            data = file.read(SIZE_MAX + 1)
    except IsADirectoryError:
        raise GivenError("it is a folder: name the file in it", where=where) from None
    except OSError as error:
        raise GivenError(f"it cannot be read: {error.strerror}", where=where) from None
    if len(data) > SIZE_MAX:
        raise GivenError("it is too large for a CA's certificates and key", where=where)
    return GivenFile(where, data, _open_to(found))


def _open_to(found: os.stat_result) -> str:
    # A pipe, as the shell's <(command) makes, has no readers beside us.
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISREG(found.st_mode) or not mode & 0o066:
        return ""
    who = "everybody on this machine" if mode & 0o006 else "its group"
    return f"{who} may {'write' if mode & 0o022 else 'read'} it (mode {mode:04o})"
