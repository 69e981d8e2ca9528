"""What the dashboard asks before it rotates, and what it would take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.engine.front import Front, StatusRow
from app.errors import UsageError
from app.model import Site
from app.plan.stage import Stage
from screens.timeline import ca_words

LEAVES = "New keys and certificates, one host after the other. You see the plan first."
REQUESTS = (
    "New requests for the outside CA. The certificates of today go on until the new ones came "
    "back and are applied."
)


def question(
    nodes: Sequence[StatusRow],
    due: Sequence[str],
    here: StatusRow | None,
    site: Site | None,
    stage: Stage | None,
) -> tuple[str, list[tuple[str, str]]]:
    """Give the text of the question, and the choices as (key, label).

    `nodes` are the rows of all nodes, `due` the hosts that it is time for, `here` the row that the
    cursor is at; `stage` is how far a change of the CA got.
    """
    choices = [("due", f"Due ({len(due)})")] if due else []
    if here is not None and here in nodes:
        choices.append(("host", here.subject))
    choices.append(("all", f"All {len(nodes)}"))
    text, source = LEAVES, site.authority.source if site else ""
    if source == "outside":
        text = REQUESTS
    elif source == "own" and site is not None and site.authority.trust == "ca":
        choices.append(("ca", "Go on with the CA" if stage else "The CA too"))
        text = f"{LEAVES}\n\n{ca_words(stage)}"
    return text, [*choices, ("no", "Not now")]


def with_next_ca(site: Site) -> Site:
    """Give the site that wants the next generation of its CA."""
    spec = site.authority
    return replace(site, authority=replace(spec, generation=spec.generation + 1))


def last_change(front: Front) -> str:
    """Give the run that a rollback takes back, empty where there is none."""
    try:
        return front.last_change()
    except UsageError:
        return ""
