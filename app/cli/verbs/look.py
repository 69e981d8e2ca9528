"""The verbs that change nothing on a host: plan, status, verify, explain."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.cli.context import Context
from app.errors import Exit, UsageError


def flags_plan(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `plan`."""
    parser.add_argument("-o", "--out", metavar="FILE", help="save the plan for `apply FILE`")
    parser.add_argument("--no-diff", action="store_true", help="leave out the diff of each file")


def plan(context: Context) -> Exit:
    """Read every host and show what would be done; exit 3 when there are changes."""
    from app.cli.verbs.show import show_plan
    from app.engine.record import write_json
    from app.plan.make import Intent
    from app.plan.plan import Plan

    front = context.front()
    context.site()
    answers = context.answers(needed=context.places.vault.exists())
    made = context.asking(lambda a: front.make_plan(context.site(), a, Intent()), answers)
    assert isinstance(made, Plan)
    if context.flags.out:
        write_json(Path(context.flags.out), made.to_dict())
    if context.flags.json:
        context.terminal.json(made.to_dict())
    else:
        show_plan(context.terminal, made, diffs=not context.flags.no_diff)
        if context.flags.out:
            context.terminal.say(
                f"saved to {context.flags.out}; next: tlswright apply {context.flags.out}"
            )
    if made.problems:
        return Exit.PREFLIGHT
    return Exit.OK if made.empty else Exit.CHANGES


def flags_status(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `status`."""
    parser.add_argument("--at", metavar="DATE", help="judge as of this day (YYYY-MM-DD)")


def status(context: Context) -> Exit:
    """Show every certificate with its end and health, from the record of what was deployed."""
    from app.cli.verbs.show import show_status

    now = _moment(context.flags.at)
    rows = context.front().status(context.site(), now)
    if context.flags.json:
        context.terminal.json([_status_dict(row) for row in rows])
    else:
        show_status(context.terminal, rows)
        live = context.front().live_run()
        if live:
            context.terminal.print(f"A run goes on: tlswright attach {live}")
    known = [row for row in rows if row.facts is not None]
    if any(row.health == "expired" for row in known):
        return Exit.EXPIRED
    if any(row.due or row.health in ("warn", "critical") for row in known):
        return Exit.EXPIRING
    return Exit.OK


def _status_dict(row: Any) -> dict[str, Any]:
    data = asdict(row)
    data["expires"] = row.expires.isoformat() if row.expires else None
    data["facts"] = row.facts.to_dict() if row.facts else None
    return data


def _moment(text: str | None) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no date", hint="Write it as 2027-01-31.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def flags_verify(parser: argparse.ArgumentParser) -> None:
    """`verify` has no flags of its own."""


def verify(context: Context) -> Exit:
    """Probe every link from both ends, and show what was tried and seen."""
    from app.cli.verbs.show import WORDS, show_findings
    from app.findings import Finding

    front = context.front()
    context.site()
    found: list[Finding] = []

    def probe(answers: Any) -> list[Finding]:
        found.clear()
        for finding in front.verify(context.site(), answers):
            found.append(finding)
            context.terminal.say(f"{WORDS[finding.verdict]} {finding.subject}: {finding.tried}")
        return found

    context.asking(probe, context.answers())
    if context.flags.json:
        context.terminal.json([f.to_dict() for f in found])
    else:
        show_findings(context.terminal, found)
    return Exit.FINDINGS if any(f.verdict == "fail" for f in found) else Exit.OK


def flags_explain(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `explain`."""
    parser.add_argument(
        "text", nargs="*", help="a line to explain, a file, or - for standard input"
    )
    parser.add_argument("--kind", default="activemq", help="whose words these are")


def explain(context: Context) -> Exit:
    """Say in words what a line of a log means: cause and remedy."""
    from app import kinds
    from app.verify.explain import explain as explained

    kinds.load(context.flags.kind)
    words = context.flags.text
    if not words:
        raise UsageError("give a line, a file, or - for standard input")
    if words == ["-"]:
        lines = sys.stdin.read(4_000_000).splitlines()
    elif len(words) == 1 and Path(words[0]).is_file():
        lines = Path(words[0]).read_text("utf-8", "replace").splitlines()
    else:
        lines = [" ".join(words)]
    found = explained(lines, context.flags.kind)
    if context.flags.json:
        context.terminal.json([asdict(one) for one in found])
    for one in () if context.flags.json else found:
        context.terminal.print(f"{one.line}\n  cause:  {one.cause}\n  remedy: {one.remedy}")
        if one.file:
            context.terminal.print(f"  file:   {one.file}")
    if not found and not context.flags.json:
        context.terminal.print("Nothing in there is known to tlswright.")
    return Exit.OK if found else Exit.FINDINGS
