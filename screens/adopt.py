"""Stores that hosts use already: what they hold, and what of it is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import DataTable, Static

from app.engine.adopting import Found, FoundStore, error_lines, locked, store_lines
from app.engine.gather import refuse_answerable
from app.errors import HostError, TlswrightError
from app.pki.secret import Secret
from app.quoting import calm
from screens.asks.read import Read
from screens.asks.secret import AskSecret
from screens.attempt import attempt, ensure_vault
from screens.base import FrameScreen
from screens.columns import REST, set_columns
from screens.same import command
from screens.state import State
from screens.threads import beside
from screens.words import IDLE, OK, Word, cell, count, shown

COLUMNS = (("Host", 16), ("Store", 12), ("Ends, and what it holds", REST), ("Then", 15))
Row = tuple[str, str]
"""A host and the role of a store."""
CHOICES = {
    ("trust", True): Word("ok", "keep trust", OK),
    ("key", True): Word("ok", "keep key", OK),
    ("trust", False): Word("..", "replace", IDLE),
    ("key", False): Word("..", "replace", IDLE),
}


class AdoptScreen(FrameScreen):
    """Show the stores that the hosts' own files name; Space says what is kept of each."""

    TITLE_TEXT = "Stores that the hosts use now"
    HELP_TEXT = (
        "These are the stores that the hosts' own configuration names. Passwords that stand there "
        "in plain text were tried; p asks for another.\n\n"
        "Replace: new keys and new trust are made beside the old files, which stay where they "
        "are. Peers and clients with old certificates are refused then.\n\n"
        "Keep trust: the host goes on to trust what its store holds, beside what the site wants. "
        "Whoever has such a certificate is let in.\n\n"
        "Keep key: the host goes on with its own key and certificate. The vault holds the key "
        "until the run has put it in place. It must fit: names, purposes, life, and its CA must "
        "be the site's unless trust is pinned."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "keep", "Keep/replace"),
        Binding("p", "password", "Password"),
        Binding("a,ctrl+n", "take", "Take and plan"),
        Binding("f5", "again", "Read again", show=False),
        Binding("left_square_bracket", "scroll_pane(-1)", show=False),
        Binding("right_square_bracket", "scroll_pane(1)", show=False),
    ]
    DEFAULT_CSS = """
    AdoptScreen #next { height: auto; max-height: 3; margin-bottom: 1; }
    AdoptScreen DataTable { height: 1fr; min-height: 4; }
    AdoptScreen #whole { height: 50%; min-height: 7; }
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.found: Found | None = None
        self.kept: set[Row] = set()
        self.chosen: set[Row] = set()
        self.given: list[Secret] = []
        self.changed = False

    def body(self) -> Iterable[Widget]:
        """Lay out what is next, the table, and what the store holds that the cursor is at."""
        yield Static(id="next")
        table: DataTable[Text] = DataTable(cursor_type="row")
        yield table
        yield VerticalScroll(Static(id="holds"), id="whole", classes="pane")

    def on_mount(self) -> None:
        """Read the stores."""
        super().on_mount()
        self.query_one(DataTable).focus()
        self._read()

    def on_resize(self, event: events.Resize) -> None:
        """Draw the table for the new width."""
        super().on_resize(event)
        self._draw()

    def same_as(self) -> str:
        """Give the commands that do the same."""
        return " && ".join(self._commands())

    def _commands(self) -> list[str]:
        """Give a command for each set of hosts of which the same is kept, or let go."""
        kept = _same(self.chosen - self.kept)
        gone = _same(self.kept - self.chosen)
        parts = [
            [*(word for role in roles for word in ("--keep", role)), *_named(hosts)]
            for roles, hosts in kept.items()
        ]
        parts += [
            ["--replace", *(roles if len(roles) == 1 else ()), *_named(hosts)]
            for roles, hosts in gone.items()
        ]
        return [command(self.state.directory, "adopt", *words) for words in parts or [[]]]

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        state, site = self.state, self.state.site
        if site is None:
            return
        front = state.edges.front
        self.query_one("#next", Static).update(">> reading the hosts; nothing is changed")

        last: list[tuple[Found, set[Row]]] = []

        def read() -> tuple[Found, set[Row]]:
            found = front.stores.find(site, state.answers).open(self.given)
            kept = {(key.partition("/")[2], "trust") for key in front.stores.trusted(site)}
            kept |= {(host, "key") for host in front.stores.keys(site, state.answers)}
            last.append((found, kept))
            refuse_answerable(found.errors)
            return last[-1]

        try:
            # Where nobody gives what a host lacks, the others are shown.
            seen = await attempt(self, state, read) or next(reversed(last), None)
        except TlswrightError as error:
            self.say(str(error), error.hint)
            return
        if seen is not None:
            self.found, self.kept = seen
            self.chosen = set(self.kept)
        self._draw()

    def _draw(self) -> None:
        table = self.query_one(DataTable)
        at = table.cursor_row
        set_columns(table, COLUMNS, self.app.size.width)
        for store in self._stores():
            table.add_row(
                cell(store.host), cell(_kind(store)), cell(_holds(store)), self._choice(store)
            )
        for host, error in sorted(self._errors().items()):
            table.add_row(cell(host), cell(""), cell(f"XX not read: {error.text}"), cell(""))
        table.move_cursor(row=max(at, 0))
        self.query_one("#next", Static).update(Text(self._next()))
        self._detail()
        self.refresh_frame()
        self.refresh_bindings()

    def _stores(self) -> tuple[FoundStore, ...]:
        return self.found.stores if self.found is not None else ()

    def _errors(self) -> Mapping[str, HostError]:
        return self.found.errors if self.found is not None else {}

    def _choice(self, store: FoundStore) -> Text:
        row = (store.host, store.role)
        if store.own and row not in self.kept:
            return cell("this site's own", IDLE)
        if store.aside and row not in self.kept:
            return cell("shown only", IDLE)
        return shown(CHOICES[store.role, row in self.chosen])

    def _next(self) -> str:
        if self.found is None:
            return ""
        if self.found.errors:
            names = ", ".join(sorted(self.found.errors))
            return f"Not read: {names}. F5 reads again.  {self._act(self.found)}"
        return self._act(self.found)

    def _act(self, found: Found) -> str:
        closed = len(tuple(locked(found)))
        if closed:
            return f"Next: p gives the password of a store; {closed} locked."
        if not found.stores:
            return "No host's configuration names a store: there is nothing to keep."
        return "Space keeps what a store holds, or replaces it; a makes the plan of it."

    def _detail(self) -> None:
        pane, store = self.query_one("#whole", VerticalScroll), self._here()
        lines = store_lines(store)[1:] if store else []
        lines += [f"  {x}" for x in error_lines(self.found)] if self.found and not store else []
        for host, text in self.found.notes if self.found and not store else ():
            lines.append(f"  {host}: {text}")
        words = "not read" if self._errors() else "nothing to keep"
        pane.border_title = store.place if store else words
        self.query_one("#holds", Static).update(Text("\n".join(calm(x[2:], 400) for x in lines)))
        pane.scroll_home(animate=False)

    def _here(self) -> FoundStore | None:
        at, stores = self.query_one(DataTable).cursor_row, self._stores()
        return stores[at] if 0 <= at < len(stores) else None

    def on_data_table_row_highlighted(self) -> None:
        """Show what the store holds that the cursor is at."""
        self._detail()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a password where a store is locked."""
        if action != "password" or not self.is_mounted:
            return True
        return self.found is not None and any(locked(self.found))

    def action_keep(self) -> None:
        """Keep what the store holds, or replace it."""
        store = self._here()
        if store is None:
            return
        row = (store.host, store.role)
        if row in self.chosen:
            self.chosen.discard(row)
        elif store.own and row not in self.kept:
            self.say("This is the store that this site put there: nothing older is in it.")
            return
        elif store.aside and row not in self.kept:
            self.say(f"{store.place}: {store.aside}.")
            return
        elif store.opened is None and row not in self.kept:
            text = store.error.text if store.error else "it was not read"
            self.say(f"{store.place}: {text}", store.error.hint if store.error else "")
            return
        else:
            self.chosen.add(row)
        self.say("")
        self._draw()

    @work
    async def action_password(self) -> None:
        """Ask for the password of the store that the cursor is at, or of the next locked one."""
        if self.found is None:
            return
        closed = tuple(locked(self.found))
        store = self._here()
        if store not in closed:
            store = closed[0]
        assert store is not None, "the key is offered only where a store is locked"
        text = f"{calm(store.place, 300)} is locked."
        ask = AskSecret("Password of a store", text, ascii_only=self.state.ascii_only)
        secret: Secret | None = await self.app.push_screen_wait(ask)
        if secret is None:
            return
        before, found = len(closed), self.found
        self.found = await beside(lambda: found.open([*self.given, secret]))
        self.given.append(secret)
        same = len(tuple(locked(self.found))) == before
        self.say("That password opens none of them." if same else "")
        self._draw()

    @work
    async def action_take(self) -> None:
        """Keep what was chosen, let go of the rest, and go back to the plan."""
        state, site, found = self.state, self.state.site, self.found
        if site is None or found is None:
            return
        new, gone = self.chosen - self.kept, self.kept - self.chosen
        if not new and not gone:
            self.dismiss()
            return
        if any(role == "key" for _, role in new) and not await ensure_vault(self, self.state):
            return
        stores = state.edges.front.stores

        def take() -> bool:
            answers = state.answers
            stores.keep(site, answers, found, trust=_of(new, "trust"), keys=_of(new, "key"))
            stores.let_go(site, answers, trust=_of(gone, "trust"), keys=_of(gone, "key"))
            return True

        try:
            done = await attempt(self, state, take)
        except TlswrightError as error:
            lines = [str(error), *getattr(error, "problems", ()), "", error.hint]
            window = Read("Nothing more is kept", lines, ascii_only=state.ascii_only)
            self.app.push_screen(window)
            return
        if done:
            state.commands += self._commands()
            state.note(f"{count(len(self.chosen), 'store')} kept of those that were there")
            state.plan, self.changed = None, True
            self.dismiss()

    def action_again(self) -> None:
        """Read the hosts again."""
        self._read()

    def action_scroll_pane(self, by: int) -> None:
        """Scroll the pane while the table keeps the focus."""
        pane = self.query_one("#whole", VerticalScroll)
        pane.scroll_relative(y=by * max(1, pane.size.height - 2), animate=False)


