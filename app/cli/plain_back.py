"""Say line by line what a rollback would take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.errors import PartedError

if TYPE_CHECKING:
    from app.cli.context import Context
    from app.engine.together import TakenBack


def offered(context: Context, say: Callable[[str], None]) -> TakenBack:
    """Give what the last change is taken back with; raises TlswrightError where nothing is.

    A run that only finished what an earlier one began is taken back with that one.
    """
    front, site = context.front(), context.site()
    try:
        back = front.taking_back(site, front.last_change())
    except PartedError as parted:
        say(f"{parted.text}.")
        back = front.taking_back(site, parted.instead)
    if back.apart:
        say(f"{back.apart}.")
    return back
