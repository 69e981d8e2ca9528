"""Put a plan into words: tree labels, the pane beside them, order, checks.  Pure."""

from __future__ import annotations

from rich.text import Text

from app.plan.diff import Change
from app.plan.plan import Check, NodeStep, Plan, Step
from app.plan.words import outage, step_meanwhile, step_words, taken_up
from app.quoting import calm
from screens.words import BAD, IDLE, OK, VERDICT_WORDS, WARN, count, shown, word

ALONE = "If the new files are not proven, the old ones come back by themselves."
TOGETHER = "If the new files are not proven on each of them, all get their old ones back."


def summary(plan: Plan) -> str:
    """Say a plan in one line."""
    hosts = {host for step in plan.steps for host in step.hosts}
    files = sum(len(m.changes) for step in plan.steps for m in step.members)
    restarts = sum(m.activation.restarts for step in plan.steps for m in step.members)
    what = count(restarts, "restart") if restarts else "no restart"
    return "  ".join((count(len(hosts), "host"), count(files, "file"), what))


def apply_words(plan: Plan) -> str:
    """Say what apply does to the services, and what happens where it goes wrong."""
    seconds = f", about {outage(plan)} s of restarts in all" if outage(plan) else ""
    groups = [step for step in plan.steps if len(step.members) > 1]
    how = "; ".join(dict.fromkeys(map(step_words, groups))) or f"one host after the other{seconds}"
    undo = TOGETHER if groups else (
        "A host whose new files are not proven gets its old ones back, and the run stops."
    )  # fmt: skip
    return "\n".join((f"{summary(plan)}: {how}.", *_meanwhile(plan), undo))


def _meanwhile(plan: Plan) -> list[str]:
    """Say once what is to be known while the run goes on; what comes first covers what follows."""
    return [words for step in plan.steps if (words := step_meanwhile(step))][:1]


def host_label(member: NodeStep) -> Text:
    """Label one host's part of a step."""
    label = Text(member.node.host, style="bold")
    label.append(f"  {member.node.role}", style=IDLE)
    return label.append(f"  {count(len(member.changes), 'file')}", style="default")


def group_label(step: Step) -> Text:
    """Label a step over several hosts."""
    return Text(f"{len(step.members)} together", style="bold").append(
        f"  {', '.join(step.hosts)}", style="default"
    )


def change_label(change: Change) -> Text:
    """Label one change."""
    style = {"+": OK, "~": WARN, "-": BAD}[change.sign]
    name = change.path.rsplit("/", 1)[-1]
    return Text.assemble((f"{change.sign} ", style), name)


def change_text(change: Change) -> Text:
    """Show where a change is, how and why, and what to know of it."""
    resource = change.resource
    verb = {"create": "new file", "replace": "changed", "mode": "owner and mode",
            "delete": "removed"}[change.action]  # fmt: skip
    text = Text.assemble((change.path, "bold"), "\n")
    if change.action != "delete":
        mode = f"{resource.owner}:{resource.group} {resource.mode:04o}"
        text.append(f"{verb}, {mode}\n")
    else:
        text.append(f"{verb}\n")
    text.append(f"why: {calm(change.reason, 400)}\n", style=IDLE)
    for note in resource.notes:
        text.append(f"!! {calm(note, 400)}\n", style=WARN)
    return text


def diff(text: str) -> Text:
    """Colour a unified diff without its heads; the first column tells added, removed or kept."""
    shown_text = Text()
    for line in calm(text, 200_000).splitlines():
        style = ""
        if line.startswith(("+++ ", "--- ")):
            continue
        if line.startswith("@@"):
            style = IDLE
        elif line.startswith("+"):
            style = OK
        elif line.startswith("-"):
            style = BAD.removeprefix("bold ")
        shown_text.append(line + "\n", style=style)
    return shown_text


