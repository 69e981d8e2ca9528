"""The dashboard of a site: every certificate with its time left, problems first, one next act."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Static

from app.engine.front import RequestRow, RunSummary, StatusRow
from app.errors import TlswrightError
from app.plan.make import Intent
from app.plan.stage import Stage
from screens import going_back
from screens.adopt import AdoptScreen
from screens.asks.confirm import Confirm
from screens.asks.export import ask_export, can_export
from screens.attempt import attempt
from screens.base import FrameScreen
from screens.columns import set_columns
from screens.messages import Go, Review, Start, Watch
from screens.rotating import last_change, question, with_next_ca
from screens.same import command
from screens.state import State
from screens.threads import beside
from screens.timeline import detail, next_act, ruler, strip
from screens.words import BAD, HEALTH_WORDS, WARN, cell, count, left, local, shown, word

COLUMNS = (("Certificate", 20), ("Health", 13), ("Expires", 10), ("Left", 8))
AUTHORITY = ("authority", "intermediate")
Read = tuple[
    tuple[StatusRow, ...], tuple[RunSummary, ...], datetime, tuple[RequestRow, ...],
    Stage | None, str,
]  # fmt: skip


class DashboardScreen(FrameScreen):
    """Show what stands, from the record; nothing is asked of any host until a key says so."""

    TITLE_TEXT = "Dashboard"
    HELP_TEXT = (
        "What is shown comes from the record of what was deployed; v asks the hosts themselves.\n\n"
        "A certificate is due when two thirds of its life are over: r makes new ones for those, "
        "one host after the other, and proves every link in between."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "review", "Plan/apply"),
        Binding("r", "rotate", "Rotate"),
        Binding("v", "verify", "Verify"),
        Binding("b", "rollback", "Rollback"),
        Binding("h", "runs", "Runs"),
        Binding("c", "requests", "Requests"),
        Binding("e", "export", "Export"),
        Binding("s", "settings", "Settings"),
        Binding("k", "stores", "Old stores", show=False),
        Binding("plus", "add", "Add host", key_display="+"),
        Binding("enter", "watch", "Watch run", show=False),
        Binding("f5", "again", "Read again", show=False),
        Binding("q", "app.leave", "Quit", show=False),
        Binding("escape", "app.leave", "Quit", show=False),
    ]
    DEFAULT_CSS = """
    DashboardScreen #next { height: auto; max-height: 3; margin-bottom: 1; }
    DashboardScreen DataTable { height: 1fr; min-height: 4; }
    DashboardScreen #detail { height: 7; }
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.rows: tuple[StatusRow, ...] = ()
        self.runs: tuple[RunSummary, ...] = ()
        self.owed: tuple[RequestRow, ...] = ()
        self.stage: Stage | None = None
        self.last = ""
        self.read_at: datetime | None = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a client's bundle, and what an outside CA is to sign, where there is such."""
        if action == "requests":
            return self._outside
        return action != "export" or can_export(self.state)

    @property
    def _outside(self) -> bool:
        site = self.state.site
        return site is not None and site.authority.source == "outside"

    def body(self) -> Iterable[Widget]:
        """Lay out the next act, the table and the detail."""
        yield Static(id="next")
        table: DataTable[Text] = DataTable(cursor_type="row")
        yield table
        yield Static(id="detail", classes="pane")

    def on_mount(self) -> None:
        """Read the record."""
        super().on_mount()
        self.query_one(DataTable).focus()
        self._read()

    def on_screen_resume(self) -> None:
        """Read the record again: a run may have changed it."""
        self.state.pending = False
        self.state.next_ca = None
        super().on_screen_resume()
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        before, edges = self.state.site, self.state.edges
        if before is None:
            return

        def read() -> Read:
            site = edges.read_site() or before
            if site is not before:
                self.state.take(site)
            now = edges.now()
            owed = edges.front.requests(site) if self._outside else ()
            rows, runs = edges.front.status(site, now), edges.front.runs()
            return rows, runs, now, owed, edges.front.stage(site, now), last_change(edges.front)

        try:
            read_now = await beside(read)
        except TlswrightError as error:
            self.say(str(error), error.hint)
            return
        rows, self.runs, self.read_at, self.owed, self.stage, self.last = read_now
        order = {"expired": 0, "critical": 1, "warn": 2}
        self.rows = tuple(
            sorted(rows, key=lambda r: (order.get(r.health, 3), r.role not in AUTHORITY))
        )
        self._draw()

    def head(self) -> Text:
        """Give the site in one line."""
        site = self.state.site
        if site is None:
            return Text("No site")
        kinds = ", ".join(sorted({t.kind for t in site.topologies}))
        trust = f"{site.authority.source} CA"
        if site.authority.trust != "ca":
            trust = "pinned certificates"
        line = Text.assemble(
            (site.name, "bold"), f"   {kinds}   {count(len(site.hosts), 'host')}   {trust}"
        )
        bad = sum(r.health in ("expired", "critical") for r in self.rows)
        if bad:
            line.append(f"   {count(bad, 'problem')}", style=BAD)
        if self.stage is not None:
            line.append(f"   new CA: wave {self.stage.wave} of 3", style=WARN)
        return line

    def same_as(self) -> str:
        """Give the command that shows the same."""
        return command(self.state.directory, "status")

    def on_resize(self, event: events.Resize) -> None:
        """Draw the timeline for the new width."""
        super().on_resize(event)
        self._draw()

    def _draw(self) -> None:
        self.refresh_frame()
        if self.read_at is None:
            return  # what was not read yet is not told
        live = self._live()
        text = (
            f">> run {live.run} ({live.verb}) is going on: Enter shows it" if live
            else next_act(self.rows, self.runs, self.owed, self.stage)
        )  # fmt: skip
        self.query_one("#next", Static).update(Text(text))
        self._table()
        self._detail()

    def _table(self) -> None:
        table = self.query_one(DataTable)
        width = max(0, self.app.size.width - 64)
        columns: list[tuple[str | Text, int]] = [*COLUMNS]
        if width >= 12:
            columns.append((ruler(width), width))
        set_columns(table, columns, self.app.size.width)
        now = self.read_at or self.state.edges.now()
        for row in self.rows:
            cells = [
                cell(f"{row.subject}"),
                shown(word(HEALTH_WORDS, row.health)),
                Text(local(row.expires)),
                Text(left(row.days), justify="right"),
            ]
            if width >= 12:
                cells.append(strip(row, now, width, ascii_only=self.state.ascii_only))
            table.add_row(*cells)

    def on_data_table_row_highlighted(self) -> None:
        """Show the certificate that the cursor is at."""
        self._detail()

    def _detail(self) -> None:
        pane, at = self.query_one("#detail", Static), self.query_one(DataTable).cursor_row
        if not 0 <= at < len(self.rows):
            pane.border_title = "nothing deployed yet"
            pane.update(Text("a makes the plan: reading the hosts changes nothing."))
            return
        row = self.rows[at]
        pane.border_title = row.subject
        pane.update(detail(row, self.runs))

    def _live(self) -> RunSummary | None:
        return next((run for run in self.runs if run.live), None)

    def action_watch(self) -> None:
        """Show the run that is going on."""
        live = self._live()
        if live is not None:
            self.post_message(Watch(live.run))

    def on_data_table_row_selected(self) -> None:
        """Show the run that is going on, as Enter does."""
        self.action_watch()

    def action_review(self) -> None:
        """Make the plan and show it."""
        self.state.plan = None
        self.post_message(Review())

    @work
    async def action_rotate(self) -> None:
        """Ask which certificates are to be made anew, and show the plan."""
        nodes = [r for r in self.rows if r.role not in AUTHORITY]
        due = [r.subject for r in nodes if r.due]
        at = self.query_one(DataTable).cursor_row
        here = self.rows[at] if 0 <= at < len(self.rows) else None
        text, choices = question(nodes, due, here, self.state.site, self.stage)
        window = Confirm("Rotate which?", text, choices, ascii_only=self.state.ascii_only)
        answer = await self.app.push_screen_wait(window)
        if answer == "ca":
            self._rotate_ca()
            return
        names = {"due": due, "all": [r.subject for r in nodes],
                 "host": [here.subject] if here else []}.get(answer or "no", [])  # fmt: skip
        if names and self._outside:
            await self._ask_for(names)
        elif names:
            self.state.plan = None
            self.post_message(Review("rotate", Intent(rotate=frozenset(names))))

    def _rotate_ca(self) -> None:
        """Show the plan of the next CA, or of what is left of a change that is under way."""
        site = self.state.site
        assert site is not None, "its CA was asked for"
        self.state.plan = None
        if self.stage is not None:
            self.post_message(Review("apply"))
            return
        self.post_message(Review("rotate", site=with_next_ca(site)))

    async def _ask_for(self, hosts: list[str]) -> None:
        """Write requests for the outside CA, and show them."""
        state, site = self.state, self.state.site
        front = state.edges.front
        if site is None:
            return
        try:
            asked = await attempt(
                self, state, lambda: front.write_requests(site, state.answers, hosts=hosts)
            )
        except TlswrightError as error:
            self.say(str(error), error.hint)
            return
        if asked is not None:
            words = [word for host in hosts for word in ("--host", host)]
            state.commands.append(command(state.directory, "rotate", *words))
            self.post_message(Go("requests"))

    def action_verify(self) -> None:
        """Probe every link now."""
        self.post_message(Go("verify"))

    @work
    async def action_rollback(self) -> None:
        """Ask, and take the last run back."""
        last = next((run for run in self.runs if run.run == self.last), None)
        site, front = self.state.site, self.state.edges.front
        if last is None or site is None:
            self.say("There is no run to take back.")
            return
        try:
            run, text = await beside(lambda: going_back.question(front, site, last))
        except TlswrightError as error:
            self.say(str(error), error.hint)
            return
        choices = [("no", "Leave it"), ("yes", "Roll back")]
        window = Confirm("Roll back", text, choices, ascii_only=self.state.ascii_only)
        if await self.app.push_screen_wait(window) == "yes":
            self.state.commands.append(command(self.state.directory, "rollback", run))
            self.post_message(Start("rollback", run=run))

    def action_requests(self) -> None:
        """Show what an outside CA is to sign."""
        self.post_message(Go("requests"))

    def action_runs(self) -> None:
        """Show the runs of the past."""
        self.post_message(Go("runs"))

    @work
    async def action_stores(self) -> None:
        """Show the stores that hosts use now; what is kept of them makes another plan."""
        screen = AdoptScreen(self.state)
        await self.app.push_screen_wait(screen)
        if screen.changed:
            self.action_review()

    @work
    async def action_export(self) -> None:
        """Write a client's bundle."""
        await ask_export(self, self.state)

    def action_settings(self) -> None:
        """Open the wizard over this site."""
        self._edit("topology")

    def _edit(self, step: str) -> None:
        if self.state.site is not None:
            try:
                self.state.adopt(self.state.site)
            except TlswrightError as error:
                self.say(str(error), error.hint)
                return
            self.post_message(Go(step))

    def action_add(self) -> None:
        """Open the hosts of this site."""
        self._edit("hosts")

    def action_again(self) -> None:
        """Read the record again."""
        self._read()
