"""Topology: what is to be secured, with a picture of it and what one gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from app.site.catalogue import KindFacts, role_names
from app.site.convert import Problem
from app.site.draft import Step, set_kind
from screens.picture import draw
from screens.steps.step import StepScreen

WORDS = (
    "Nothing is done on any host until you\nhave seen the exact change and said\napply. "
    "Your answers are kept as you\ngive them: leave and come back."
)


AUTHORITY = {True: "a CA of your own, or pinned peers", False: "a CA of your own"}


def _example(kind: KindFacts) -> dict[str, list[str]]:
    """Give hosts for each role as an example: three of the second role, or of the only one."""
    first, *others = role_names(kind)
    many, *more = others or [first]
    three = {many: [f"{many}-{x}" for x in "abc"]}
    return {first: [first], **three, **{role: [role] for role in more}} if others else three


class TopologyScreen(StepScreen):
    """Choose the product and its shape, and name the site."""

    STEP: ClassVar[Step] = "topology"
    TITLE_TEXT = "What do you want to secure?"
    HELP_TEXT = (
        "A site is one authority, its hosts, and the product on them whose links are to be "
        "secured. Nothing is done on any host until you have seen the exact change and said "
        "apply.\n\nEvery answer is kept as you give it: leave whenever you like, and come back."
    )
    DEFAULT_CSS = """
    TopologyScreen #panes { height: 1fr; }
    TopologyScreen #left { width: 38; }
    TopologyScreen #kinds { height: auto; }
    TopologyScreen #words { margin-top: 1; }
    TopologyScreen #gets { width: 1fr; padding: 0 0 0 2; }
    TopologyScreen #named { height: 1; margin-top: 1; }
    TopologyScreen #named Static { width: 12; }
    TopologyScreen #named Input { width: 1fr; }
    """

    def body(self) -> Iterable[Widget]:
        """Lay out the kinds, the picture and the site's name."""
        yield Static(self.TITLE_TEXT, classes="title")
        kinds = OptionList(*self._options(), id="list")
        box = Vertical(kinds, id="kinds", classes="pane")
        box.border_title = "kind of site"
        name = Input(self.state.draft.site, compact=True, id="name", placeholder="prod-mq")
        named = Horizontal(Static("  Site name", id="label"), name, id="named")
        here = Static(Text(WORDS), classes="muted", id="words")
        yield Horizontal(Vertical(box, named, here, id="left"), Static(id="gets"), id="panes")

    def _options(self) -> Iterable[Option]:
        for name in self.state.edges.kinds.names():
            yield Option(self._title(name), id=name)

    def _title(self, name: str) -> Text:
        """Name a kind, with a mark that is seen without colours where it is the chosen one."""
        mark = ">" if name == self.state.draft.kind else " "
        return Text(f"{mark} {self.state.edges.kinds.load(name).title}")

    def on_mount(self) -> None:
        """Point at the kind that was chosen."""
        super().on_mount()
        kinds = self.query_one(OptionList)
        names = self.state.edges.kinds.names()
        kinds.highlighted = (
            names.index(self.state.draft.kind) if self.state.draft.kind in names else 0
        )
        kinds.focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Draw the kind that the cursor is at, and take it; where it was in between is nothing."""
        if event.option_index != event.option_list.highlighted:
            return
        kind = self.state.edges.kinds.load(str(event.option_id))
        if self.state.draft.kind != kind.name:
            self.state.change(set_kind(self.state.draft, kind.name, self.state.edges.kinds))
            for name in self.state.edges.kinds.names():
                event.option_list.replace_option_prompt(name, self._title(name))
        self._show(kind)
        self.refresh_frame()

    def on_resize(self, event: events.Resize) -> None:
        """Draw what is chosen for the new width."""
        super().on_resize(event)
        kind = self.state.kind()
        if kind is not None:
            self._show(kind)

    def _show(self, kind: KindFacts) -> None:
        """Draw a kind, and what one gets with it, as wide as there is room beside the choices."""
        wide = max(12, min(38, self.app.size.width - 42))
        picture = draw(_example(kind), width=wide, height=7, ascii_only=self.state.ascii_only)
        gets = ["You get", f"- {AUTHORITY[len(kind.trusts) > 1]}", *(f"- {w}" for w in kind.gets)]
        text = Text.assemble((f"{picture}\n\n", "cyan"), f"{kind.summary}\n\n", "\n".join(gets))
        self.query_one("#gets", Static).update(text)

    def on_option_list_option_selected(self) -> None:
        """Go on with what the cursor is at; a site without a name is asked for it first."""
        if self.state.draft.site:
            self.action_next()
        else:
            self.query_one(Input).focus()

    def on_descendant_focus(self) -> None:
        """Point at the name while it has the focus."""
        self._point()

    def on_descendant_blur(self) -> None:
        """Point no more at the name that was left."""
        self._point()

    def _point(self) -> None:
        at = isinstance(self.focused, Input)
        label = Text(f"{'>' if at else ' '} Site name", style="bold" if at else "")
        self.query_one("#label", Static).update(label)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take the name."""
        self.state.change(replace(self.state.draft, site=event.value.strip()), undo=False)
        self.refresh_frame()

    def on_input_submitted(self) -> None:
        """Go on."""
        self.action_next()

    def point_at(self, problem: Problem) -> None:
        """Give the focus to the name, the one thing that can be missing."""
        self.query_one(Input).focus()
