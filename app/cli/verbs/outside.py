"""The verbs about an outside CA: csr, take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.context import Context
from app.errors import Exit, UsageError

if TYPE_CHECKING:
    from app.engine.asking import Asked
    from app.engine.taking import Taken, TakenIn

MOST_STRANGERS = 5


def flags_csr(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `csr`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--host", action="append", metavar="H", help="for this host (repeat)")
    which.add_argument("--all", action="store_true", help="for every host")
    which.add_argument(
        "--client", action="append", metavar="NAME",
        help="for a client of the hosts, which `export client NAME` writes then (repeat)",
    )  # fmt: skip
    parser.add_argument(
        "--new", action="store_true", help="make new keys, also where a request waits"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="the folder to write to; requests/ beside site.yaml by default"
    )


def csr(context: Context) -> Exit:
    """Write the signing requests that an outside CA is to sign; the keys wait in the vault."""
    flags, front, site = context.flags, context.front(), context.site()
    hosts = {h for t in site.topologies for h in t.hosts} if flags.all else set(flags.host or ())
    folder = Path(flags.out) if flags.out else None
    answers = context.with_vault()
    asked = front.write_requests(
        site, answers, hosts=hosts, clients=flags.client or (), new=flags.new, folder=folder
    )
    show_asked(context, asked)
    return Exit.OK


def show_asked(context: Context, asked: Asked) -> None:
    """Say which requests wait, and what comes next."""
    data = {
        "folder": str(asked.folder),
        "waiting": [
            {
                "name": one.name,
                "file": one.file,
                "since": one.since,
                "new": one.name in asked.fresh,
                "names": [san.value for san in one.spec.sans],
            }
            for one in asked.waiting
        ],
        "back": list(asked.back),
    }
    lines = [str(asked.folder / Path(one.file).name) for one in asked.waiting]
    context.terminal.show(context.flags.json, data, *lines)
    say = context.terminal.say
    for name in asked.back:
        say(f"{name}: its certificate came back already; --new asks for another")
    if asked.waiting:
        say(f"{asked.folder / 'README.txt'} says how to sign them.")
        say("Once that is done: tlswright take FILE…, then tlswright apply")
    elif asked.back:
        say("next: tlswright apply, or tlswright export client NAME")
    else:
        say("Every host has its certificate, and none is due: --host or --all asks for new ones.")


def flags_take(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `take`."""
    parser.add_argument(
        "file", nargs="+", metavar="FILE", help="a file with certificates, or a folder of them"
    )
    parser.add_argument(
        "--anchor", action="store_true",
        help="these are the outside CA's own: the root that hosts are to trust, and those below it",
    )  # fmt: skip


def take(context: Context) -> Exit:
    """Take in what an outside CA gave back; exit 7 where a certificate is not good."""
    from app.engine.taking import taken_lines

    flags, front, site = context.flags, context.front(), context.site()
    paths = [Path(file) for file in flags.file]
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no file {path}")
    if flags.anchor:
        return _anchor(context, paths)
    taken = front.take(site, context.with_vault(), paths)
    context.terminal.show(flags.json, _taken_dict(taken), *taken_lines(taken))
    say = context.terminal.say
    for text in taken.strangers[:MOST_STRANGERS]:
        say(text)
    if len(taken.strangers) > MOST_STRANGERS:
        say(f"and {len(taken.strangers) - MOST_STRANGERS} more that nobody waits for")
    for one in taken.waiting:
        say(f"{one.name}: its certificate is still waited for, since {one.since[:10]}")
    if any(not one.faults for one in taken.found):
        say("next: tlswright plan, tlswright apply")
    if any(one.faults for one in taken.found):
        return Exit.FINDINGS
    if not taken.found:
        raise UsageError(
            "none of these certificates belongs to a request that waits",
            hint="`tlswright status` says what is waited for.",
        )
    return Exit.OK


def _anchor(context: Context, paths: list[Path]) -> Exit:
    made = context.front().set_anchor(context.site(), context.with_vault(), paths)
    facts = made.facts
    lines = (
        f"CA     {facts.subject}, until {facts.not_after:%Y-%m-%d}",
        f"       SHA-256 {facts.sha256}",
    )
    notes = [note.line for note in made.notes]
    said = {**facts.to_dict(), "notes": notes}
    context.terminal.show(context.flags.json, said, *lines, *(f"!! {note}" for note in notes))
    context.terminal.say("Compare the fingerprint with the one that its owner gave you.")
    context.terminal.say("next: tlswright csr")
    return Exit.OK


def _taken_dict(taken: Taken) -> dict[str, Any]:
    return {
        "certificates": [_dict(one) for one in taken.found],
        "strangers": list(taken.strangers),
        "skipped": list(taken.skipped),
        "waiting": [
            {"name": one.name, "since": one.since, "file": one.file} for one in taken.waiting
        ],
    }


def _dict(one: TakenIn) -> dict[str, Any]:
    return {
        "name": one.name,
        "file": one.where,
        "taken": not one.faults,
        "again": one.again,
        "faults": [{"text": flaw.line, "remedy": flaw.remedy} for flaw in one.faults],
        "notes": list(one.notes),
        "certificate": one.facts.to_dict(),
    }
