"""Options: what the product leaves to the user, each with its default and the reason for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from app.plan.make import Intent
from app.site.convert import Problem
from app.site.draft import Step
from screens.asks.pick import Pick
from screens.form import Form
from screens.rows import put, rows_of
from screens.steps.own import edit_own, own_words
from screens.steps.step import StepScreen


class OptionsScreen(StepScreen):
    """Ask for the kind's options; every default can stand."""

    STEP: ClassVar[Step] = "options"
    SECRET: ClassVar[bool] = True
    TITLE_TEXT = "How should it run?   Every default can stand: ^n goes on."
    HELP_TEXT = (
        "Each option explains itself while it has the focus; F1 tells its default too.\n\n"
        "F6 opens those that one host may have of its own, as o does on the step Hosts."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f6", "own", "One host")]
    DEFAULT_CSS = "OptionsScreen #own { height: auto; max-height: 3; color: $text-muted; }"

    def body(self) -> Iterable[Widget]:
        """Lay out the form."""
        yield Static(self.TITLE_TEXT, classes="title")
        yield Form(rows_of(self.state, self.STEP))
        yield Static(id="own")

    def on_mount(self) -> None:
        """Begin at the first field."""
        super().on_mount()
        self.query_one(Form).focus_first()
        self._own()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the options of one host where the product has such."""
        return action != "own" or bool(own_words(self.state))

    def _own(self) -> None:
        line = self.query_one("#own", Static)
        words = own_words(self.state)
        line.display = bool(words)
        line.update(Text(words))

    @work
    async def action_own(self) -> None:
        """Pick a host and edit the options that it has of its own."""
        names = self.state.draft.host_names
        if not names:
            return
        pick = Pick("Options of which host?", names, one=True, ascii_only=self.state.ascii_only)
        for host in await self.app.push_screen_wait(pick) or ():
            if await edit_own(self.app, self.state, host):
                self._own()
                self.refresh_frame()

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
