"""Options: what the product leaves to the user, each with its default and the reason for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Static

from app.plan.make import Intent
from app.site.convert import Problem
from app.site.draft import Step
from screens.form import Form
from screens.rows import put, rows_of
from screens.steps.step import StepScreen


class OptionsScreen(StepScreen):
    """Ask for the kind's options; every default can stand."""

    STEP: ClassVar[Step] = "options"
    SECRET: ClassVar[bool] = True
    TITLE_TEXT = "How should it run?   Every default can stand: ^n goes on."
    HELP_TEXT = "Each option explains itself while it has the focus; F1 tells its default too."

    def body(self) -> Iterable[Widget]:
        """Lay out the form."""
        yield Static(self.TITLE_TEXT, classes="title")
        yield Form(rows_of(self.state, self.STEP))

    def on_mount(self) -> None:
        """Begin at the first field."""
        super().on_mount()
        self.query_one(Form).focus_first()

    async def on_form_changed(self, event: Form.Changed) -> None:
        """Take the change."""
        put(self.state, event.key, event.value, self.STEP)
        await self.query_one(Form).set_rows(rows_of(self.state, self.STEP))
        self.refresh_frame()

    def on_form_ended(self) -> None:
        """Go on after the last field."""
        self.action_next()

    def action_next(self) -> None:
        """Go on when every field is right."""
        if self.query_one(Form).judge():
            self.say("One field is not right yet: see the line below it.")
            return
        super().action_next()

    def leave(self) -> None:
        """Open the review; it writes the site first."""
        self.state.pending, self.state.plan = True, None
        self.state.verb, self.state.intent = "apply", Intent()
        super().leave()

    def point_at(self, problem: Problem) -> None:
        """Give the focus to the field."""
        self.query_one(Form).focus_on(problem.field)
