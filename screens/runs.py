"""The runs of the past and the present; Enter replays one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable

from app.engine.front import RunSummary
from app.errors import TlswrightError
from screens.base import FrameScreen
from screens.columns import REST, set_columns
from screens.messages import Watch
from screens.same import command
from screens.threads import beside
from screens.words import BAD, BUSY, OK, WARN, Word, count, moment, shown

COLUMNS = (("Run", 21), ("Verb", 8), ("Begun", 16), ("Hosts", 7), ("Result", REST))


class RunsScreen(FrameScreen):
    """List the runs, the newest first."""

    TITLE_TEXT = "Runs"
    HELP_TEXT = "Every run kept its journal. Enter shows one as it went, live or replayed."
    DEFAULT_CSS = "RunsScreen DataTable { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "watch", "Show", priority=True)]

    def body(self) -> Iterable[Widget]:
        """Lay out the table."""
        table: DataTable[Text] = DataTable(cursor_type="row")
        yield table

    def on_mount(self) -> None:
        """Read the runs."""
        super().on_mount()
        table = self.query_one(DataTable)
        set_columns(table, COLUMNS, self.app.size.width)
        table.focus()
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        try:
            runs = await beside(self.state.edges.front.runs)
        except TlswrightError as error:
            self.say(str(error), error.hint)
            return
        table = self.query_one(DataTable)
        table.clear()
        for run in runs:
            begun = moment(run.started)
            table.add_row(
                Text(run.run),
                Text(run.verb),
                Text(begun.astimezone().strftime("%Y-%m-%d %H:%M") if begun else "?"),
                Text(count(len(run.hosts), "host")),
                shown(_result(run)),
                key=run.run,
            )
        if not runs:
            self.say("No run yet: `a` on the dashboard makes the first plan.")

    def same_as(self) -> str:
        """Give the command that lists the runs."""
        return command(self.state.directory, "runs")

    def action_watch(self) -> None:
        """Show the run that the cursor is at."""
        table = self.query_one(DataTable)
        if table.row_count:
            key = table.coordinate_to_cell_key(table.cursor_coordinate).row_key
            self.post_message(Watch(str(key.value)))


def _result(run: RunSummary) -> Word:
    if run.live:
        return Word(">>", "going on", BUSY)
    if run.exit == 0:
        return Word("ok", run.result or "done", OK)
    if run.exit is None:
        return Word("!!", "cut off", WARN)
    return Word("XX", run.result or "failed", BAD)