def step_text(step: Step) -> Text:
    """Show one step: its hosts, why, and the outage to expect, which they have together."""
    text = Text().append(f"{_expected(step)}\n", style="bold")
    if words := step_meanwhile(step):
        text.append(f"{words}\n", style=WARN)
    text.append(f"{TOGETHER if len(step.members) > 1 else ALONE}\n\n", style=IDLE)
    for member in step.members:
        text.append(f"{member.node.host} ({member.node.role})\n", style="bold")
        if member.reason:
            text.append(f"{taken_up(member.activation)} because {calm(member.reason, 400)}\n")
        for change in member.changes:
            text.append_text(change_label(change)).append(f"  {change.label}\n", style=IDLE)
        for key, command in member.activation.own:
            text.append(f"{key} from site.yaml: {calm(command, 400)}\n", style=WARN)
        text.append("\n")
    return text


def _expected(step: Step) -> str:
    if not step.outage_seconds:
        return f"No outage: {step_words(step)}."
    if len(step.members) > 1:
        return (
            f"Expected outage: about {step.outage_seconds} s without any of these "
            f"{len(step.members)}: they stop, change and start together."
        )
    return f"Expected outage: about {step.outage_seconds} s, this step's host alone."


def order_text(plan: Plan) -> Text:
    """Show the order of the run."""
    wide = min(24, max((len(", ".join(step.hosts)) for step in plan.steps), default=0))
    text = Text()
    for number, wave in enumerate(plan.waves, 1):
        text.append(f"{number}  {wave.title}\n", style="bold")
        for step in wave.steps:
            names = ", ".join(step.hosts)
            what = "; ".join(sorted({m.reason for m in step.members if m.reason}))
            text.append(f"   {step.id:<5} {names:<{wide}}  {_away(step)}")
            text.append(f"   {what}\n" if what else "\n", style=IDLE)
        # What is only told its mode uses no link anew.
        told = wave.phase == "guard"
        text.append("\n" if told else "   then every link is proven\n\n", style=IDLE)
    if not plan.waves:
        text.append("Nothing is restarted.\n")
    elif not outage(plan):
        text.append("One after the other; nothing is restarted.\n")
    else:
        after = "One step after the other; about" if len(plan.steps) > 1 else "About"
        text.append(f"{after} {outage(plan)} s of restarts in all.\n")
    text.append("Undo afterwards: rollback\n", style=IDLE)
    return text


def _away(step: Step) -> str:
    if not step.outage_seconds:
        told = (m.activation.told for m in step.members)
        return next(filter(None, told), "reads its files again")
    together = "all " if len(step.members) > 1 else ""
    return f"{together}away for about {step.outage_seconds} s"


def checks_label(plan: Plan) -> str:
    """Say how the checks went: how many refuse the run, or how many are to be known."""
    number = len(_warned(plan))
    if plan.problems:
        bad = len(plan.problems)
        return f"Checks: {bad} {'refuses' if bad == 1 else 'refuse'} the run"
    return f"Checks: {number} to know" if number else "Checks: all passed"


def opens_with_checks(plan: Plan) -> bool:
    """Tell whether the checks are what is to be read first."""
    return bool(plan.problems or _warned(plan))


def _warned(plan: Plan) -> list[Check]:
    return [check for check in plan.checks if check.verdict == "warn"]


def checks_text(plan: Plan) -> Text:
    """Show every check, the failed ones first."""
    order = {"fail": 0, "warn": 1, "ok": 2}
    wide = min(24, max((len(check.host) for check in plan.checks), default=0))
    text = Text()
    for check in sorted(plan.checks, key=lambda c: order.get(c.verdict, 1)):
        text.append_text(shown(word(VERDICT_WORDS, check.verdict), mark_only=True))
        text.append(f"  {check.host:<{wide}}  {check.name}: {calm(check.text, 400)}\n")
    for host, facts in plan.layouts.items():
        text.append(f"\n{host}\n", style="bold")
        for key, value in facts.items():
            if value:
                text.append(f"  {key:<14} {calm(value, 200)}\n", style=IDLE)
    return text
