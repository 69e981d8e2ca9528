"""The verbs that change nothing on a host: plan, status, verify, explain."""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from errno import ENAMETOOLONG
from os import SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from app.cli.context import Context
from app.errors import Exit, TlswrightError, UsageError

if TYPE_CHECKING:
    from app.engine.standing import Noted
    from app.verify.explain import Explanation

MAX_BYTES = 4_000_000


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
    return Exit.OK if made.empty and not made.waiting else Exit.CHANGES


def flags_status(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `status`."""
    parser.add_argument("--at", metavar="DATE", help="judge as of this day (YYYY-MM-DD)")
    parser.add_argument(
        "--ask", action="store_true", help="ask the hosts, too: what went stale, what is in the way"
    )


def status(context: Context) -> Exit:
    """Show every certificate with its end and health, from the record of what was deployed.

    With --ask the hosts are looked at as well; exit 3 where something is to be done there.
    """
    from app.cli.verbs.show import show_noted, show_status

    now, front = _moment(context.flags.at), context.front()
    rows = front.status(context.site(), now)
    noted: tuple[Noted, ...] = ()
    if context.flags.ask:
        answers = context.answers(needed=False)
        noted = context.asking(lambda a: front.look(context.site(), a), answers)
    if context.flags.json:
        certificates = [_status_dict(row) for row in rows]
        hosts = [asdict(note) for note in noted]
        asked = {"certificates": certificates, "hosts": hosts}
        context.terminal.json(asked if context.flags.ask else certificates)
    else:
        show_status(context.terminal, rows)
        if context.flags.ask:
            show_noted(context.terminal, noted)
        live = context.front().live_run()
        if live:
            context.terminal.print(f"A run goes on: tlswright attach {live}")
    known = [row for row in rows if row.facts is not None]
    if any(row.health == "expired" for row in known):
        return Exit.EXPIRED
    if any(row.due or row.health in ("warn", "critical") for row in known):
        return Exit.EXPIRING
    return Exit.CHANGES if any(note.verdict == "fail" for note in noted) else Exit.OK


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
    parser.add_argument(
        "--from-host", metavar="HOST", help="read the logs of this host of the site instead"
    )
    parser.add_argument(
        "--kind", help="whose words these are (without: of every kind of the site, or of all)"
    )


def explain(context: Context) -> Exit:
    """Say in words what a line of a log means: cause, remedy, and which file to look at."""
    from app import kinds
    from app.verify.explain import explain as explained

    flags = context.flags
    if flags.kind:
        kinds.load(flags.kind)
    if flags.from_host and flags.text:
        raise UsageError("give a line, a file or --from-host, not several of them")
    if flags.from_host:
        return _explain_host(context)
    if not flags.text:
        raise UsageError("give a line, a file, - for standard input, or --from-host HOST")
    found = explained(_lines(flags.text), *((flags.kind,) if flags.kind else _kinds(context)))
    if flags.json:
        context.terminal.json([asdict(one) for one in found])
        return Exit.OK if found else Exit.FINDINGS
    _show_explained(context, found)
    if not found:
        context.terminal.print("Nothing in there is known to tlswright.")
    return Exit.OK if found else Exit.FINDINGS


def _explain_host(context: Context) -> Exit:
    """Explain the logs of a host; exit 7 where one of them could not be read."""
    from app.engine.explaining import explain_host

    flags = context.flags
    heard = context.asking(
        lambda answers: explain_host(
            context.site(), flags.from_host, answers.logins, flags.kind or ""
        ),
        context.answers(needed=False),
    )
    if flags.json:
        context.terminal.json(
            [
                {
                    "host": one.node.host,
                    "node": one.node.name,
                    "kind": one.node.kind,
                    "lines": one.lines,
                    "problem": one.problem,
                    "found": [asdict(why) for why in one.found],
                }
                for one in heard
            ]
        )
    for one in () if flags.json else heard:
        title = f"{one.node.host}, {one.node.kind} {one.node.role}"
        context.terminal.print(f"{title}: {one.problem or f'{one.lines} lines of its log read'}")
        _show_explained(context, one.found)
        if not one.found and not one.problem:
            context.terminal.print("Nothing in there is known to tlswright.")
    if any(one.found for one in heard):
        context.terminal.say(
            "Lines from the time of a run or of `tlswright verify` may be its own doing: it also "
            "dials wrongly, to see that it is refused."
        )
    return Exit.FINDINGS if any(one.problem for one in heard) else Exit.OK


def _show_explained(context: Context, found: Iterable[Explanation]) -> None:
    for one in found:
        context.terminal.print(f"{one.line}\n  cause:  {one.cause}\n  remedy: {one.remedy}")
        if one.file:
            context.terminal.print(f"  file:   {one.file}")


def _kinds(context: Context) -> tuple[str, ...]:
    """Give the kinds of the site, or all of them where there is none that can be read."""
    from app import kinds

    if not context.places.site.exists():
        return kinds.names()
    try:
        return tuple(dict.fromkeys(t.kind for t in context.site().topologies)) or kinds.names()
    except TlswrightError:
        return kinds.names()


def _lines(words: Sequence[str]) -> list[str]:
    """Give the lines of a file, of standard input, or those that the words themselves are."""
    if list(words) == ["-"]:
        return _newest(sys.stdin.buffer)
    if len(words) == 1:
        try:
            with Path(words[0]).open("rb") as stream:
                return _newest(stream)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            # A pasted line is often longer than a file's name may be.
            if error.errno != ENAMETOOLONG:
                why = f"{words[0]} cannot be read: {error.strerror}"
                raise UsageError(why) from None
    return " ".join(words).splitlines()


def _newest(stream: BinaryIO) -> list[str]:
    """Give the last lines of a stream, of whatever size it is."""
    if stream.seekable():
        stream.seek(max(0, stream.seek(0, SEEK_END) - MAX_BYTES))
        return stream.read(MAX_BYTES).decode("utf-8", "replace").splitlines()
    kept: deque[bytes] = deque(maxlen=2)
    while chunk := stream.read(MAX_BYTES):
        kept.append(chunk)
    return b"".join(kept).decode("utf-8", "replace").splitlines()
