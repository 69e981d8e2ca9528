"""Findings: each link, what was tried, the result, the cause and the remedy; failed ones first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import DataTable, Static

from app.errors import TlswrightError
from app.findings import Finding
from app.quoting import calm
from screens.asks.read import Read
from screens.attempt import attempt
from screens.base import FrameScreen
from screens.columns import REST, set_columns
from screens.same import command
from screens.state import State
from screens.words import VERDICT_WORDS, cell, count, shown, word

COLUMNS = (("Result", 14), ("Link or host", 18), ("Tried", 23), ("Seen", REST))
ORDER = {"fail": 0, "warn": 1, "skip": 2, "ok": 3}


class Found(Message):
    """Bring one finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.finding = finding


def from_view(state: State) -> list[Finding]:
    """Give the findings of the run that was watched last."""
    return [Finding.from_dict(data) for data in state.view.findings]


def tally(findings: Iterable[Finding]) -> str:
    """Count findings by verdict, in words."""
    found = list(findings)
    parts = []
    for verdict in ("fail", "warn", "skip", "ok"):
        number = sum(f.verdict == verdict for f in found)
        if number:
            parts.append(f"{number} {VERDICT_WORDS[verdict].word}")
    return ", ".join(parts) or "nothing was probed"


class FindingsScreen(FrameScreen):
    """Show findings as a table; Enter shows one whole.  `live` probes every link now."""

    TITLE_TEXT = "Findings: every link, proven from both ends"
    HELP_TEXT = (
        "Each link is dialled as its initiator dials it, and read from after the handshake, since "
        "a client of TLS 1.3 is told `ok` before the server has judged its certificate.\n\n"
        "Then what must fail is tried: no certificate, a foreign CA's, plain text.\n\n"
        "-- not checked says why it could not be; it is never counted as ok."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "detail", "Detail", priority=True),
        Binding("f5", "again", "Verify now"),
        Binding("f", "failed", "Failed only"),
    ]
    DEFAULT_CSS = """
    FindingsScreen #tally { height: 1; }
    FindingsScreen DataTable { height: 1fr; }
    FindingsScreen #why { height: 6; }
    """

    def __init__(self, state: State, *, live: bool = False) -> None:
        super().__init__(state)
        self.live = live
        self.found: list[Finding] = [] if live else from_view(state)
        self.shown: list[Finding] = []
        self.only_failed = False
        self.busy = False

    def body(self) -> Iterable[Widget]:
        """Lay out the table and the line of the cause."""
        yield Static(id="tally")
        table: DataTable[Text] = DataTable(cursor_type="row")
        yield table
        why = Static(id="why", classes="pane")
        why.border_title = "cause and remedy"
        yield why

    def on_mount(self) -> None:
        """Fill the table, or begin to probe."""
        super().on_mount()
        table = self.query_one(DataTable)
        set_columns(table, COLUMNS, self.app.size.width)
        table.focus()
        if self.live:
            self._probe()
        else:
            self._fill()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the table to the window."""
        super().on_resize(event)
        set_columns(self.query_one(DataTable), COLUMNS, event.size.width)
        self._fill()

    def same_as(self) -> str:
        """Give the command that verifies."""
        return command(self.state.directory, "verify")

    def _fill(self) -> None:
        self.shown = sorted(
            (f for f in self.found if not self.only_failed or f.verdict in ("fail", "warn")),
            key=lambda f: ORDER.get(f.verdict, 1),
        )
        table = self.query_one(DataTable)
        at = table.cursor_row
        table.clear()
        for finding in self.shown:
            table.add_row(
                shown(word(VERDICT_WORDS, finding.verdict)),
                _cell(finding.subject),
                _cell(finding.tried),
                _cell(finding.evidence),
            )
        table.move_cursor(row=min(at, max(0, len(self.shown) - 1)))
        busy = ">> probing...  " if self.busy else ""
        self.query_one("#tally", Static).update(Text(busy + tally(self.found), style="bold"))
        self._why()

    def _why(self) -> None:
        at = self.query_one(DataTable).cursor_row
        text = "Nothing to explain."
        if 0 <= at < len(self.shown):
            finding = self.shown[at]
            rows = (finding.cause, finding.remedy) if finding.cause else (finding.evidence,)
            text = "\n".join(calm(row, 500) for row in rows if row) or "As it should be."
        self.query_one("#why", Static).update(Text(text))

    def on_data_table_row_highlighted(self) -> None:
        """Explain the row that the cursor is at."""
        self._why()

    def action_detail(self) -> None:
        """Show the finding whole."""
        at = self.query_one(DataTable).cursor_row
        if not 0 <= at < len(self.shown):
            return
        finding = self.shown[at]
        lines: list[str | Text] = [
            shown(word(VERDICT_WORDS, finding.verdict)),
            *(
                f"{label:<8} {calm(value, 4000)}"
                for label, value in (
                    ("tried", finding.tried), ("from", finding.source), ("seen", finding.evidence),
                    ("cause", finding.cause), ("remedy", finding.remedy),
                )
                if value
            ),
        ]  # fmt: skip
        self.app.push_screen(Read(finding.subject, lines, ascii_only=self.state.ascii_only))

    def action_failed(self) -> None:
        """Show only what failed or is doubtful, or all again."""
        self.only_failed = not self.only_failed
        self._fill()

    def action_again(self) -> None:
        """Probe every link now."""
        self._probe()

    def on_found(self, message: Found) -> None:
        """Add a finding."""
        self.found.append(message.finding)
        self._fill()

    @work(exclusive=True, group="probe")
    async def _probe(self) -> None:
        state, site = self.state, self.state.site
        if site is None:
            return
        self.found, self.busy = [], True
        self._fill()

        def probe() -> int:
            number = 0
            for finding in state.edges.front.verify(site, state.answers):
                number += 1
                self.post_message(Found(finding))
            return number

        try:
            number = await attempt(self, state, probe)
            if number is not None:
                state.note(f"verified: {count(number, 'finding')}")
        except TlswrightError as error:
            self.say(str(error), error.hint)
        self.busy = False
        self._fill()


def _cell(text: str) -> Text:
    line = calm(text, 200).replace("\n", " ")
    return cell(line)
