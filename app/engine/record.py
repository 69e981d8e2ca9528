"""Reading and writing `.tlswright/deployed.json`, and other small files that must not tear."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from app.errors import PkiError, TlswrightError
from app.plan.deployed import VERSION, Deployed


def write_json(path: Path, value: Any) -> None:
    """Write JSON so that a reader finds the old or the new, never a part: mode 0600, synced.

    Raises TlswrightError where it cannot be written.
    """
    try:
        _write(path, value)
    except OSError as error:
        raise TlswrightError(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            hint="What was there before is still there.",
        ) from error


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1, sort_keys=True)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


AGAIN = "Put it back from a backup, or move it away."
_NEW_KEYS = "Put it back from a backup, or move it away: the next apply then issues new keys."


def read_json(path: Path, hint: str = AGAIN) -> Any:
    """Read JSON; None where there is no file; raises TlswrightError when it is damaged.

    `hint` says what becomes of it where the file is moved away.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise TlswrightError(
            f"cannot be read: {error}",
            where=str(path),
            hint=hint,
        ) from error


def load_deployed(path: Path) -> Deployed:
    """Read the record of what was deployed; a site without one has deployed nothing."""
    found = read_json(path, _NEW_KEYS)
    if found is None:
        return Deployed()
    if not isinstance(found, dict) or int(found.get("version", 0)) > VERSION:
        raise TlswrightError(
            "was written by a newer tlswright", where=str(path), hint="Upgrade tlswright."
        )
    try:
        return Deployed.from_dict(found)
    except (KeyError, ValueError, TypeError, AttributeError, PkiError) as error:
        raise TlswrightError(
            f"is damaged: {error}",
            where=str(path),
            hint=_NEW_KEYS,
        ) from error


def save_deployed(path: Path, deployed: Deployed) -> None:
    """Write the record of what is deployed."""
    write_json(path, deployed.to_dict())
