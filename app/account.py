"""Say who runs this and where their home is, also where the system does not know them.

A container may run under a number that is in no passwd file, a service without HOME.
"""

from __future__ import annotations

import getpass
import os
from pathlib import Path


def user_name() -> str:
    """Give the user's name, or their number where there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.geteuid())


def home() -> Path:
    """Give the home directory; one that does not exist where none is known."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")


def expand(path: Path) -> Path:
    """Replace a leading `~`; it stays where nobody's home is known."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
