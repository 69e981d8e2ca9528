"""Done: what stands now, where it is, when it ends, and what next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from app.engine.front import StatusRow
from app.errors import TlswrightError
from app.plan.stage import Stage
from screens.asks.export import ask_export, can_export, export_words
from screens.base import FrameScreen
from screens.findings import from_view, tally
from screens.messages import Go
from screens.progress import outcome
from screens.same import command
from screens.threads import beside
from screens.words import OK, left, local


def fingerprint(hexadecimal: str) -> str:
    """Group a fingerprint as openssl does, so that it can be compared by eye."""
    upper = hexadecimal.upper()
    return ":".join(upper[i : i + 2] for i in range(0, len(upper), 2))


FINGERPRINT = "The CA's fingerprint is what others compare before they trust it."


class DoneScreen(FrameScreen):
    """Sum up a run that went well."""

    TITLE_TEXT = "Done"
    DEFAULT_CSS = "DoneScreen #text { text-wrap: nowrap; text-overflow: ellipsis; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+n", "dashboard", "Dashboard", priority=True),
        Binding("f", "findings", "Findings"),
        Binding("e", "export", "Export client"),
        Binding("q", "app.leave", "Quit"),
    ]

    def __init__(self, state: object) -> None:
        super().__init__(state)  # type: ignore[arg-type]
        self.rows: tuple[StatusRow, ...] = ()
        self.stage: Stage | None = None

    def help_text(self) -> str:
        """Explain what is shown, and who else may need a certificate."""
        return "\n\n".join((FINGERPRINT, *export_words(self.state)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a client's bundle where the product has clients that need one."""
        return action != "export" or can_export(self.state)

    def body(self) -> Iterable[Widget]:
        """Lay out the text."""
        yield VerticalScroll(Static(id="text"), can_focus=True)

    def on_mount(self) -> None:
        """Show what is known at once, and the certificates when they are read."""
        super().on_mount()
        self.query_one(VerticalScroll).focus()
        self._draw()
        self._read()

    @work
    async def _read(self) -> None:
        site = self.state.site
        if site is None:
            return
        edges = self.state.edges
        try:
            self.rows = await beside(lambda: edges.front.status(site, edges.now()))
            self.stage = await beside(lambda: edges.front.stage(site, edges.now()))
        except TlswrightError as error:
            self.say(str(error), error.hint)
        self._draw()

    def head(self) -> Text:
        """Give the outcome."""
        return Text(
            f"{self.state.view.verb.capitalize()}: {outcome(self.state.view)}", style=f"bold {OK}"
        )

    def same_as(self) -> str:
        """Give the command that shows the certificates."""
        return command(self.state.directory, "status")

    def _draw(self) -> None:
        text = Text()
        for title, lines in self._parts():
            text.append(f"{title}\n", style="bold")
            for line in lines:
                text.append(f"  {line}\n")
            text.append("\n")
        self.query_one("#text", Static).update(text)

    def _parts(self) -> Iterable[tuple[str, list[str]]]:
        yield "Proven", [tally(from_view(self.state)) + "   (f shows them)"]
        if self.stage is not None:
            waits = [f"waits for {name}" for name in self.stage.waits]
            wave = f"wave {self.stage.wave} of 3 comes next: {self.stage.title}"
            yield "The change of the CA is not over", [wave, *waits]
        authority = next((r for r in self.rows if r.role == "authority"), None)
        if authority is not None and authority.facts is not None:
            half = fingerprint(authority.facts.sha256)
            yield (
                f"The CA: {authority.facts.common_name}",
                [
                    f"SHA-256 {half[:47]}",
                    f"        {half[48:]}",
                    f"until   {local(authority.expires)}",
                ],
            )
        dated = [r for r in self.rows if r.expires is not None]
        if dated:
            first = min(dated, key=lambda r: r.expires or self.state.edges.now())
            yield "Next to end", [f"{first.subject}: {local(first.expires)} ({left(first.days)})"]
        here = self.state.directory
        yield (
            "Where things are",
            [
                f"{'for version control':<28} {here / 'site.yaml'}",
                f"{'secrets: back it up':<28} {here / 'vault'}",
                f"{'old files, on each host':<28} /var/lib/tlswright (root only)",
            ],
        )
        rows = [
            ("again: says nothing to do", "apply"),
            ("new certificates, from cron", "rotate --due"),
            *([("for a client (e)", "export client NAME")] if can_export(self.state) else []),
            ("takes this run back", "rollback"),
        ]
        yield (
            "What next",
            [f"{words:<28} {command(here, *line.split())}" for words, line in rows],
        )

    def action_dashboard(self) -> None:
        """Go to the dashboard."""
        self.post_message(Go("dashboard"))

    def action_findings(self) -> None:
        """Show the findings."""
        self.post_message(Go("findings"))

    @work
    async def action_export(self) -> None:
        """Write a client's bundle."""
        await ask_export(self, self.state)
