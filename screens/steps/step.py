"""What the steps of the wizard have in common: the row of steps, next, back, problems in words."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from app.site.convert import Problem, problems
from app.site.draft import Step
from screens.base import FrameScreen
from screens.messages import Go
from screens.same import command, init_words
from screens.steps.bar import STEPS, steps_line

CATCH_UP_SECONDS = 0.01
CATCH_UP_TURNS = 50


class StepScreen(FrameScreen):
    """Ask one step's questions over the draft; what was answered is saved at each change."""

    STEP: ClassVar[Step]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+n", "go_on", "Next", priority=True)]

    def on_mount(self) -> None:
        """Remember that we are here, so that leaving and coming back resumes here."""
        super().on_mount()
        self._here()

    def on_screen_resume(self) -> None:
        """Remember that we are here again."""
        super().on_screen_resume()
        self._here()

    def _here(self) -> None:
        if self.is_current and self.state.draft.step != self.STEP:
            self.state.change(replace(self.state.draft, step=self.STEP), undo=False)

    def head(self) -> Text:
        """Give the row of steps."""
        return steps_line(self.STEP, self.state, self.app.size.width)

    def same_as(self) -> str:
        """Give the command that answers what is answered so far."""
        return command(self.state.directory, *init_words(self.state.draft))

    def found(self) -> tuple[Problem, ...]:
        """Give this step's problems."""
        return problems(self.state.draft, self.STEP, self.state.edges.kinds)

    def point_at(self, problem: Problem) -> None:
        """Put the focus where a problem can be mended; a step knows its own fields."""

    async def action_go_on(self) -> None:
        """Go on once everything typed before the key has reached the draft.

        A priority binding overtakes the characters that still wait in the field's own queue.
        """
        await self._caught_up()
        self.action_next()

    async def _caught_up(self) -> None:
        focused = self.focused
        pumps = [] if focused is None else [focused, *focused.ancestors_with_self, self]
        for _ in range(CATCH_UP_TURNS):
            await asyncio.sleep(CATCH_UP_SECONDS)
            if not any(pump.message_queue_size for pump in pumps):
                return

    def action_next(self) -> None:
        """Go on, or say what is missing and point at it."""
        found = self.found()
        if found:
            first = found[0]
            more = f"  (and {len(found) - 1} more)" if len(found) > 1 else ""
            whose = f"{first.host}: " if first.host and first.host not in first.text else ""
            self.say(f"{whose}{first.text}{more}", f"e.g. {first.example}" if first.example else "")
            self.point_at(first)
            return
        self.say("")
        self.state.visited.add(self.STEP)
        self.leave()

    def leave(self) -> None:
        """Open the next step."""
        self.post_message(Go(STEPS[STEPS.index(self.STEP) + 1]))

    def action_back(self) -> None:
        """Go back a step; the first one has none before it."""
        if len(self.app.screen_stack) > 2:
            self.dismiss()
        else:
            self.say("This is the first step.", "ctrl+q leaves; your answers are kept.")
