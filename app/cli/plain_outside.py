"""Line by line: write what an outside CA is to sign, and take in what it gave back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.account import expand

if TYPE_CHECKING:
    from app.cli.context import Context
    from app.engine.request import Answers

MENU = (
    ("c", "requests: write what the outside CA is to sign"),
    ("t", "take in what the outside CA gave back"),
    ("o", "the outside CA's own certificate, which hosts are to trust"),
)


def is_outside(context: Context) -> bool:
    """Tell whether others sign for the site."""
    return context.site().authority.source == "outside"


def write(context: Context, answers: Answers) -> None:
    """Write the requests and say where they are."""
    from app.cli.verbs.outside import show_asked

    show_asked(context, context.front().write_requests(context.site(), answers))


def take(context: Context, answers: Answers, path: str) -> None:
    """Take in what is in a file or folder, and say what became of it."""
    from app.engine.taking import taken_lines

    taken = context.front().take(context.site(), answers, [expand(Path(path))])
    for line in (*taken_lines(taken), *taken.strangers[:5]):
        context.terminal.print(line)
    for one in taken.waiting:
        context.terminal.print(f"{one.name}: still waited for, since {one.since[:10]}")


def anchor(context: Context, answers: Answers, path: str) -> None:
    """Keep the CA's own certificate."""
    made = context.front().set_anchor(context.site(), answers, [expand(Path(path))])
    context.terminal.print(f"Hosts will trust {made.facts.subject}, SHA-256 {made.facts.sha256}")
    for note in made.notes:
        context.terminal.print(f"!! {note.line}")
