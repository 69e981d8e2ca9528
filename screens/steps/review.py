"""Review: the exact change on every host, before any host is touched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

from app.errors import TlswrightError
from app.plan.adopted import MARK
from app.plan.diff import Change
from app.plan.plan import Plan, Step
from app.plan.words import idle_words
from app.quoting import calm
from screens.adopt import AdoptScreen
from screens.asks.confirm import Confirm
from screens.asks.read import Read
from screens.base import FrameScreen
from screens.messages import Go, Heard, Start
from screens.planning import Refusal, make
from screens.review_text import (
    apply_words,
    change_label,
    change_text,
    checks_label,
    checks_text,
    diff,
    group_label,
    host_label,
    opens_with_checks,
    order_text,
    step_text,
    summary,
)
from screens.same import command
from screens.steps.bar import steps_line
from screens.words import HOST_WORDS, WARN, count, shown, word

Leaf = Change | Step | str


class ReviewScreen(FrameScreen):
    """Make the plan and show it: a tree of changes, and the whole of what the cursor is at."""

    TITLE_TEXT = "Review the exact change on every host"
    HELP_TEXT = (
        "Reading the hosts changed nothing. This is the plan: what apply does, and nothing else; "
        "when a file is changed by someone in between, apply refuses.\n\n"
        "+ new file   ~ changed   - removed. Secrets are masked.\n\n"
        "Order shows which host is restarted when, and for how long it is away. Checks shows "
        "what was found on each host; a failed one forbids the run."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a,ctrl+n", "apply", "Apply..."),
        Binding("o", "show('order')", "Order"),
        Binding("c", "show('checks')", "Checks"),
        Binding("w", "save", "Save plan"),
        Binding("k", "stores", "Old stores"),
        Binding("f5", "again", "Read again"),
        Binding("left_square_bracket", "scroll_pane(-1)", show=False),
        Binding("right_square_bracket", "scroll_pane(1)", show=False),
    ]
    DEFAULT_CSS = """
    ReviewScreen #sum { height: 1; }
    ReviewScreen #panes { height: 1fr; }
    ReviewScreen Tree { width: 36%; min-width: 28; max-width: 50; }
    ReviewScreen #whole { width: 1fr; }
    ReviewScreen #diff { text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def body(self) -> Iterable[Widget]:
        """Lay out the tree and the pane."""
        yield Static(id="sum")
        tree: Tree[Leaf] = Tree("plan", id="tree", classes="pane")
        tree.show_root = False
        tree.show_guides = not self.state.ascii_only
        tree.guide_depth = 2
        tree.border_title = "changes"
        pane = VerticalScroll(Static(id="text"), Static(id="diff"), id="whole", classes="pane")
        yield Horizontal(tree, pane, id="panes")

    def on_mount(self) -> None:
        """Show the plan that was made, or make it."""
        super().on_mount()
        self.query_one(Tree).focus()
        if self.state.plan is not None:
            self._show(self.state.plan)
        else:
            self._make()

    def head(self) -> Text:
        """Give the wizard's steps, or the verb."""
        if self.state.site is not None and "options" not in self.state.visited:
            return Text(f"{self.state.verb.capitalize()}: {self.TITLE_TEXT.lower()}", style="bold")
        return steps_line("review", self.state, self.app.size.width)

    def same_as(self) -> str:
        """Give the command that makes this plan."""
        words: list[str] = [self.state.verb]
        if self.state.verb == "apply":
            words = ["plan"] if self.state.plan is None or self.state.plan.empty else ["apply"]
        elif self.state.next_ca is not None:
            words += ["ca"]
        elif self.state.intent.rotate:
            hosts = sorted(self.state.intent.rotate)
            known = len(self.state.site.hosts) if self.state.site else 0
            words += ["--all"] if len(hosts) == known else [w for h in hosts for w in ("--host", h)]
        else:
            words = ["apply"]
        return command(self.state.directory, *words)

    @work(exclusive=True, group="plan")
    async def _make(self) -> None:
        """Make the plan, asking for what is missing; nothing is changed on any host."""
        self.say("")
        self.heard: dict[str, str] = {}
        self._reading()
        found = await make(self, self.state, self._hear)
        if isinstance(found, Plan):
            self._show(found)
        else:
            self._refused(found)

    def _hear(self, host: str, state: str, text: str) -> None:
        self.post_message(Heard(host, state, text))

    def on_heard(self, message: Heard) -> None:
        """Show how far each host is."""
        self.heard[message.host] = message.state
        if self.state.plan is None:
            self._reading()

    def _reading(self) -> None:
        site = self.state.site
        names = tuple(site.hosts) if site else self.state.draft.host_names
        self._sum_line(f">> reading {count(len(names), 'host')}; nothing is changed")
        text = Text()
        for name in names:
            found = word(HOST_WORDS, self.heard.get(name, "waiting"))
            text.append_text(shown(found, mark_only=True)).append(f"  {name:<24} ")
            text.append(f"{found.word}\n", style=found.style)
        self._whole(text)

    def _refused(self, why: Refusal) -> None:
        self.refresh_frame()
        self._sum_line("XX no plan; nothing has been changed")
        rows = (calm(why.text, 600), "", *(f"XX {calm(p, 400)}" for p in why.problems), why.hint)
        tail = "\nF5 reads the hosts again, Esc goes back to the answers."
        self._whole(Text("\n".join([*rows, tail])))
        self.state.note(why.text)

    def _sum_line(self, text: str) -> None:
        self.query_one("#sum", Static).update(Text(text, style="bold"))

    def _show(self, plan: Plan) -> None:
        self.refresh_frame()
        self.refresh_bindings()
        self.say("")
        tree: Tree[Leaf] = self.query_one(Tree)
        tree.clear()
        first = opens_with_checks(plan)
        if first:
            tree.root.add_leaf(Text(checks_label(plan), style=WARN), data="checks")
        for wave in plan.waves:
            branch = tree.root.add(Text(wave.title, style="bold"), data="order", expand=True)
            for step in wave.steps:
                self._grow(branch, step)
        tree.root.add_leaf(Text("Order and outage"), data="order")
        if not first:
            tree.root.add_leaf(Text(checks_label(plan)), data="checks")
        tree.root.expand()
        tree.cursor_line = 0
        self._sum(plan)
        self._whole(checks_text(plan) if first else order_text(plan))

    def _grow(self, branch: TreeNode[Leaf], step: Step) -> None:
        """Add a step to the tree; hosts that change together hang on one twig."""
        group = len(step.members) > 1
        twig = branch.add(group_label(step), data=step, expand=True) if group else branch
        for member in step.members:
            host = twig.add(host_label(member), data=step, expand=True)
            for change in member.changes:
                host.add_leaf(change_label(change), data=change)

    def _sum(self, plan: Plan) -> None:
        if plan.problems:
            self.say(f"{count(len(plan.problems), 'check')} failed: see Checks (c).",
                     "Mend it there, then F5 reads the hosts again.")  # fmt: skip
        if plan.problems:
            text = "XX no run: its checks refuse it; nothing has been changed"
        elif plan.empty and plan.held_up:
            text = f".. nothing to do yet: {idle_words(plan)}"
            self.say("Checks (c) say what each needs.")
        elif plan.empty and plan.waiting:
            text = f".. nothing to do yet: {idle_words(plan)}"
            self.say("a shows what is to be signed, and takes certificates in.")
        elif plan.empty:
            text = "ok nothing to do: every host is as site.yaml wants it"
        else:
            text = f"Plan {plan.id}   {summary(plan)}   nothing has been changed yet"
        self._sum_line(text)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Leaf]) -> None:
        """Show the whole of what the cursor is at."""
        data, plan = event.node.data, self.state.plan
        if plan is None or data is None:
            return
        if isinstance(data, Change):
            self._whole(change_text(data), diff(data.diff))
        elif isinstance(data, Step):
            self._whole(step_text(data))
        else:
            self._whole(checks_text(plan) if data == "checks" else order_text(plan))

    def on_tree_node_selected(self, event: Tree.NodeSelected[Leaf]) -> None:
        """Show a change in the whole window."""
        data = event.node.data
        if isinstance(data, Change):
            text = Text("\n").join([change_text(data), diff(data.diff)])
            name = f"{data.host}: {data.label}"
            self.app.push_screen(Read(name, [text], ascii_only=self.state.ascii_only, wide=True))

    def _whole(self, text: Text, tail: Text | None = None) -> None:
        self.query_one("#text", Static).update(text)
        self.query_one("#diff", Static).update(tail or Text())
        self.query_one("#whole", VerticalScroll).scroll_home(animate=False)

    def action_show(self, what: str) -> None:
        """Show the order or the checks."""
        if self.state.plan is not None:
            plan = self.state.plan
            self._whole(checks_text(plan) if what == "checks" else order_text(plan))

    def action_scroll_pane(self, by: int) -> None:
        """Scroll the pane while the tree keeps the focus."""
        pane = self.query_one("#whole", VerticalScroll)
        pane.scroll_relative(y=by * max(1, pane.size.height - 2), animate=False)

    def action_again(self) -> None:
        """Read the hosts again and make the plan anew."""
        self._make()

    def action_save(self) -> None:
        """Write the plan to a file that `apply` takes."""
        if self.state.plan is None:
            return
        try:
            path = self.state.edges.front.save_plan(self.state.plan)
        except TlswrightError as error:
            self.say(error.text, error.hint)
            return
        self.notify(f"tlswright apply {path}", title="Plan saved", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the hosts' old stores hold, where they use such or something of it is kept."""
        plan = self.state.plan
        if action != "stores":
            return True
        used = plan is not None and any(facts.get("stores") for facts in plan.layouts.values())
        return used or (plan is not None and any(c.name == MARK for c in plan.checks))

    @work
    async def action_stores(self) -> None:
        """Show the stores that hosts use now; what is kept of them makes another plan."""
        screen = AdoptScreen(self.state)
        await self.app.push_screen_wait(screen)
        if screen.changed:
            self._make()

    @work
    async def action_apply(self) -> None:
        """Ask once more, and start."""
        plan = self.state.plan
        if plan is None:
            self.say("There is no plan yet.", "Wait for the hosts, or F5 reads them again.")
            return
        if plan.problems:
            self.say("The failed checks forbid the run: see Checks (c).")
            return
        if plan.empty:
            self.post_message(Go("requests" if plan.waiting else "dashboard"))
            return
        text = Text.assemble(
            (f"{self.state.verb.capitalize()} plan {plan.id} to {plan.site.name}?\n\n", "bold"),
            f"{apply_words(plan)}\n\n"
            "The run goes on when you close this window.\n"
            f"Undo: {command(self.state.directory, 'rollback')}",
        )
        choices = [("yes", "Apply now"), ("no", "Not yet")]
        window = Confirm("Apply", text, choices, ascii_only=self.state.ascii_only)
        if await self.app.push_screen_wait(window) == "yes":
            self.state.commands.append(self.same_as())
            self.post_message(Start(self.state.verb, intent=self.state.intent))
