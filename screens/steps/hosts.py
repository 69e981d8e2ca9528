"""Hosts: typed, pasted or picked; each is looked at in the background while more are added."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static

from app.errors import HostError, HostKeyError, TlswrightError
from app.remote.locked import locked_key
from app.site import draft as d
from app.site.catalogue import hosts_example
from app.site.convert import Problem
from app.site.draft import Step
from app.site.typed_hosts import add_hosts
from screens.asks.confirm import Confirm
from screens.asks.edit import Edit
from screens.asks.pick import Pick
from screens.attempt import ask_login, pin, trust_key
from screens.columns import REST, set_columns
from screens.look_at_hosts import HostWatch
from screens.picture import draw
from screens.rows import host_rows, with_host
from screens.steps.host_input import HostInput
from screens.steps.host_text import cells, detail, hosts_help, links_of, roles_of
from screens.steps.own import edit_own
from screens.steps.step import StepScreen
from screens.words import count

ROLE = "Role"
COLUMNS = (("Host", 22), (ROLE, 6), ("SSH as", 16), ("Check", REST))
NARROW = (("Host", 16), (ROLE, 5), ("SSH as", 10), ("Check", REST))


def columns(width: int, roles: Collection[str]) -> tuple[tuple[str, int], ...]:
    """Give the columns for a window: what a check found must be readable in each.

    A role that all hosts have is not shown.
    """
    wide = max(map(len, roles), default=0) + 1
    found = COLUMNS if width >= 76 else NARROW
    return tuple(
        (name, max(room, wide) if name == ROLE else room) for name, room in found
        if name != ROLE or len(roles) > 1
    )  # fmt: skip


class HostsScreen(StepScreen):
    """Collect the hosts and their roles, and say of each whether it can be worked on."""

    STEP: ClassVar[Step] = "hosts"
    TITLE_TEXT = "Which hosts?"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "trust", "Trust key"),
        Binding("p", "password", "Password"),
        Binding("a", "add", "Add"),
        Binding("i", "pick", "Pick from ~/.ssh/config", show=False),
        Binding("e", "edit", "Edit"),
        Binding("d", "drop", "Drop"),
        Binding("space", "role", "Role"),
        Binding("l", "link", "Link"),
        Binding("o", "own", "Own options"),
        Binding("c,f5", "check", "Check", show=False),
        Binding("z", "undo", "Undo", show=False),
    ]
    DEFAULT_CSS = """
    HostsScreen DataTable { height: 1fr; min-height: 4; }
    HostsScreen #below { height: 45%; min-height: 9; max-height: 24; }
    HostsScreen #detail { width: 1fr; height: 100%; }
    HostsScreen #picture { width: 45%; max-width: 60; height: 100%; color: $text-primary; }
    HostsScreen #adding { height: 1; }
    HostsScreen #adding Static { width: 7; }
    HostsScreen #adding Input { width: 1fr; }
    """

    def __init__(self, state: object) -> None:
        super().__init__(state)  # type: ignore[arg-type]
        self.watch_hosts = HostWatch(self, self.state)
        self.linking = ""
        self.fitted: tuple[int, tuple[tuple[str, int], ...]] | None = None

    def body(self) -> Iterable[Widget]:
        """Lay out the table, the detail, the picture and the line that adds."""
        yield Static(id="tally", classes="title")
        table: DataTable[Text] = DataTable(cursor_type="row")
        yield table
        picture = Static(id="picture", classes="pane")
        picture.border_title = "topology"
        yield Horizontal(Static(id="detail", classes="pane"), picture, id="below")
        add = HostInput(compact=True, placeholder=hosts_example(self.state.kind()))
        yield Horizontal(Static("Add  >"), add, id="adding")

    def help_text(self) -> str:
        """Explain the step in the words of the product."""
        return hosts_help(self.state)

    def on_mount(self) -> None:
        """Begin where something is to be done: at the line that adds while there are no hosts."""
        super().on_mount()
        table = self.query_one(DataTable)
        self._columns(self.app.size.width)
        self.draw()
        (table if self.state.draft.hosts else self.query_one(Input)).focus()
        self.call_after_refresh(self.watch_hosts.look)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the table to the window."""
        super().on_resize(event)
        self._columns(event.size.width)
        self.draw()
        self.call_after_refresh(self._picture)

    def _columns(self, width: int) -> None:
        """Fit the columns where they have to change; the cursor stays where it is."""
        wanted = (width, columns(width, roles_of(self.state)))
        if wanted == self.fitted:
            return
        self.fitted, at = wanted, self.query_one(DataTable).cursor_row
        set_columns(self.query_one(DataTable), wanted[1], width)
        self.draw(at)

    def on_screen_resume(self) -> None:
        """Look again at what has other options since; the product may be another one too."""
        super().on_screen_resume()
        if self.is_mounted:
            self._columns(self.app.size.width)
            self.draw()
            self.watch_hosts.look()

    # what is shown

    def draw(self, at: int | None = None) -> None:
        """Draw the table, the tally and the picture again, with the cursor at a row."""
        draft, table = self.state.draft, self.query_one(DataTable)
        at = table.cursor_row if at is None else at
        table.clear()
        for host in draft.hosts:
            table.add_row(*cells(host, self.state), key=host.name)
        table.move_cursor(row=min(max(at, 0), max(0, len(draft.hosts) - 1)))
        self._tally()
        self._picture()
        self._detail()
        self.refresh_frame()

    def _picture(self) -> None:
        pane, state = self.query_one("#picture", Static), self.state
        wide, high = pane.content_size
        picture = draw(
            roles_of(state), state.draft.drawn, links_of(state),
            width=wide or 32, height=high or 7, ascii_only=state.ascii_only,
        )  # fmt: skip
        pane.update(Text(picture))

    def _tally(self) -> None:
        hosts = self.state.draft.hosts
        checks = (self.state.checks.get(host.name) for host in hosts)
        bad = sum(c is not None and c.state not in ("ok", "by-hand") for c in checks)
        roles = roles_of(self.state)
        parts = [self.TITLE_TEXT, count(len(hosts), "host")]
        if len(roles) > 1:
            parts += [count(n, role) for role, names in roles.items() if (n := len(names))]
        parts += [f"{bad} to look at"] if bad else []
        self.query_one("#tally", Static).update(Text("   ".join(parts), style="bold"))

    def _detail(self) -> None:
        host, pane = self.here(), self.query_one("#detail", Static)
        pane.border_title = host.name if host else "no host yet"
        pane.update(detail(host, self.state))

    def here(self) -> d.DraftHost | None:
        """Give the host that the cursor is at."""
        at, hosts = self.query_one(DataTable).cursor_row, self.state.draft.hosts
        return hosts[at] if 0 <= at < len(hosts) else None

    def on_data_table_row_highlighted(self) -> None:
        """Show the host that the cursor is at, and what can be done with it."""
        self._detail()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to trust a key while one is unknown, a password where the host asks for it.

        Roles are offered where there are several, and links where the product has such.
        """
        kind = self.state.kind()
        if action == "role":
            return kind is not None and len(kind.roles) > 1
        if action == "link":
            return kind is not None and kind.draws_links
        if action not in ("trust", "password") or not self.is_mounted:
            return True
        if action == "trust":
            return self._unknown() is not None
        host = self.here()
        check = self.state.checks.get(host.name) if host else None
        return check is not None and check.state in ("login", "sudo")

    def on_host_watch_looked(self) -> None:
        """Draw what was found."""
        self.draw()
        self.refresh_bindings()

    # what is done

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Add what was typed; with nothing typed, go to the table."""
        event.stop()
        if not event.value.strip():
            self.query_one(DataTable).focus()
            return
        try:
            self.state.change(add_hosts(self.state.draft, event.value, self.state.edges.kinds))
        except (TlswrightError, ValueError) as error:
            self.say(str(error), getattr(error, "hint", ""))
            return
        self.say("")
        event.input.value = ""
        self.draw()
        self.query_one(DataTable).move_cursor(row=len(self.state.draft.hosts) - 1)
        self.watch_hosts.look()

    def action_add(self) -> None:
        """Go to the line that adds."""
        self.query_one(Input).focus()

    @work
    async def action_pick(self) -> None:
        """Pick hosts from the user's SSH configuration."""
        have = {host.name for host in self.state.draft.hosts}
        names = tuple(n for n in self.state.edges.ssh_hosts() if n not in have)
        if not names:
            self.say("~/.ssh/config names no further hosts.")
            return
        pick = Pick("Hosts in ~/.ssh/config", names, ascii_only=self.state.ascii_only)
        chosen = await self.app.push_screen_wait(pick)
        if chosen:
            self.state.change(add_hosts(self.state.draft, " ".join(chosen), self.state.edges.kinds))
            self.draw()
            self.watch_hosts.look()

    @work
    async def action_edit(self) -> None:
        """Edit the host that the cursor is at."""
        host = self.here()
        if host is None:
            return
        rows = host_rows(host, self.state)
        window = Edit(f"Host {host.name}", rows, ascii_only=self.state.ascii_only)
        values = await self.app.push_screen_wait(window)
        if values is not None:
            self.state.change(with_host(self.state.draft, host.name, values))
            self.state.checks.pop(host.name, None)
            self.draw()
            self.watch_hosts.look()

    @work
    async def action_own(self) -> None:
        """Edit the options that the host has of its own: its port, its instance, its commands."""
        host = self.here()
        if host is not None and await edit_own(self.app, self.state, host.name):
            self.draw()
            self.watch_hosts.look()

    def action_drop(self) -> None:
        """Take the host away; z brings it back."""
        host = self.here()
        if host is not None:
            self.state.change(d.remove(self.state.draft, [host.name]))
            self.draw()
            self.tell(f"{host.name} is taken out; z brings it back.")

    def action_role(self) -> None:
        """Give the host the next role."""
        host, kind = self.here(), self.state.kind()
        if host is None or kind is None:
            return
        roles = [role for role, _ in kind.roles]
        role = roles[(roles.index(host.role) + 1) % len(roles)] if host.role in roles else roles[0]
        self.state.change(d.set_role(self.state.draft, host.name, role, self.state.edges.kinds))
        self.draw()
        self.watch_hosts.look()

    def action_link(self) -> None:
        """Begin a link at this host, or end it here; a link that exists is taken away."""
        host = self.here()
        if host is None:
            return
        if not self.linking or self.linking == host.name:
            self.linking = "" if self.linking else host.name
            words = f"Link: {host.name} dials ... go to the other host and press l (Esc drops it)."
            if self.linking:
                self.tell(words)
            else:
                self.say("")
            return
        pair = (self.linking, host.name)
        act = d.unlink if pair in self.state.draft.drawn else d.link
        self.linking = ""
        self.state.change(act(self.state.draft, *pair))
        self.say("")
        self.draw()

    @work
    async def action_trust(self) -> None:
        """Trust the key that the host offered, after showing it."""
        host = self._unknown()
        if host is None:
            self.say("There is no new host key to trust here.")
            return
        self._go_to(host)
        check = self.state.checks[host.name]
        if isinstance(check.error, HostKeyError) and check.error.host != host.name:
            await self._trust_jump_host(check.error)
            return
        text = (
            f"{host.name} offers a host key that is not known yet:\n\n  {check.fingerprint}\n\n"
            "Compare it with the one that the host's owner gave you. It is written to site.yaml; "
            "from then on no other key is accepted."
        )
        choices = [("yes", "It is the right key"), ("no", "Not now")]
        window = Confirm("Trust this host key?", text, choices, ascii_only=self.state.ascii_only)
        if await self.app.push_screen_wait(window) == "yes":
            pin(self.state, host.name, check.offered)
            self.watch_hosts.again(host.name)
            self._go_to(self._unknown())

    async def _trust_jump_host(self, error: HostKeyError) -> None:
        """Trust the key of a jump host, which all hosts behind it wait for."""
        try:
            trusted = await trust_key(self.app, self.state, error)
        except TlswrightError as problem:
            self.say(str(problem), problem.hint)
            return
        if trusted:
            self.watch_hosts.again(*self._behind(error))

    def _behind(self, error: HostError) -> list[str]:
        """Name the hosts that the same jump host stood in the way of."""
        return [name for name, c in self.state.checks.items()
                if c.error is not None and c.error.host == error.host]  # fmt: skip

    def _unknown(self) -> d.DraftHost | None:
        """Give the first host from the cursor on, around the end, whose key is not known yet."""
        at, hosts = self.query_one(DataTable).cursor_row, self.state.draft.hosts
        found = (h for h in (*hosts[max(at, 0) :], *hosts)
                 if (c := self.state.checks.get(h.name)) and c.state == "new-key")  # fmt: skip
        return next(found, None)

    def _go_to(self, host: d.DraftHost | None) -> None:
        if host is not None:
            self.query_one(DataTable).move_cursor(row=self.state.draft.hosts.index(host))

    @work
    async def action_password(self) -> None:
        """Give a password for this host, for login or for sudo."""
        host = self.here()
        if host is None:
            return
        check = self.state.checks.get(host.name)
        what = "sudo" if check is not None and check.state == "sudo" else "passwords"
        text = check.text if check is not None else ""
        error = check.error if check is not None else None
        machine = error.host if error is not None else host.name
        if await ask_login(self.app, self.state, machine, what, text):
            key = locked_key(text)
            same = {n for n, c in self.state.checks.items() if key and locked_key(c.text) == key}
            behind = self._behind(error) if error is not None else []
            self.watch_hosts.again(*dict.fromkeys([host.name, *behind, *sorted(same)]))

    def action_check(self) -> None:
        """Look at every host again."""
        self.state.checks.clear()
        self.draw()
        self.watch_hosts.look()

    def action_undo(self) -> None:
        """Take back the last change."""
        if self.state.undo():
            self.draw()
            self.watch_hosts.look()

    def action_back(self) -> None:
        """Drop a link that was begun, leave the line that adds, or go back."""
        if self.linking:
            self.linking = ""
            self.say("")
        else:
            super().action_back()

    def point_at(self, problem: Problem) -> None:
        """Give the focus to the line that adds where hosts are missing, else to the table."""
        (self.query_one(DataTable) if self.state.draft.hosts else self.query_one(Input)).focus()
