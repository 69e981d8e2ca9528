"""Certificates of an outside CA: what was asked for, what came back, and how to go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Static

from app.account import expand
from app.engine.front import RequestRow
from app.engine.taking import taken_lines
from app.errors import TlswrightError
from app.quoting import calm
from app.site.draft import set_authority
from screens.asks.export import AskName
from screens.asks.read import Read
from screens.attempt import attempt, ensure_vault
from screens.base import FrameScreen
from screens.columns import REST, set_columns
from screens.messages import Review
from screens.same import command
from screens.threads import beside
from screens.words import IDLE, OK, WARN, Word, cell, count, shown, word

COLUMNS = (("Host", 18), ("Certificate", 18), ("Since", 10), ("Request", REST))
STATES = {
    "missing": Word("!!", "not asked for", WARN),
    "waiting": Word("..", "waited for", IDLE),
    "back": Word("ok", "came back", OK),
    "fine": Word("ok", "there", OK),
}


class RequestsScreen(FrameScreen):
    """Show what an outside CA still owes; write requests, and take certificates in."""

    TITLE_TEXT = "Certificates that others sign"
    HELP_TEXT = (
        "w writes a signing request for each host that needs a certificate, with a README.txt that "
        "says how easy-rsa, openssl ca and cfssl sign them. The private keys wait in the vault.\n\n"
        "t takes in what came back: a file or a folder, PEM, DER or PKCS #7. Each certificate is "
        "matched to its request by its key, and judged; what a peer would refuse is not taken, "
        "and you read what the CA's operator must do.\n\n"
        "c takes the CA's own certificate, which hosts are to trust: once, at the beginning.\n\n"
        "a shows what can be deployed by now. Hosts whose certificates are still waited for keep "
        "what they have."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "write", "Write requests"),
        Binding("t", "take", "Take in"),
        Binding("c", "anchor", "CA certificate"),
        Binding("a,ctrl+n", "review", "Plan/apply"),
        Binding("f5", "again", "Read again", show=False),
    ]
    DEFAULT_CSS = """
    RequestsScreen #next { height: auto; max-height: 3; margin-bottom: 1; }
    RequestsScreen DataTable { height: 1fr; min-height: 4; }
    """

    def body(self) -> Iterable[Widget]:
        """Lay out what is next, and the table."""
        yield Static(id="next")
        table: DataTable[Text] = DataTable(cursor_type="row")
        yield table

    def on_mount(self) -> None:
        """Read the record."""
        super().on_mount()
        self.rows: tuple[RequestRow, ...] = ()
        self.query_one(DataTable).focus()
        self._read()

    def on_screen_resume(self) -> None:
        """Read the record again."""
        super().on_screen_resume()
        self._read()

    def on_resize(self, event: events.Resize) -> None:
        """Draw the table for the new width."""
        super().on_resize(event)
        self._draw()

    def same_as(self) -> str:
        """Give the command that shows the same."""
        return command(self.state.directory, "status")

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        site, front = self.state.site, self.state.edges.front
        if site is None:
            return
        try:
            self.rows = await beside(lambda: front.requests(site))
        except TlswrightError as error:
            self.say(str(error), error.hint)
            return
        self._draw()

    def _draw(self) -> None:
        table = self.query_one(DataTable)
        set_columns(table, COLUMNS, self.app.size.width)
        for row in self.rows:
            table.add_row(
                cell(row.host), shown(word(STATES, row.state)), Text(row.since[:10]),
                cell(calm(", ".join(row.files), 200)),
            )  # fmt: skip
        self.query_one("#next", Static).update(Text(self._next()))

    def _next(self) -> str:
        """Say the one thing to do next."""
        site = self.state.site
        if site is not None and not site.authority.anchor:
            return "Next: c takes the outside CA's own certificate, which hosts are to trust."
        return next_words(self.rows)

    @work
    async def action_write(self) -> None:
        """Write the requests."""
        site = self.state.site
        if site is None or not await ensure_vault(self, self.state):
            return
        front, state = self.state.edges.front, self.state
        try:
            asked = await attempt(self, state, lambda: front.write_requests(site, state.answers))
        except TlswrightError as error:
            self.say(str(error), error.hint)
            return
        if asked is None:
            return
        state.commands.append(command(state.directory, "csr"))
        lines = [f"requests/{Path(one.file).name}" for one in asked.waiting]
        lines += [f"{name}: its certificate came back already" for name in asked.back]
        where = f"They are in {asked.folder}; README.txt there says how to sign them."
        lines += ["", where, "Once that is done: t takes the certificates in."]
        if not asked.waiting and not asked.back:
            lines = ["Every host has its certificate, and none is due."]
        self._told("Written" if asked.waiting else "Nothing to ask for", lines)

    @work
    async def action_take(self) -> None:
        """Ask for a file or folder, and take in what is there."""
        site, state = self.state.site, self.state
        path = await self._ask(
            "Take certificates in",
            "A file that the outside CA gave back, or a folder of them. Intermediate certificates "
            "may be in the same file or folder.",
            "Enter reads it; nothing is deployed yet.",
            str(state.directory / "requests"),
        )
        if path is None or site is None or not await ensure_vault(self, self.state):
            return
        front = state.edges.front
        try:
            taken = await attempt(self, state, lambda: front.take(site, state.answers, [path]))
        except TlswrightError as error:
            self._told("Nothing was taken in", [str(error), error.hint])
            return
        if taken is None:
            return
        state.commands.append(command(state.directory, "take", str(path)))
        waits = [f"{one.name}: still waited for" for one in taken.waiting]
        strangers = [calm(text, 300) for text in taken.strangers[:5]]
        self._told("Taken in", [*taken_lines(taken), *strangers, *waits])

    @work
    async def action_anchor(self) -> None:
        """Ask for the CA's own certificates, and keep them."""
        site, state = self.state.site, self.state
        path = await self._ask(
            "The outside CA's own certificate",
            "The root that hosts are to trust, in a file; certificates between it and those of "
            "the hosts may be in there too.",
            "Compare the fingerprint that you see then.",
            "",
        )
        if path is None or site is None or not await ensure_vault(self, self.state):
            return
        front = state.edges.front
        try:
            made = await attempt(self, state, lambda: front.set_anchor(site, state.answers, [path]))
        except TlswrightError as error:
            self._told("Not taken", [str(error), error.hint])
            return
        if made is None:
            return
        anchor, number = made.facts.sha256, made.generation
        meant = replace(site.authority, anchor=anchor, generation=number)
        state.site = replace(site, authority=meant)
        state.change(set_authority(state.draft, anchor=anchor, generation=number), undo=False)
        state.commands.append(command(state.directory, "take", "--anchor", str(path)))
        lines = [f"{made.facts.subject}, until {made.facts.not_after:%Y-%m-%d}", "", "SHA-256",
                 anchor, "", "Compare it with the one that its owner gave you.",
                 *(f"!! {note.line}" for note in made.notes)]  # fmt: skip
        self._told("Hosts will trust", lines)

    async def _ask(self, title: str, text: str, tail: str, value: str) -> Path | None:
        window = AskName(title, text, tail, value, ascii_only=self.state.ascii_only)
        typed = await self.app.push_screen_wait(window)
        return expand(Path(typed)) if typed else None

    def _told(self, title: str, lines: Iterable[str]) -> None:
        self._read()
        self.app.push_screen(Read(title, lines, ascii_only=self.state.ascii_only))

    def action_review(self) -> None:
        """Make the plan and show it."""
        self.state.plan = None
        self.post_message(Review())

    def action_again(self) -> None:
        """Read the record again."""
        self._read()


def next_words(rows: Iterable[RequestRow]) -> str:
    """Say what is to be done about the certificates of an outside CA."""
    states = [row.state for row in rows]
    missing, waiting, back = (states.count(s) for s in ("missing", "waiting", "back"))
    if missing:
        return f"Next: w writes requests for {count(missing, 'host')}."
    if back:
        more = f"; {count(waiting, 'host')} still waited for" if waiting else ""
        return f"Next: a deploys what came back, for {count(back, 'host')}{more}."
    if waiting:
        what = "is" if waiting == 1 else "are"
        return f"{count(waiting, 'certificate')} {what} waited for. t takes in what came back."
    return "Nothing is owed: every host has its certificate."
