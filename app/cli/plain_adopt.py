"""Line by line: the stores that hosts use already, and what is kept of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.cli.context import Context
    from app.cli.plain_steps import Asker
    from app.engine.adopting import FoundStore
    from app.engine.request import Answers

Row = tuple[str, str]


def adopt(context: Context, asker: Asker, answers: Answers) -> None:
    """Show what hosts use, ask of each store whether it is kept, and keep that.

    Raises TlswrightError where what was chosen cannot be kept: nothing more is kept then.
    """
    from app.cli.verbs.adopt import find, lines_of, opened

    site, stores = context.site(), context.front().stores
    asker.say("Reading the hosts; nothing is changed.")
    found = opened(context, find(context, answers, ()))
    for line in lines_of(found, stores.trusted(site)):
        asker.say(line)
    before: set[Row] = {(key.partition("/")[2], "trust") for key in stores.trusted(site)}
    before |= {(host, "key") for host in stores.keys(site, answers)}
    asked: dict[Row, FoundStore] = {}
    for one in found.stores:
        if _may(one, before):
            asked.setdefault((one.host, one.role), one)
    chosen = {row for row, one in asked.items() if _keeps(asker, one, row in before)}
    new, gone = chosen - before, (before & asked.keys()) - chosen
    if not new and not gone:
        asker.say("Nothing is changed in what is kept.")
        return
    stores.keep(site, answers, found, trust=_of(new, "trust"), keys=_of(new, "key"))
    stores.let_go(site, answers, trust=_of(gone, "trust"), keys=_of(gone, "key"))
    if _of(new, "trust"):
        asker.say("Whoever has a certificate that is kept is let in, until it is replaced here.")
    asker.say("a shows the plan of it.")


def _may(one: FoundStore, before: set[Row]) -> bool:
    old = one.opened is not None and not one.own and not one.aside
    return old or (one.host, one.role) in before


def _keeps(asker: Asker, one: FoundStore, kept: bool) -> bool:
    what = "what it trusts" if one.role == "trust" else "its key and certificate"
    while True:
        answer = asker.line(f"{one.place}: k keeps {what}, r replaces it", "k" if kept else "r")
        if answer in ("k", "r"):
            return answer == "k"
        asker.say("k or r.")


def _of(rows: set[Row], role: str) -> tuple[str, ...]:
    return tuple(sorted(host for host, what in rows if what == role))
