"""`tlswright` without a verb: the screens, or lines where the terminal is plain."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from app.errors import Exit, UsageError

if TYPE_CHECKING:
    from app.cli.context import Context

COLUMNS, ROWS = 60, 18


def has_terminal() -> bool:
    """Tell whether there is a terminal to draw on and to read from."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def open_screens(context: Context) -> int:
    """Open the wizard, or the dashboard when there is a site."""
    if not has_terminal():
        raise UsageError(
            "there is no terminal to open the wizard on",
            hint="`tlswright init` makes a site from flags; `tlswright --help` lists the verbs.",
        )
    if _plain(context):
        from app.cli.plain import run_plain

        return int(run_plain(context))
    from app.cli.screens import run_screens

    return int(run_screens(context))


def _plain(context: Context) -> bool:
    size = shutil.get_terminal_size()
    small = size.columns < COLUMNS or size.lines < ROWS
    environ = context.environ
    asked = environ.get("TLSWRIGHT_PLAIN") or environ.get("ACCESSIBLE")
    return bool(context.flags.plain or asked or environ.get("TERM") in (None, "", "dumb") or small)


__all__ = ["Exit", "open_screens"]
