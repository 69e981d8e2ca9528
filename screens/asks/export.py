"""Ask for a client's name and write its credential."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Input, Static

from app.errors import TlswrightError
from app.model import Site
from screens.asks.confirm import Confirm
from screens.asks.read import Read
from screens.asks.window import Window
from screens.attempt import attempt
from screens.same import command
from screens.state import State
from screens.threads import beside

if TYPE_CHECKING:
    from app.engine.asking import Asked


class AskName(Window[str]):
    """Ask for one short text; Enter gives it, Esc gives None."""

    DEFAULT_CSS = (
        "AskName Input { margin-top: 1; } AskName #tail { color: $text-muted; margin-top: 1; }"
    )

    def __init__(
        self, title: str, text: str, tail: str, value: str = "", *, ascii_only: bool
    ) -> None:
        super().__init__(ascii_only=ascii_only)
        self.title_text, self.text, self.tail, self.value = title, text, tail, value

    def compose(self) -> ComposeResult:
        """Lay out the question and its field."""
        with Vertical(classes="window") as window:
            window.border_title = self.title_text
            yield Static(Text(self.text))
            yield Input(self.value, compact=True, id="name")
            yield Static(Text(self.tail), id="tail")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give back what was typed, when anything was."""
        event.stop()
        if event.value.strip():
            self.dismiss(event.value.strip())


def can_export(state: State) -> bool:
    """Tell whether anyone but the hosts may need a certificate, and a CA can vouch for them."""
    site = state.site
    trust = site.authority.trust if site else state.draft.authority.trust
    return trust == "ca" and any(kind.clients for kind in state.products)


def export_words(state: State) -> tuple[str, ...]:
    """Say who needs a certificate too, and how it is had."""
    if not can_export(state):
        return ()
    who = " ".join(kind.clients for kind in state.products if kind.clients)
    return (f"{who} e writes a key and a certificate for one.",)


async def ask_export(screen: Screen[Any], state: State) -> None:
    """Ask for a name, write the client's bundle, and show where it is."""
    site = state.site
    if site is None:
        return
    ask = AskName(
        "Export a client",
        "Whatever is none of the hosts (an application, a person) gets a key, a certificate and "
        "the CA in a new folder. Hand it over by a safe way and delete it here.",
        "The name goes into the certificate, e.g. app-1.  Enter writes it.",
        ascii_only=state.ascii_only,
    )
    name = await screen.app.push_screen_wait(ask)
    if not name:
        return
    folder, front = _folder(state, name), state.edges.front
    words = ["export", "client", name]
    try:
        mark = await _what_of(screen, state, site, name)
        if mark is None:
            return
        if mark:
            act = front.client_delivered if mark == "delivered" else front.forget_client
            await beside(lambda: act(name))
            words.append(f"--{mark}")
            title, lines = "Noted", [MARKED[mark].format(name=name)]
        elif _to_ask_for(state, name):
            words = ["csr", "--client", name]
            asked = await attempt(
                screen, state, lambda: front.write_requests(site, state.answers, clients=[name])
            )
            title, lines = "Written", _asked_words(asked, name)
        else:
            files = await attempt(
                screen, state, lambda: front.export_client(site, name, state.answers, folder)
            )
            title, lines = "Exported", [str(path) for path in files or ()]
    except (TlswrightError, ValueError) as error:
        title, lines = "Nothing was written", [str(error), getattr(error, "hint", "")]
    if lines:
        state.commands.append(command(state.directory, *words))
        screen.app.push_screen(Read(title, lines, ascii_only=state.ascii_only))


MARKED = {
    "delivered": "{name} uses its new certificate alone.",
    "forget": "{name} is no more: nothing waits for it, and it is cut off with the old CA.",
}


def _folder(state: State, name: str) -> Path:
    """Name a new folder: an earlier credential of the same client may still be there."""
    first = state.directory / f"{name}-credential"
    more = (state.directory / f"{first.name}-{number}" for number in range(2, 100))
    return next((folder for folder in (first, *more) if not folder.exists()), first)


async def _what_of(screen: Screen[Any], state: State, site: Site, name: str) -> str | None:
    """Ask what became of a client that a change of the CA waits for; empty to write its files.

    None where nothing is to be done.
    """
    found = await beside(lambda: state.edges.front.stage(site, state.edges.now()))
    if found is None or name not in found.clients:
        return ""
    text = (
        f"The change of the CA waits for {name}, which may use a certificate of the old CA. New "
        "files hold with both CAs. Say when it uses them, or that there is no such client any more."
    )
    choices = [("write", "Write new files"), ("delivered", "It uses them"), ("forget", "Forget it")]
    window = Confirm("What about it?", text, choices, ascii_only=state.ascii_only)
    answer = await screen.app.push_screen_wait(window)
    return "" if answer == "write" else answer


def _to_ask_for(state: State, name: str) -> bool:
    """Tell whether an outside CA has to sign for a client first, and was not asked yet."""
    site = state.site
    if site is None or site.authority.source != "outside":
        return False
    rows = state.edges.front.status(site, state.edges.now())
    return not any(row.role == "client" and row.subject == name for row in rows)


def _asked_words(asked: Asked | None, name: str) -> list[str]:
    if asked is None:
        return []
    return [
        f"{asked.folder} holds the request for {name}; README.txt there says how to sign it.", "",
        "Once it is signed: c, then t, takes it in; e with the same name writes the credential.",
    ]  # fmt: skip
