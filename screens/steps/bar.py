"""Draw the row of the wizard's steps."""

from __future__ import annotations

from rich.text import Text

from screens.state import State
from screens.words import IDLE, cell

STEPS = ("topology", "hosts", "names", "trust", "options", "review")


WIDE = 74
"""From which width on every step is named; in a narrower window only the one we are at is."""


def steps_line(now: str, state: State, width: int) -> Text:
    """Draw the steps: `>` marks the one we are at, `+` those that were answered."""
    line = cell("")
    for number, step in enumerate(STEPS, 1):
        name = f"{number} {step.capitalize()}" if width >= WIDE or step == now else str(number)
        if step == now:
            line.append(f"> {name}", style="bold reverse")
        else:
            mark = "+" if step in state.visited else " "
            line.append(f"  {name}{mark}", style="" if mark == "+" else IDLE)
        line.append(" ")
    return line
