"""Write a file that holds a key: new, for its owner only, and on the disk when this returns."""

from __future__ import annotations

import os
from pathlib import Path


def write_new(path: Path, data: bytes) -> Path:
    """Write a file of mode 0600 where nothing is yet.

    Raises FileExistsError, and OSError with nothing left behind.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path
