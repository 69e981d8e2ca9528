"""Say a bug as a bug: one sentence, a report without any values, exit code 1."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from pathlib import Path


def report(error: BaseException, folder: Path, version: str) -> Path | None:
    """Write what is needed to find a bug to a new 0600 file; None when it cannot be written.

    The report holds the stack's files, lines and functions and the type of the error, never
    values: messages and local variables may carry what the user typed.
    """
    frames = traceback.extract_tb(error.__traceback__)
    rows = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    chain = error.__cause__ or error.__context__
    text = "\n".join(
        [
            f"tlswright {version}, Python {platform.python_version()}, {sys.platform}",
            f"TERM={os.environ.get('TERM', '')}",
            f"{type(error).__module__}.{type(error).__qualname__}",
            *([f"after {type(chain).__qualname__}"] if chain else []),
            *rows,
            "",
        ]
    )
    path = folder / f"crash-{os.getpid()}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return None
    return path


def words(path: Path | None) -> str:
    """Say it to the user."""
    where = f" A report without any of your data is in {path}." if path else ""
    return (
        "tlswright's screens stopped because of a bug. A run that was going on goes on: "
        f"`tlswright attach` shows it.{where}"
    )
