"""A run that ends while the product is held says so: it stays held until somebody lets it go."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine.run import Runner
from app.errors import Exit
from app.kinds.mmm.activation import HOLDS
from app.plan.plan import Plan
from app.plan.words import still_held
from tests.unit.mmm_plans import World


class Stop:
    """Ask for an end behind so many steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    @property
    def asked(self) -> bool:
        self.left -= 1
        return self.left < 0


def ended(plan: Plan, steps: int) -> tuple[str, Exit]:
    """Carry a plan out up to a request to stop; hosts do whatever they are told."""

    class Told(Runner):
        def _issue(self, plan: Plan) -> None: ...

        def _step(self, plan: Plan, step: Any) -> Any:
            from app.engine.barriers import Outcome

            return Outcome(True)

        def _verify(self) -> list[Any]:
            return []

    class Silent:
        def emit(self, *words: object, **more: object) -> None: ...

    made: Any = Told
    runner = made("r1", "me", Silent(), None, Stop(steps), None, None, None, None, None)
    result = runner.carry_out(plan)
    return result.text, result.exit


@pytest.mark.parametrize(("steps", "held"), [(0, False), (1, True), (2, True), (3, True)])
def test_a_stopped_run_says_what_is_held(steps: int, held: bool) -> None:
    text, code = ended(World().plan(), steps)
    assert (still_held(HOLDS) in text) == held
    assert code == (Exit.MIXED if steps else Exit.CANCELLED)


def test_what_a_lost_run_held_is_still_held() -> None:
    world = World()
    world.apply(world.plan(), steps=2)
    text, _ = ended(world.plan(), 1)
    assert still_held(HOLDS) in text


def test_a_run_that_ends_well_holds_nothing() -> None:
    assert ended(World().plan(), 99) == ("done", Exit.OK)
