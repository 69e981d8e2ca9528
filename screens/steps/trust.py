"""Trust: the authority, its lifetimes, and the passphrase of the vault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.widget import Widget
from textual.widgets import Static

from app.errors import TlswrightError
from app.pki.secret import Secret
from app.site.convert import Problem
from app.site.draft import Step
from screens import ca
from screens.attempt import SHORTEST
from screens.form import Form, Row
from screens.rows import put, rows_of
from screens.steps.step import StepScreen
from screens.strength import strength
from screens.words import WARN

CA = "With a CA, each host trusts what that CA signed: one that is made here, or one that you have."
PINNED = (
    "Pinned trust needs no CA: each host trusts exactly the certificates of the peers it has a "
    "link with."
)
VAULT = (
    "The vault is one encrypted file beside site.yaml. It holds the CA key and the store "
    "passwords; private keys of hosts are made in memory and not kept."
)


class TrustScreen(StepScreen):
    """Ask what makes trust, and for the passphrase that guards it."""

    STEP: ClassVar[Step] = "trust"
    SECRET: ClassVar[bool] = True
    TITLE_TEXT = "Who vouches for your hosts?"
    DEFAULT_CSS = "TrustScreen #allows { height: auto; max-height: 3; }"

    def __init__(self, state: object) -> None:
        super().__init__(state)  # type: ignore[arg-type]
        self._typed = {"first": "", "again": ""}

    def help_text(self) -> str:
        """Explain what makes trust, as far as the product leaves a choice."""
        kind = self.state.kind()
        pinned = (PINNED,) if kind is None or len(kind.trusts) > 1 else ()
        return "\n\n".join((" ".join((CA, *pinned)), VAULT))

    def body(self) -> Iterable[Widget]:
        """Lay out the form."""
        yield Static(self.TITLE_TEXT, classes="title")
        yield Form(self._rows())
        kind = self.state.kind()
        if kind is not None and kind.allows:
            yield Static(Text(kind.allows, style=WARN), id="allows")

    def on_mount(self) -> None:
        """Begin at the first field."""
        super().on_mount()
        self.query_one(Form).focus_first()

    def _rows(self) -> list[Row]:
        rows = [self._noted(row) for row in rows_of(self.state, self.STEP)]
        return [*rows, *self._secret_rows()]

    def _noted(self, row: Row) -> Row:
        """Say beside the file of the CA what was read of it."""
        found = self.state.ca
        if row.key != "ca_file" or found is None or ca.wanted(self.state):
            return row
        return replace(row, note=ca.note(found))

    def _secret_rows(self) -> list[Row]:
        if self.state.answers.passphrase is not None:
            return []
        first = Row(
            "first",
            "Passphrase of the vault",
            "Four or more unusual words are better than one cryptic one. It is never written "
            "anywhere: without it the CA key is lost, so keep it where you keep such things.",
            sort="secret",
            check=self._judge_first,
        )
        if self.state.has_vault:
            return [first]
        again = Row(
            "again",
            "Passphrase once more",
            "The same again, since nothing shows what you typed.",
            sort="secret",
            check=lambda text: "" if text == self._typed["first"] else "it is not the same",
        )
        return [first, again]

    def _judge_first(self, text: str) -> str:
        if not text:
            return "the vault needs a passphrase"
        if not self.state.has_vault and len(text) < SHORTEST:
            return f"too short: {SHORTEST} characters or more, e.g. four unusual words"
        return ""

    async def on_form_changed(self, event: Form.Changed) -> None:
        """Take the change; the passphrase stays in memory."""
        form = self.query_one(Form)
        if event.key in self._typed:
            self._typed[event.key] = event.value
            if event.key == "first" and not self.state.has_vault:
                line = form.line("first")
                if line is not None:
                    line.query_one(".note", Static).update(strength(event.value))
            return
        put(self.state, event.key, event.value, self.STEP)
        await form.set_rows(self._rows())
        self.refresh_frame()

    def on_form_ended(self) -> None:
        """Go on after the last field."""
        self.action_next()

    def action_next(self) -> None:
        """Go on when every field is right."""
        if self.query_one(Form).judge():
            self.say("One field is not right yet: see the line below it.")
            return
        if self._typed["first"]:
            self.state.passphrase(Secret(self._typed["first"]))
        if ca.wanted(self.state) and not self.found():
            self._read_ca()
            return
        super().action_next()

    @work(exclusive=True, group="ca")
    async def _read_ca(self) -> None:
        """Read the CA, and go on when the user has looked at it."""
        self.say("")
        try:
            taken = await ca.read(self, self.state)
        except TlswrightError as error:
            self.say(str(error), error.hint)
            self.query_one(Form).focus_on("ca_file")
            return
        await self.query_one(Form).set_rows(self._rows())
        if taken:
            super().action_next()
        else:
            self.query_one(Form).focus_on("ca_file")

    def point_at(self, problem: Problem) -> None:
        """Give the focus to the field."""
        self.query_one(Form).focus_on(problem.field)
