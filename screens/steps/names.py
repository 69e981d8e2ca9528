"""Names: under which names and addresses peers dial each host; each goes into its certificate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static

from app.site.convert import Problem
from app.site.draft import DraftHost, Step
from app.site.naming import with_first
from screens.columns import REST, set_columns
from screens.look_at_hosts import HostWatch
from screens.rows import names_problem, with_names
from screens.steps.naming import first_missing, further_names, names_missing, take_names
from screens.steps.step import StepScreen
from screens.words import cell, count

HELP = (
    "A client checks that the certificate holds the very name or address it dialled. So list every "
    "name that a peer uses for this host: the first is what the links are written with, the others "
    "are accepted too.",
    "Without any, peers dial the address that we log in at.",
)
COLUMNS = (("Host", 20), ("Peers dial", 24), ("Also accepted", REST))


class NamesScreen(StepScreen):
    """Ask for the names of each host; the first one is what peers are told to dial."""

    STEP: ClassVar[Step] = "names"
    TITLE_TEXT = "How do peers dial each host?"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit"),
        Binding("s", "suggest", "Take what was found"),
        Binding("z", "undo", "Undo"),
    ]
    DEFAULT_CSS = """
    NamesScreen DataTable { height: 1fr; }
    NamesScreen #found { height: 5; }
    NamesScreen #editing { height: 1; }
    NamesScreen #editing Static { width: 24; }
    NamesScreen #editing Input { width: 1fr; }
    """

    def __init__(self, state: object) -> None:
        super().__init__(state)  # type: ignore[arg-type]
        self.watch_hosts = HostWatch(self, self.state)
        self.editing = ""

    def help_text(self) -> str:
        """Explain the step, and which name the product wants first."""
        kind = self.state.kind()
        return "\n\n".join((*HELP, *((kind.naming,) if kind and kind.naming else ())))

    def body(self) -> Iterable[Widget]:
        """Lay out the table and the line that edits."""
        yield Static(self.TITLE_TEXT, classes="title")
        table: DataTable[Text] = DataTable(cursor_type="row")
        yield table
        found = Static(id="found", classes="pane")
        yield found
        yield Horizontal(Static(id="whose"), Input(compact=True), id="editing")

    def on_mount(self) -> None:
        """Fill the table."""
        super().on_mount()
        table = self.query_one(DataTable)
        set_columns(table, COLUMNS, self.app.size.width)
        self.draw()
        table.focus()
        self.watch_hosts.look()

    def on_host_watch_looked(self) -> None:
        """Take the names that the product has for hosts without any, once."""
        taken = take_names(self.state)
        self.draw(typed=self._typing())
        if taken:
            self.tell(f"{count(taken, 'host')} named as they are dialled; z takes it back.")

    def found(self) -> tuple[Problem, ...]:
        """Give what is wrong with the names; the product's own must come first."""
        return (*super().found(), *names_missing(self.state))

    def on_resize(self, event: events.Resize) -> None:
        """Fit the table to the window."""
        super().on_resize(event)
        set_columns(self.query_one(DataTable), COLUMNS, event.size.width)
        self.draw()

    def draw(self, *, typed: bool = False) -> None:
        """Draw the table and the line that edits; with `typed`, what is typed there stays."""
        table = self.query_one(DataTable)
        at = table.cursor_row
        table.clear()
        for host in self.state.draft.hosts:
            names = tuple(host.names) or (host.address,)
            row = (host.name, names[0], ", ".join(names[1:]))
            table.add_row(*(cell(t) for t in row))
        table.move_cursor(row=min(max(at, 0), max(0, len(self.state.draft.hosts) - 1)))
        self._edit_line(typed=typed)
        self.refresh_frame()

    def here(self) -> DraftHost | None:
        """Give the host that the cursor is at."""
        at, hosts = self.query_one(DataTable).cursor_row, self.state.draft.hosts
        return hosts[at] if 0 <= at < len(hosts) else None

    def _edit_line(self, *, typed: bool = False) -> None:
        host = self.here()
        if host is None:
            return
        self.query_one("#whose", Static).update(Text(f"{host.name} >", no_wrap=True))
        if not typed or host.name != self.editing:
            self.query_one(Input).value = ", ".join(host.names or (host.address,))
        self.editing = host.name
        found = self.query_one("#found", Static)
        found.border_title = f"found on {host.name}"
        known, first = further_names(self.state, host), first_missing(self.state, host)
        text = "Nothing beyond what is listed.\nEnter edits the names, separated by commas."
        if known:
            text = f"It calls itself {', '.join(known)}.\ns takes that too, Enter edits the names."
        if first:
            text = f"Its peers dial it as {first[0]}: that name must come first.\ns takes it."
        found.update(Text(text))

    def on_data_table_row_highlighted(self) -> None:
        """Show the names of the host that the cursor is at."""
        self._edit_line(typed=self._typing())

    def _typing(self) -> bool:
        return isinstance(self.focused, Input)

    def on_data_table_row_selected(self) -> None:
        """Edit the names."""
        self.action_edit()

    def action_edit(self) -> None:
        """Go to the line that edits."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the names, and go to the next host."""
        event.stop()
        host = self.here()
        if host is None:
            return
        wrong = names_problem(event.value)
        if wrong:
            self.say(wrong, f"e.g. {host.name}.example.net, 10.1.2.3")
            return
        self.say("")
        self.state.change(with_names(self.state.draft, host.name, event.value))
        self.draw()
        table = self.query_one(DataTable)
        table.focus()
        table.action_cursor_down()

    def action_suggest(self) -> None:
        """Take the names that the product and the host itself have for it."""
        host = self.here()
        if host is None:
            return
        draft = self.state.draft
        if first := first_missing(self.state, host):
            self.state.change(with_first(draft, host.name, first))
        elif known := further_names(self.state, host):
            words = ", ".join([*(host.names or (host.address,)), *known])
            self.state.change(with_names(draft, host.name, words))
        self.say("")
        self.draw()

    def action_undo(self) -> None:
        """Take back the last change."""
        if self.state.undo():
            self.draw()

    def action_back(self) -> None:
        """Leave the line that edits, or go back."""
        if isinstance(self.focused, Input):
            self.query_one(DataTable).focus()
            self._edit_line()
        else:
            super().action_back()

    def point_at(self, problem: Problem) -> None:
        """Give the focus to the table, at the host whose names are wrong."""
        table = self.query_one(DataTable)
        if problem.host in self.state.draft.host_names:
            table.move_cursor(row=self.state.draft.host_names.index(problem.host))
        table.focus()
