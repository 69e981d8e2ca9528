"""Edit the options that one host has of its own."""

from __future__ import annotations

from typing import Any

from textual.app import App

from app.site.fields import own_fields
from screens.asks.edit import Edit
from screens.rows import own_rows, with_own
from screens.state import State

MOST = 9
"""How many options are named: more would not fit below the form."""


async def edit_own(app: App[Any], state: State, host: str) -> bool:
    """Show a host's own options as a form; tells whether they were taken."""
    title, rows = f"Own options of {host}", own_rows(host, state)
    values = await app.push_screen_wait(Edit(title, rows, ascii_only=state.ascii_only))
    if values is None:
        return False
    state.change(with_own(state, host, values))
    return True


def own_words(state: State) -> str:
    """Say which options a host may have of its own, and which hosts have some."""
    draft, labels = (
        state.draft,
        {f.key: f.label for f in own_fields(state.draft, state.edges.kinds)},
    )
    if not labels:
        return ""
    have = [
        f"{host}: {', '.join(f'{key} {value}' for key, value in own.items())}"
        for host, own in draft.node_options.items()
    ]
    shown = list(labels.values())
    if len(shown) > MOST:
        shown = [*shown[: MOST - 1], f"and {len(shown) - MOST + 1} more"]
    return f"For one host alone (F6): {', '.join(shown)}." + (
        f"\n{'; '.join(have)}" if have else ""
    )
