"""The app: opens where the user is, takes them from place to place, and leaves cleanly."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import ActiveBinding, Binding, BindingType
from textual.screen import Screen

from app import __version__
from app.errors import Exit, TlswrightError
from screens import crash, look
from screens.asks.confirm import Confirm
from screens.asks.read import Read
from screens.attempt import ask_codes, attempt, choose
from screens.base import FrameScreen
from screens.ca import next_ca
from screens.colourless import drop_greys
from screens.form import Form
from screens.messages import Go, Review, Start, Watch
from screens.places import PLACES, STEPS, open_place
from screens.run import RunScreen
from screens.same import command
from screens.state import State


def _only_moves(active: ActiveBinding) -> tuple[bool, bool]:
    """Sort the keys of a screen and of the whole first, among them those of the last line."""
    action = active.binding.action.rpartition(".")[2]
    own = isinstance(active.node, (Screen, App))
    moves = not own or action.startswith(("focus_", "copy_"))
    return moves, not active.binding.show


class TlswrightApp(App[int]):
    """Open the wizard, the dashboard of a site that exists, or the run that is going on."""

    TITLE = "tlswright"
    CSS = look.CSS
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help"),
        Binding("f3", "log", "Log"),
        Binding("f4", "commands", "Commands"),
        Binding("ctrl+q", "leave", "Quit", show=False, priority=True),
        Binding("ctrl+c", "leave", "Quit", show=False),
    ]

    def __init__(self, state: State, *, run: str = "", place: str = "") -> None:
        if state.ascii_only:
            look.use_ascii()
        super().__init__()
        self.state = state
        self.run_id = run
        self.place = place
        self.crash_words = ""
        drop_greys(self)
        self.register_theme(look.THEME)
        self.theme = look.THEME.name

    def on_mount(self) -> None:
        """Take over signals and open the first screen."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self._end, 128 + number)
            except (NotImplementedError, RuntimeError, ValueError):  # not the main thread: tests
                break
        self._open_first()

    def _open_first(self) -> None:
        if self.state.site is None:
            last = self.place or self.state.draft.step or STEPS[0]
            for step in STEPS[: STEPS.index(last) + 1] if last in STEPS else STEPS[:1]:
                self.push_screen(open_place(step, self.state))
            return
        self.push_screen(open_place("dashboard", self.state))
        if self.run_id:
            self.push_screen(RunScreen(self.state, self.run_id))
        elif self.place:
            self.push_screen(open_place(self.place, self.state))

    # places

    def on_go(self, message: Go) -> None:
        """Go to a place: one that is open already is uncovered, else it is opened."""
        message.stop()
        self.go(message.place)

    def go(self, place: str) -> None:
        """Go to a place by name."""
        kind = PLACES[place]
        below = self.screen_stack[1:]
        at = next((i for i, screen in enumerate(below) if type(screen) is kind), None)
        if place == "dashboard" or (at is not None and place in STEPS):
            while len(self.screen_stack) > 1 and type(self.screen) is not kind:
                self.pop_screen()
            if type(self.screen) is kind:
                return
        elif isinstance(self.screen, RunScreen):
            self.pop_screen()
        self.push_screen(open_place(place, self.state))

    def on_review(self, message: Review) -> None:
        """Make and show the plan of an intent."""
        message.stop()
        self.state.verb, self.state.intent = message.verb, message.intent
        self.state.next_ca = message.site
        self.push_screen(open_place("review", self.state))

    def on_watch(self, message: Watch) -> None:
        """Show a run."""
        message.stop()
        self.watch_run(message.run)

    def watch_run(self, run: str) -> None:
        """Show a run over the dashboard."""
        self.go("dashboard")
        self.push_screen(RunScreen(self.state, run))

    def on_start(self, message: Start) -> None:
        """Start a run and show it."""
        message.stop()
        self.run_worker(self._start(message), exclusive=True, group="start")

    async def _start(self, message: Start) -> None:
        state, front = self.state, self.state.edges.front
        screen = self.screen

        def begin() -> str:
            plan = state.plan if message.verb != "rollback" else None
            saved = front.save_plan(plan) if plan is not None else None
            with next_ca(state):
                return front.start(
                    message.verb, state.answers, plan=saved, intent=message.intent, run=message.run
                )

        new = not state.has_vault and state.answers.passphrase is None
        if new and message.verb != "rollback" and not await choose(screen, state):
            return
        try:
            if message.verb == "rollback" and not await self._reached(screen):
                return
            if not await ask_codes(screen, state):
                return
            run = await attempt(screen, state, begin)
        except TlswrightError as error:
            if isinstance(screen, FrameScreen):
                screen.say(str(error), error.hint)
            return
        if run is not None:
            state.plan = None
            self.watch_run(run)

    async def _reached(self, screen: Screen[Any]) -> bool:
        """Log in everywhere first: what is taken back was not read in this session."""
        state, site = self.state, self.state.site
        if site is None:
            return True

        def reach() -> bool:
            state.edges.front.reach(site, state.answers)
            return True

        return bool(await attempt(screen, state, reach))

    # keys that work everywhere

    def action_help(self) -> None:
        """Explain the field that has the focus, or the screen."""
        title, lines = "Help", list[str]()
        form = next((w for w in self._ancestors() if isinstance(w, Form)), None)
        if form is not None and form.current is not None:
            title, lines = form.current.label, form.explain()
        elif isinstance(self.screen, FrameScreen):
            lines = self.screen.help_text().split("\n")
        if isinstance(self.screen, FrameScreen):
            lines += ["", *self._keys(self.screen)]
        self.push_screen(Read(title, lines, ascii_only=self.state.ascii_only))

    def _ancestors(self) -> Iterable[object]:
        return self.focused.ancestors_with_self if self.focused is not None else ()

    def _keys(self, screen: FrameScreen) -> list[str]:
        """List what each key does: a screen's own ones first, then those for moving about."""
        active = sorted(screen.active_bindings.values(), key=_only_moves)
        found = [one.binding for one in active if not one.binding.system]
        keys: dict[str, list[str]] = {}
        for binding in found:
            if binding.description:
                keys.setdefault(binding.description, []).append(self.get_key_display(binding))
        return ["Keys", *(f"  {', '.join(shown):<12} {words}" for words, shown in keys.items())]

    def action_log(self) -> None:
        """Show what these screens did and met."""
        lines = [f"{when}  {text}" for when, text in self.state.log]
        window = Read("Log", lines, at_end=True, ascii_only=self.state.ascii_only)
        self.push_screen(window)

    def action_commands(self) -> None:
        """Show the headless commands that do the same, ready to be copied."""
        own = self.screen.same_as() if isinstance(self.screen, FrameScreen) else ""
        lines = [
            "The same without a screen, here and so far:",
            "",
            *dict.fromkeys([*self.state.commands, *([own] if own else [])]),
            "",
            "Add --passphrase-file FILE where nobody can be asked.",
        ]
        self.push_screen(Read("Commands", lines, ascii_only=self.state.ascii_only))

    async def action_leave(self) -> None:
        """Leave; a run that is going on is said to go on, and the draft is saved already."""
        self.run_worker(self._leave(), exclusive=True, group="leave")

    async def _leave(self) -> None:
        if not (isinstance(self.screen, RunScreen) and not self.screen.view.over):
            self.exit(int(Exit.OK))
            return
        here = self.state.directory
        text = (
            "The run goes on without this window.\n\n"
            f"  {command(here, 'attach')}\n    shows it again\n"
            f"  {command(here, 'stop')}\n    ends it after the step it is at"
        )
        choices = [("yes", "Quit, let it run"), ("no", "Stay")]
        window = Confirm("Quit?", text, choices, ascii_only=self.state.ascii_only)
        if await self.push_screen_wait(window) == "yes":
            self.exit(int(Exit.OK))

    async def action_quit(self) -> None:
        """Leave as ctrl+q does."""
        await self.action_leave()

    def _end(self, code: int) -> None:
        self.exit(code, return_code=code)

    # palette, keys, failures

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer places and actions; a picture only where no secret is being typed."""
        names = ("dashboard", "runs") if self.state.site is not None else ()
        for place in (*STEPS[:-1], *names):
            words = PLACES[place].TITLE_TEXT
            yield SystemCommand(f"Go to {place}", words, lambda place=place: self.go(place))
        for found in super().get_system_commands(screen):
            secret = getattr(screen, "SECRET", False) or self.state.ascii_only
            if found.title in ("Quit", "Keys", "Maximize", "Minimize") or (
                found.title in ("Theme", "Screenshot") and not secret
            ):
                yield found
        yield SystemCommand("Log", "What these screens did", self.action_log)
        yield SystemCommand("Commands", "The same without a screen", self.action_commands)

    def get_key_display(self, binding: Binding) -> str:
        """Name keys in words that every terminal can show."""
        if binding.key_display:
            return binding.key_display
        names = {"escape": "Esc", "left_square_bracket": "[", "right_square_bracket": "]"}
        plain = ("enter", "space", "tab", "left", "right", "up", "down")
        names |= {key: key.capitalize() for key in plain}
        key = binding.key.split(",")[0]
        if key[:1] == "f" and key[1:].isdigit():
            return key.upper()
        return names.get(key) or super().get_key_display(binding)

    def _fatal_error(self) -> None:
        """Say a bug without a traceback: its locals could hold what the user typed."""
        error = sys.exc_info()[1] or getattr(self, "_exception", None)
        folder = self.state.directory / ".tlswright"
        path = crash.report(error, folder, __version__) if error is not None else None
        self.crash_words = crash.words(path)
        self._return_code = int(Exit.BUG)
        self._close_messages_no_wait()


def run_screens(state: State, *, run: str = "", place: str = "", mouse: bool = True) -> int:
    """Show the screens until the user leaves; gives the exit code."""
    shown = TlswrightApp(state, run=run, place=place)
    code = shown.run(mouse=mouse)
    if shown.crash_words:
        print(shown.crash_words, file=sys.stderr)
        return int(Exit.BUG)
    return int(shown.return_code or 0) or int(code or 0)
