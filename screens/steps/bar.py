"""Draw the row of the wizard's steps."""

from __future__ import annotations

from rich.text import Text

from screens.state import State
from screens.words import IDLE, cell

STEPS = ("topology", "hosts", "names", "trust", "options", "review")


def steps_line(now: str, state: State) -> Text:
    """Draw the steps: `>` marks the one we are at, `+` those that were answered."""
    line = cell("")
    for number, step in enumerate(STEPS, 1):
        name = f"{number} {step.capitalize()}"
        if step == now:
            line.append(f"> {name}", style="bold reverse")
        else:
            mark = "+" if step in state.visited else " "
            line.append(f"  {name}{mark}", style="" if mark == "+" else IDLE)
        line.append(" ")
    return line
