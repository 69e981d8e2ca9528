"""Make the plan from the screens: the site first when it is not written yet, then the hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.screen import Screen

from app.errors import TlswrightError
from app.plan.plan import Plan
from screens.attempt import attempt
from screens.same import command
from screens.settle import settle
from screens.state import State


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say why there is no plan: all problems at once, and what to do."""

    text: str
    problems: tuple[str, ...] = ()
    hint: str = ""


UNANSWERED = Refusal("An answer is missing, so there is no plan", hint="F5 asks again.")


async def make(
    screen: Screen[Any], state: State, say: Callable[[str, str, str], None]
) -> Plan | Refusal:
    """Write the site where it is due, observe the hosts, and give the plan or why there is none.

    `say` is called from other threads with (host, state, text).
    """
    state.plan = None
    try:
        if state.pending and not await settle(screen, state):
            return UNANSWERED
        plan = await attempt(screen, state, lambda: _plan(state, say))
    except TlswrightError as error:
        others = getattr(error, "problems", ()) or map(str, getattr(error, "others", ()))
        return Refusal(str(error), tuple(others), error.hint)
    if plan is None:
        return UNANSWERED
    state.plan = plan
    state.commands.append(command(state.directory, "plan"))
    return plan


def _plan(state: State, say: Callable[[str, str, str], None]) -> Plan:
    assert state.site is not None
    return state.edges.front.make_plan(
        state.next_ca or state.site, state.answers, state.intent, say
    )
