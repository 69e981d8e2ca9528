"""The run: a row per host, the log one key away; closing this screen changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import DataTable, RichLog, Static
from textual.worker import get_current_worker

from app.errors import TlswrightError
from app.events import Event, HostView, RunView, fold
from app.quoting import calm
from screens.asks.confirm import Confirm
from screens.base import FrameScreen
from screens.columns import REST, set_columns
from screens.messages import Go
from screens.progress import OVER, Times, elapsed, finished, outcome, part, standing, title, whole
from screens.same import command
from screens.state import State
from screens.words import BAD, HOST_WORDS, IDLE, OK, WARN, bar, cell, count, shown, word

TICK_SECONDS = 0.25
COLUMNS = (("Host", 18), ("State", 13), ("What is going on", REST), ("Progress", 10), ("Time", 5))
NARROW = (("Host", 14), ("State", 13), ("What is going on", REST))


def columns(width: int) -> tuple[tuple[str, int], ...]:
    """Give the columns that fit a window."""
    return COLUMNS if width >= 76 else NARROW


class RunMoved(Message):
    """Bring the events of a quarter of a second and what they add up to."""

    def __init__(self, view: RunView, events: tuple[Event, ...]) -> None:
        super().__init__()
        self.view = view
        self.events = events


class RunLost(Message):
    """Say that the run's journal could not be read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class RunScreen(FrameScreen):
    """Follow one run from its journal, live or replayed."""

    HELP_TEXT = (
        "The run lives in a process of its own: closing this window, or losing the terminal, "
        "does not touch it; `tlswright attach` shows it again.\n\n"
        "p lets the step that is under way finish, and stops then.\n"
        "x stops as soon as it is safe: a host whose new files are not yet proven gets its old "
        "ones back first.\n\n"
        "Every host keeps its old files until its new ones are proven: a service that does not "
        "come up is put back as it was, with all that changed in the same step, and the run stops "
        "there."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "stop('after')", "Stop after step"),
        Binding("x", "stop('now')", "Stop now"),
        Binding("f", "failed", "Failed only", show=False),
        Binding("f3", "full_log", "Log"),
        Binding("enter,ctrl+n", "go_on", "What next", priority=True),
    ]
    DEFAULT_CSS = """
    RunScreen #whole { height: 1; }
    RunScreen #wave { height: 1; color: $text-muted; }
    RunScreen DataTable { height: auto; max-height: 50%; margin-top: 1; }
    RunScreen #cause { height: auto; max-height: 6; padding: 0 1; color: $text-error; }
    RunScreen #logpane { height: 1fr; margin-top: 1; }
    RunScreen RichLog { background: transparent; height: 1fr; }
    RunScreen #after { height: 1; color: $text-muted; }
    RunScreen.-full DataTable, RunScreen.-full #after { display: none; }
    """

    def __init__(self, state: State, run: str) -> None:
        super().__init__(state)
        self.run_id = run
        self.view = RunView(run=run)
        self.times = Times()
        self.only_failed = False

    def body(self) -> Iterable[Widget]:
        """Lay out the bars, the table and the log."""
        yield Static(id="whole")
        yield Static(id="wave")
        table: DataTable[Text] = DataTable(cursor_type="row", id="hosts")
        yield table
        yield Static(id="cause")
        with Vertical(id="logpane", classes="pane") as pane:
            pane.border_title = "log"
            yield RichLog(max_lines=2000, wrap=True, min_width=20)
        yield Static(id="after")

    def on_mount(self) -> None:
        """Begin to follow."""
        super().on_mount()
        table = self.query_one(DataTable)
        set_columns(table, columns(self.app.size.width), self.app.size.width)
        self.query_one(RichLog).can_focus = False
        table.focus()
        self.set_interval(TICK_SECONDS * 2, self._tick)
        self._follow()
        self._draw()

    @work(thread=True, exclusive=True, group="follow")
    def _follow(self) -> None:
        worker = get_current_worker()
        view, fresh, posted = RunView(run=self.run_id), list[Event](), 0.0
        try:
            for event in self.state.edges.front.follow(self.run_id, seconds=TICK_SECONDS):
                if worker.is_cancelled:
                    return
                if event is not None:
                    fresh.append(event)
                if fresh and (event is None or monotonic() - posted > TICK_SECONDS):
                    view, posted = fold(fresh, view), monotonic()
                    self.post_message(RunMoved(view, tuple(fresh)))
                    fresh = []
        except TlswrightError as error:
            self.post_message(RunLost(f"{error} {error.hint}".strip()))
        if fresh:
            self.post_message(RunMoved(fold(fresh, view), tuple(fresh)))

    def on_run_moved(self, message: RunMoved) -> None:
        """Take the new view and draw it."""
        if message.view.over != self.view.over:
            self.call_after_refresh(self.refresh_bindings)
        self.view = self.state.view = message.view
        self.times.feed(message.events)
        log = self.query_one(RichLog)
        for event in message.events:
            if event.text:
                log.write(log_line(event))
        self._draw()

    def on_run_lost(self, message: RunLost) -> None:
        """Say that there is nothing to follow."""
        self.say(message.text)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the table to the window."""
        super().on_resize(event)
        set_columns(self.query_one(DataTable), columns(event.size.width), event.size.width)
        self._draw()

    def head(self) -> Text:
        """Give site, run and time."""
        view, now = self.view, self.state.edges.now()
        style = "bold" if not view.over else OK if view.exit == 0 else BAD
        left = Text(title(view, self.state.draft.site), style=style)
        right = f"run {self.run_id}   {elapsed(view, now)}"
        left.pad_right(max(1, self.size.width - 2 - len(left) - len(right)))
        return left.append(right, style="default")

    def same_as(self) -> str:
        """Give the command that shows this run again."""
        return command(self.state.directory, "attach", self.run_id)

    def _tick(self) -> None:
        if not self.view.over:
            self._draw()

    def _draw(self) -> None:
        view = self.view
        self.refresh_frame()
        width = max(20, self.size.width - 24)
        line = bar(whole(view), width, ascii_only=self.state.ascii_only, style=_tone(view))
        line.append(f"  {finished(view)} of {count(len(view.hosts), 'host')}", style="default")
        self.query_one("#whole", Static).update(line)
        self.query_one("#wave", Static).update(Text(self._wave()))
        self._rows()
        self._cause()
        self.query_one("#after", Static).update(Text(self._after()))

    def _wave(self) -> str:
        view = self.view
        if view.over:
            return f"{outcome(view)}.  Enter: what next."
        if finished(view) == len(view.hosts) and view.hosts and view.plan:
            return "Proving every link."
        if not view.wave:
            return "Reading the hosts." if view.hosts else "Waiting for the run to begin."
        return f"{view.wave}  ({view.wave_index} of {max(view.waves, 1)})"

    def _after(self) -> str:
        if self.view.over:
            return "Nothing is running any more."
        if self.view.stop:
            how = "safely now" if self.view.stop == "stop-now" else "after this step"
            return f"Asked to stop {how}."
        return "You may close this window: the run goes on."

    def _rows(self) -> None:
        table = self.query_one(DataTable)
        hosts = [h for h in self.view.hosts.values() if not self.only_failed or _bad(h)]
        cursor = table.cursor_row
        wanted = [host.name for host in hosts]
        if [str(key.value) for key in table.rows] != wanted:
            table.clear()
            for host in hosts:
                table.add_row(*self._cells(host), key=host.name)
            table.move_cursor(row=min(cursor, max(0, len(hosts) - 1)))
            return
        for host in hosts:
            for key, drawn in zip(table.columns, self._cells(host), strict=True):
                table.update_cell(host.name, key, drawn)

    def _cells(self, host: HostView) -> tuple[Text, ...]:
        text = host.error or host.text
        now = self.state.edges.now()
        return (
            cell(host.name),
            shown(word(HOST_WORDS, standing(self.view, host))),
            cell(calm(text, 200).replace("\n", " ")),
            bar(part(host), 10, ascii_only=self.state.ascii_only, style=_tone(self.view, host)),
            Text(self.times.shown(host.name, now), justify="right"),
        )[: len(self.query_one(DataTable).columns)]

    def _cause(self) -> None:
        found = next((h for h in self.view.hosts.values() if h.error), None)
        text = ""
        if found is not None:
            rows = (f"{found.name}: {found.error}", found.explanation, found.hint)
            text = "\n".join(calm(row, 400) for row in rows if row)
        line = self.query_one("#cause", Static)
        line.display = bool(text)
        line.update(Text(text))

    def action_failed(self) -> None:
        """Show only the hosts that failed, or all again."""
        self.only_failed = not self.only_failed
        self._rows()

    def action_full_log(self) -> None:
        """Give the log the whole body, or take it back."""
        self.toggle_class("-full")
        log = self.query_one(RichLog)
        log.can_focus = self.has_class("-full")
        (log if log.can_focus else self.query_one(DataTable)).focus()
        self.call_after_refresh(log.scroll_end, animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what next once the run is over, and to stop it before."""
        over = getattr(self, "view", None) is not None and self.view.over
        return over if action == "go_on" else not over if action == "stop" else True

    def action_go_on(self) -> None:
        """Go where a run that is over leads; while it is going on there is nothing to go to."""
        if self.view.over:
            self.post_message(Go("done" if self.view.exit == 0 else "failure"))

    @work
    async def action_stop(self, how: str) -> None:
        """Ask the run to stop, after asking whether that is meant."""
        if self.view.over:
            return
        now = how == "now"
        text = (
            "What is being worked on gets its old files back unless its new ones are already "
            "proven; nothing else is begun."
            if now
            else "What is being worked on is finished and proven; nothing else is begun."
        )
        choices = [("no", "Go on running"), ("yes", "Stop safely now" if now else "Stop after it")]
        window = Confirm("Stop the run?", text, choices, ascii_only=self.state.ascii_only)
        if await self.app.push_screen_wait(window) == "yes":
            try:
                self.state.edges.front.ask_stop(self.run_id, now=now)
            except TlswrightError as error:
                self.say(error.text, error.hint)

    def action_back(self) -> None:
        """Leave the run to itself."""
        self.post_message(Go("dashboard"))


def log_line(event: Event) -> Text:
    """Draw one event as a line of the log."""
    style = BAD if event.kind == "failed" else ""
    when = event.time[11:19]
    host = f"{event.host}  " if event.host else ""
    text = f"{event.text} begins" if event.kind == "run-started" else event.text
    return Text.assemble((f"{when}  ", IDLE), (host, "cyan"), (calm(text), style))


def _tone(view: RunView, host: HostView | None = None) -> str:
    state = host.state if host else ""
    bad = state == "failed" if host else any(h.state == "failed" for h in view.hosts.values())
    if bad:
        return BAD
    if state == "restored":
        return WARN
    over = state in OVER if host else view.over
    return OK if over else "cyan"


def _bad(host: HostView) -> bool:
    return host.state in ("failed", "restored")
