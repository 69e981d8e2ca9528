"""A run that did not go well: what happened, what stands now, why, and what can be done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from app.events import HostView, RunView
from app.plan.words import still_held
from app.quoting import calm
from screens.base import FrameScreen
from screens.messages import Go, Review, Start, Watch
from screens.progress import outcome, standing
from screens.same import command
from screens.words import BAD, HOST_WORDS, IDLE, WARN, shown, word

NOW = {
    "done": "new files, proven",
    "unchanged": "as it was, nothing to do",
    "skipped": "untouched",
    "restored": "its old files are back",
    "failed": "see above",
}
CUT = "cut off in the middle: the next plan says what stands there"


def now(view: RunView, state: str, done: int = 0) -> str:
    """Say what stands on a host whose run ended in a state, and nothing that is not known.

    `done` are the steps that it had behind it.
    """
    if view.verb == "rollback" and state == "done":
        return "its files from before the run"
    if state == "restored" and done:
        return "its files from before this step are back"
    return NOW.get(state, CUT)


class FailureScreen(FrameScreen):
    """Explain a run that stopped, and offer what can be done, the safest first."""

    TITLE_TEXT = "What happened, and what you can do"
    HELP_TEXT = (
        "A host whose new files could not be proven got its old ones back before anything else "
        "was begun; hosts that were done stay done, and keep talking to those that were not.\n\n"
        "Trying again continues where it stopped: what is done is not done twice."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "log_of_run", "Run and log"),
        Binding("f", "findings", "Findings"),
        Binding("q", "app.leave", "Quit"),
    ]
    DEFAULT_CSS = """
    FailureScreen VerticalScroll { height: 1fr; }
    FailureScreen OptionList { height: auto; margin-bottom: 1; }
    """

    def body(self) -> Iterable[Widget]:
        """Lay out the story and the choices."""
        yield VerticalScroll(Static(self._story()), can_focus=False)
        yield Static("What you can do", classes="title")
        yield OptionList(*(Option(Text(text), id=key) for key, text in self._choices()))

    def on_mount(self) -> None:
        """Let the safest choice be the first."""
        super().on_mount()
        self.query_one(OptionList).focus()

    @property
    def view(self) -> RunView:
        """Give the run."""
        return self.state.view

    def head(self) -> Text:
        """Give the outcome."""
        return Text(f"{self.view.verb.capitalize()}: {outcome(self.view)}", style=BAD)

    def same_as(self) -> str:
        """Give the command of the choice that the cursor is at."""
        at = self.query(OptionList).first().highlighted or 0
        key = self._choices()[at][0]
        words = {"again": "plan", "rollback": "rollback", "leave": "status"}
        return command(self.state.directory, words[key])

    def _choices(self) -> list[tuple[str, str]]:
        hosts = self.view.hosts.values()
        changed = any(h.changed and (h.state == "done" or h.done) for h in hosts)
        rows = [("again", "Mend the cause, then look at the plan again and go on")]
        if changed and self.view.verb != "rollback":
            rows.append(("rollback", "Roll back the whole run: every host as it was before it"))
        later = f": {self.view.held} until then" if self.view.held else ""
        return [*rows, ("leave", f"Leave everything as it is and decide later{later}")]

    def _story(self) -> Text:
        text = Text("What happened\n", style="bold")
        failed = [h for h in self.view.hosts.values() if h.error]
        for host in failed:
            text.append_text(_error(host))
        if not failed:
            text.append(f"  {calm(self.view.result or outcome(self.view))}\n", style="default")
        if self.view.held:
            held = still_held(self.view.held)
            text.append(f"\n{held[0].upper()}{held[1:]}.\n", style=f"not bold {WARN}")
        text.append("\nEach host now\n", style="bold")
        for host in self.view.hosts.values():
            text.append(f"  {host.name:<18}", style="not bold")
            state = standing(self.view, host)
            text.append_text(shown(word(HOST_WORDS, state)))
            said = now(self.view, state, host.done)
            text.append(f"   {said}\n", style=f"not bold {IDLE}")
        return text

    def on_option_list_option_highlighted(self) -> None:
        """Tell the command of the choice."""
        self.refresh_frame()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Do what was chosen."""
        if event.option_id == "again":
            self.state.plan = None
            self.post_message(Go("dashboard"))
            self.post_message(Review(self.view.verb if self.view.verb == "rotate" else "apply",
                                     self.state.intent))  # fmt: skip
        elif event.option_id == "rollback":
            self.post_message(Start("rollback", run=self.view.run))
        else:
            self.post_message(Go("dashboard"))

    def action_log_of_run(self) -> None:
        """Show the run again, with its log."""
        self.post_message(Watch(self.view.run))

    def action_findings(self) -> None:
        """Show the run's findings."""
        self.post_message(Go("findings"))


def _error(host: HostView) -> Text:
    text = Text(f"  {host.name}: {calm(host.error, 600)}\n", style=BAD)
    if host.explanation:
        text.append(f"  why: {calm(host.explanation, 600)}\n", style="default")
    if host.hint:
        text.append(f"  do:  {calm(host.hint, 600)}\n", style="default")
    return text