def _same(rows: Collection[Row]) -> dict[tuple[str, ...], list[str]]:
    """Give the hosts by the roles that the rows have of them."""
    found: dict[tuple[str, ...], list[str]] = {}
    for host in sorted({host for host, _ in rows}):
        roles = tuple(role for role in ("trust", "key") if (host, role) in rows)
        found.setdefault(roles, []).append(host)
    return found


def _named(hosts: Iterable[str]) -> list[str]:
    return [word for host in hosts for word in ("--host", host)]


def _of(rows: Iterable[Row], role: str) -> tuple[str, ...]:
    return tuple(sorted(host for host, what in rows if what == role))


def _kind(store: FoundStore) -> str:
    return f"{store.role} {store.opened.format if store.opened else ''}".strip()


def _holds(store: FoundStore) -> str:
    if store.opened is None and store.locked:
        return "!! locked: p opens it"
    if store.opened is None:
        return f"XX {store.error.text}" if store.error else ""
    entries = store.opened.entries
    if not entries:
        return "nothing"
    ends = min(one.facts.not_after for one in entries)
    if len(entries) == 1:
        return f"{ends:%Y-%m-%d}  {entries[0].facts.subject}"
    return f"{ends:%Y-%m-%d}  {count(len(entries), 'entry', 'entries')}"
