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
from screens.columns import REST, set_columns
from screens.rows import names_problem, with_names
from screens.steps.step import StepScreen
from screens.words import cell

COLUMNS = (("Host", 20), ("Peers dial", 24), ("Also accepted", REST))


class NamesScreen(StepScreen):
    """Ask for the names of each host; the first one is what peers are told to dial."""

    STEP: ClassVar[Step] = "names"
    TITLE_TEXT = "How do peers dial each host?"
    HELP_TEXT = (
        "A client checks that the certificate holds the very name or address it dialled. So list "
        "every name that a peer uses for this host: the first is what the links are written "
        "with, the others are accepted too.\n\nWithout any, peers dial the address that we log "
        "in at."
    )
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

    def on_resize(self, event: events.Resize) -> None:
        """Fit the table to the window."""
        super().on_resize(event)
        set_columns(self.query_one(DataTable), COLUMNS, event.size.width)
        self.draw()

    def draw(self) -> None:
        """Draw the table and the line that edits."""
        table = self.query_one(DataTable)
        at = table.cursor_row
        table.clear()
        for host in self.state.draft.hosts:
            names = tuple(host.names) or (host.address,)
            row = (host.name, names[0], ", ".join(names[1:]))
            table.add_row(*(cell(t) for t in row))
        table.move_cursor(row=min(max(at, 0), max(0, len(self.state.draft.hosts) - 1)))
        self._edit_line()
        self.refresh_frame()

    def here(self) -> DraftHost | None:
        """Give the host that the cursor is at."""
        at, hosts = self.query_one(DataTable).cursor_row, self.state.draft.hosts
        return hosts[at] if 0 <= at < len(hosts) else None

    def _edit_line(self) -> None:
        host = self.here()
        if host is None:
            return
        self.query_one("#whose", Static).update(Text(f"{host.name} >", no_wrap=True))
        self.query_one(Input).value = ", ".join(host.names or (host.address,))
        found = self.query_one("#found", Static)
        found.border_title = f"found on {host.name}"
        known = self._known(host)
        text = "Nothing beyond what is listed.\nEnter edits the names, separated by commas."
        if known:
            text = f"It calls itself {', '.join(known)}.\ns takes that too, Enter edits the names."
        found.update(Text(text))

    def _known(self, host: DraftHost) -> tuple[str, ...]:
        check = self.state.checks.get(host.name)
        words = (check.facts.get("names", "") if check else "").replace(",", " ").split()
        listed = {*host.names, *(() if host.names else (host.address,))}
        return tuple(w for w in dict.fromkeys(words) if w not in listed and not names_problem(w))

    def on_data_table_row_highlighted(self) -> None:
        """Show the names of the host that the cursor is at."""
        self._edit_line()

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
        """Take the names that the host has for itself."""
        host = self.here()
        if host is not None and (known := self._known(host)):
            words = ", ".join([*(host.names or (host.address,)), *known])
            self.state.change(with_names(self.state.draft, host.name, words))
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
        """Give the focus to the table."""
        self.query_one(DataTable).focus()
