"""How plans, runs, certificates and findings look as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from app.cli.terminal import Terminal
from app.engine.front import StatusRow
from app.events import Event, RunView
from app.findings import Finding
from app.plan.plan import NodeStep, Plan, Step
from app.plan.words import idle_words, plan_words, step_meanwhile, step_words

if TYPE_CHECKING:
    from app.engine.standing import Noted

WORDS = {"ok": "ok", "warn": "!!", "fail": "XX", "skip": "--"}


def show_plan(terminal: Terminal, plan: Plan, *, diffs: bool) -> None:
    """Write a plan: checks that are not ok, then each step with its changes.

    Each host is named with the product found there: which one is meant, and what starts it.
    """
    found = {c.host: c.text for c in plan.checks if (c.name, c.verdict) == ("product", "ok")}
    for check in plan.checks:
        if check.verdict != "ok":
            terminal.print(
                terminal.paint(check.verdict, f"{WORDS[check.verdict]} {check.host}: {check.text}")
            )
    for host, ids in plan.unfinished.items():
        for transaction in ids:
            terminal.print(f"!  {host}: {transaction} was cut off; apply resolves it first")
    for index, wave in enumerate(plan.waves, 1):
        terminal.print(terminal.paint("bold", f"Wave {index} of {len(plan.waves)}: {wave.title}"))
        for step in wave.steps:
            _step(terminal, step, found, diffs=diffs)
    if plan.problems:
        terminal.print("The failed checks forbid the run; nothing has been changed.")
    elif plan.empty:
        terminal.print(f"Nothing to do: {idle_words(plan)}.")
    else:
        terminal.print(f"Plan {plan.id}: {plan_words(plan)}.")


def _step(terminal: Terminal, step: Step, found: Mapping[str, str], *, diffs: bool) -> None:
    """Write a step; what its hosts do together is said once."""
    together = len(step.members) > 1
    if together:
        terminal.print(f"  {step.id}  {', '.join(step.hosts)} together")
    for member in step.members:
        head = "    " if together else f"  {step.id}  "
        product = found.get(member.node.host, "")
        colon = ": " if product else ""
        terminal.print(f"{head}{member.node.host} ({member.node.role}){colon}{product}")
        _member(terminal, member, "      " if together else "    ", diffs=diffs)
    why = "; ".join(dict.fromkeys(m.reason for m in step.members if m.reason))
    terminal.print(f"    ! {step_words(step)}{f': {why}' if why else ''}")
    if words := step_meanwhile(step):
        terminal.print(f"      {words}")
    for member in step.members:
        whose = f"{member.node.host}: " if together else ""
        for key, command in member.activation.own:
            terminal.print(f"      {whose}{key} of site.yaml: {command}")


def _member(terminal: Terminal, member: NodeStep, indent: str, *, diffs: bool) -> None:
    for change in member.changes:
        line = f"{indent}{change.sign} {change.path}  {change.label}: {change.reason}"
        terminal.print(terminal.paint(change.sign, line))
        for note in change.resource.notes:
            terminal.print(f"{indent}  note: {note}")
        if diffs:
            _diff(terminal, change.diff, indent)


def _diff(terminal: Terminal, diff: str, indent: str) -> None:
    for line in diff.splitlines():
        terminal.print(terminal.paint(line[:1], f"{indent}    {line}"))


def show_event(terminal: Terminal, event: Event) -> None:
    """Write what an event tells as one line of narration."""
    clock = event.time[11:19]
    if event.kind == "wave":
        terminal.say(
            f"{clock} == {event.text} ({event.data.get('index')}/{event.data.get('count')})"
        )
    elif event.kind == "failed":
        terminal.say(f"{clock} {event.host or 'run'}  FAILED  {event.text}")
        for key in ("explanation", "hint"):
            if event.data.get(key):
                terminal.say(f"         {event.data[key]}")
    elif event.kind == "finding":
        finding = Finding.from_dict(event.data)
        if finding.verdict != "ok":
            word = WORDS[finding.verdict]
            terminal.say(f"{clock} {word} {finding.subject}: {finding.tried}: {finding.evidence}")
    elif event.kind == "asked":
        terminal.say(f"{clock} asked to stop ({event.text})")
    elif event.kind == "log":
        terminal.say(f"{clock} {event.host}  | {event.text}")
    elif event.host and event.state:
        text = "" if event.text == event.state else event.text
        step = f" {event.step}" if event.step else ""
        terminal.say(f"{clock} {event.host}{step}  {event.state}  {text}".rstrip())


def show_end(terminal: Terminal, view: RunView) -> None:
    """Write how a run ended: each host, the findings, the next command."""
    findings = tuple(Finding.from_dict(data) for data in view.findings)
    if findings:
        show_findings(terminal, findings)
    rows = [
        [h.state, h.name, f"{h.done}/{h.steps}", h.error or h.text] for h in view.hosts.values()
    ]
    if rows and view.plan:
        terminal.table(["state", "host", "steps", ""], rows)
    terminal.print(f"Run {view.run}: {view.result}")
    for command in view.next:
        terminal.print(f"  next: {command}")


def show_findings(terminal: Terminal, findings: Iterable[Finding]) -> None:
    """Write findings as a table, the worst first, with cause and remedy of what failed."""
    order = {"fail": 0, "warn": 1, "skip": 2, "ok": 3}
    found = sorted(findings, key=lambda f: order[f.verdict])
    rows = [[WORDS[f.verdict], f.subject, f.tried, f.source, f.evidence] for f in found]
    terminal.table(["", "link", "tried", "from", "seen"], rows)
    for finding in found:
        if finding.verdict == "fail" and (finding.cause or finding.remedy):
            terminal.print(f"{finding.subject}: {finding.tried}")
            terminal.print(f"  cause:  {finding.cause}")
            terminal.print(f"  remedy: {finding.remedy}")
    counts = {v: sum(f.verdict == v for f in found) for v in order}
    terminal.print(
        f"{counts['ok']} ok, {counts['warn']} warnings, {counts['fail']} failed, "
        f"{counts['skip']} not checked"
    )


def show_noted(terminal: Terminal, noted: Iterable[Noted]) -> None:
    """Write what was seen on the hosts that should be known."""
    rows = [[WORDS[note.verdict], note.host, note.text] for note in noted]
    if rows:
        terminal.table(["", "host", "seen there now"], rows)
    else:
        terminal.print("The hosts were asked: nothing went stale, nothing stands in the way.")


def show_status(terminal: Terminal, rows: Iterable[StatusRow]) -> None:
    """Write certificates with their ends."""
    table = []
    for row in rows:
        end = f"{row.expires:%Y-%m-%d}" if row.expires else "-"
        left = f"{row.days} d" if row.days is not None else "-"
        serial = row.facts.serial_hex[:16] if row.facts else ""
        words = ("due" if row.due else "", row.text) if row.facts else ()
        due = ", ".join(word for word in words if word)
        table.append(
            [row.health, row.subject, row.role, row.generation, end, left, due, serial or row.text]
        )
    terminal.table(["health", "subject", "role", "gen", "expires", "left", "", "serial"], table)
