"""The verbs that begin, follow and stop runs: apply, rotate, rollback, attach, stop, runs."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.context import Context
from app.errors import Exit, UsageError
from app.events import RunView, fold, to_line

if TYPE_CHECKING:
    from app.engine.front import Front
    from app.engine.request import Answers
    from app.plan.make import Intent


def flags_apply(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `apply`."""
    parser.add_argument("plan", nargs="?", help="a plan that `plan -o` saved")
    _run_flags(parser)


def apply(context: Context) -> Exit:
    """Carry out the plan: a saved one, or the one of this moment."""
    from app.plan.make import Intent

    plan = Path(context.flags.plan) if context.flags.plan else None
    if plan is not None and not plan.is_file():
        raise UsageError(
            f"there is no plan file {plan}", hint="`tlswright plan -o FILE` makes one."
        )
    return _begin(context, "apply", plan, Intent())


def flags_rotate(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `rotate`."""
    parser.add_argument(
        "what", nargs="?", choices=["leaves", "ca"], default="leaves",
        help="leaves: new keys and certificates; ca: a new CA, in three waves",
    )  # fmt: skip
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--due", action="store_true", help="those past two thirds of their life")
    which.add_argument("--all", action="store_true", help="every node's")
    which.add_argument("--host", action="append", metavar="H", help="this host's (repeat)")
    _run_flags(parser)


def rotate(context: Context) -> Exit:
    """Give nodes new keys and certificates through the same pipe as any change."""
    from app.plan.make import Intent

    flags, site = context.flags, context.site()
    members = {host for topology in site.topologies for host in topology.hosts}
    if flags.what == "ca":
        return _rotate_ca(context)
    if not (flags.due or flags.all or flags.host):
        raise UsageError("say what to rotate", hint="Give --due, --all or --host H.")
    unknown = [host for host in flags.host or () if host not in members]
    if unknown:
        raise UsageError(
            f"{unknown[0]} is no host of this site",
            hint=f"There are: {', '.join(sorted(members))}.",
        )
    chosen = members if flags.all else set(flags.host or ())
    if site.authority.source == "outside":
        return _asked(context, chosen)
    return _begin(context, "rotate", None, Intent(frozenset(chosen)))


def _rotate_ca(context: Context) -> Exit:
    """Make the next generation of the own CA and lead every host over to it."""
    from app.plan.make import Intent

    flags = context.flags
    if flags.due or flags.all or flags.host:
        raise UsageError(
            "the CA is rotated for every host at once",
            hint="Leave out --due, --all and --host: tlswright rotate ca",
        )
    with next_ca(context):
        return _begin(context, "rotate", None, Intent())


@contextmanager
def next_ca(context: Context) -> Iterator[None]:
    """Let site.yaml ask for the next CA; it is put back where no run comes of it."""
    from app.site.atomic import write_atomic
    from app.site.write import save_site

    site, front = context.site(), context.front()
    path, runs = context.places.site, len(front.runs())
    before, changed = path.read_bytes(), front.next_ca(site)
    after = path.read_bytes()
    try:
        yield
    finally:
        if changed != site and len(front.runs()) == runs:
            if path.read_bytes() == after:
                write_atomic(path, before, path.stat().st_mode & 0o7777)
            else:  # a host key was pinned meanwhile
                save_site(replace(context.site(), authority=site.authority), path)


def _asked(context: Context, chosen: set[str]) -> Exit:
    """Ask an outside CA: the old certificates go on until the new ones are applied."""
    from app.cli.verbs.outside import show_asked

    asked = context.front().write_requests(context.site(), context.answers(), hosts=chosen)
    show_asked(context, asked)
    return Exit.OK


def flags_rollback(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `rollback`."""
    parser.add_argument(
        "run", nargs="?", default="", help="the run to take back; the last change by default"
    )
    _run_flags(parser)


def rollback(context: Context) -> Exit:
    """Take a run back: every host gets the files it had, byte for byte."""
    front, site = context.front(), context.site()
    run = context.flags.run or front.last_change()
    back = front.taking_back(site, run)
    if back.apart and not context.flags.yes:
        context.terminal.say(back.apart)
    question = f"Take the run {back.words} back?"
    if not context.flags.yes and not context.terminal.confirm(question, "--yes"):
        return Exit.CANCELLED
    answers = context.answers()
    if context.terminal.interactive and not context.flags.yes:
        answers = context.asking(lambda a: reached(context, front, a), answers)
    from app.plan.make import Intent

    answers = context.for_a_run(answers)
    name = front.start("rollback", answers, plan=None, intent=Intent(), run=run)
    return _watch(context, front, name)


def flags_attach(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `attach`."""
    parser.add_argument(
        "run", nargs="?", default="", help="the run; the live or the last one by default"
    )
    parser.add_argument("--jsonl", action="store_true", help="write the events as JSON lines")


def attach(context: Context) -> Exit:
    """Show a run, live or replayed."""
    front = context.front()
    runs = front.runs()
    name = context.flags.run or front.live_run() or (runs[0].run if runs else "")
    if not name:
        raise UsageError("no run has been made here yet", hint="`tlswright apply` makes one.")
    return follow(context, front, name)


def flags_stop(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `stop`."""
    parser.add_argument("run", nargs="?", default="", help="the run; the live one by default")
    parser.add_argument(
        "--now", action="store_true", help="undo the step that is under way, then stop"
    )


def stop(context: Context) -> Exit:
    """Ask a live run to stop after the step it is at, or safely now."""
    front = context.front()
    name = context.flags.run or front.live_run()
    if not name:
        raise UsageError("no run goes on here", hint="`tlswright runs` lists the runs.")
    front.ask_stop(name, now=context.flags.now)
    asked = "stop-now" if context.flags.now else "stop"
    context.terminal.show(context.flags.json, {"run": name, "asked": asked})
    when = "once the current step is undone" if context.flags.now else "after the current step"
    context.terminal.say(f"asked {name} to stop {when}; `tlswright attach` shows it")
    return Exit.OK


def flags_runs(parser: argparse.ArgumentParser) -> None:
    """`runs` has no flags of its own."""


def runs(context: Context) -> Exit:
    """List the runs of the site, the newest first."""
    found = context.front().runs()
    if context.flags.json:
        context.terminal.json([asdict(run) for run in found])
    elif not found:
        context.terminal.print("No runs yet.")
    else:
        rows = [
            [
                r.run,
                r.verb,
                "live" if r.live else str(r.exit if r.exit is not None else "?"),
                r.result,
            ]
            for r in found
        ]
        context.terminal.table(["run", "verb", "exit", "result"], rows)
    return Exit.OK


def _run_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jsonl", action="store_true", help="write the run's events as JSON lines")
    parser.add_argument("--detach", action="store_true", help="start the run and do not follow it")


def _begin(context: Context, verb: str, plan: Path | None, intent: Intent) -> Exit:
    front, site = context.front(), context.site()
    fresh = not context.places.vault.exists()
    answers = context.answers(confirm=fresh)
    if fresh:
        front.create_vault(site, answers.passphrase)  # type: ignore[arg-type]
    if context.terminal.interactive and not context.flags.yes:
        return _reviewed(context, front, verb, plan, intent, answers)
    if not context.flags.yes:
        raise UsageError(f"{verb} changes hosts", hint="Without a terminal, give --yes.")
    answers = context.asking(lambda a: _reach(context, front, a), answers)
    name = front.start(verb, context.for_a_run(answers), plan=plan, intent=intent)
    return _watch(context, front, name)


def _reach(context: Context, front: Front, answers: Answers) -> Answers:
    """Pin the host keys that --accept-host-key names, before a process that cannot ask begins."""
    return reached(context, front, answers) if context.flags.accept_host_key else answers


def reached(context: Context, front: Front, answers: Answers) -> Answers:
    """Log in to every host before a process that cannot ask begins."""
    front.reach(context.site(), answers)
    return answers


def _reviewed(
    context: Context, front: Front, verb: str, plan: Path | None, intent: Intent, answers: Answers
) -> Exit:
    from app.cli.verbs.show import show_plan

    kept = answers

    def make(given: Answers) -> object:
        nonlocal kept
        kept = given
        return front.make_plan(context.site(), given, intent)

    from app.plan.plan import Plan

    made = context.asking(make, answers)
    assert isinstance(made, Plan)
    show_plan(context.terminal, made, diffs=True)
    if made.problems:
        return Exit.PREFLIGHT
    if made.empty:
        return Exit.OK
    if not context.terminal.confirm("Apply this plan?", "--yes"):
        return Exit.CANCELLED
    saved = plan or front.save_plan(made)
    name = front.start(verb, context.for_a_run(kept), plan=saved, intent=intent)
    return _watch(context, front, name)


def _watch(context: Context, front: Front, name: str) -> Exit:
    if context.flags.detach:
        context.terminal.show(context.flags.json, {"run": name}, name)
        return Exit.OK
    context.terminal.say(f"run {name}; it goes on if this terminal closes: tlswright attach")
    return follow(context, front, name)


def follow(context: Context, front: Front, name: str) -> Exit:
    """Show a run's events until it ends; Ctrl-C asks it to stop, and asks again more firmly."""
    from app.cli.verbs.show import show_end, show_event

    view = RunView()
    with _Interrupts(context, front, name) as interrupts:
        for event in front.follow(name, seconds=0.1):
            if interrupts.leave:
                context.terminal.say(f"left the run {name} to itself: tlswright attach {name}")
                return Exit.INTERRUPTED
            if event is None:
                continue
            view = fold([event], view)
            if context.flags.jsonl:
                context.terminal.print(to_line(event))
            else:
                show_event(context.terminal, event)
    if context.flags.json:
        context.terminal.json(asdict(replace(view, log=())))
    elif not context.flags.jsonl:
        show_end(context.terminal, view)
    return Exit(view.exit) if view.exit is not None else Exit.MIXED


class _Interrupts:
    """Turn Ctrl-C into requests: stop after the step, stop now, leave."""

    def __init__(self, context: Context, front: Front, run: str) -> None:
        self._context, self._front, self._run = context, front, run
        self._count = 0
        self.leave = False
        self._before: Callable[..., object] | int | None = None

    def __enter__(self) -> _Interrupts:
        self._before = signal.signal(signal.SIGINT, self._on)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _on(self, *_: object) -> None:
        self._count += 1
        words = {
            1: "stopping after this step; Ctrl-C again undoes this step, a third time leaves",
            2: "undoing this step and stopping",
        }
        self.leave = self._count > 2
        if self._count in words:
            self._context.terminal.say(words[self._count])
            try:
                self._front.ask_stop(self._run, now=self._count == 2)
            except UsageError:
                self.leave = self._count > 1
