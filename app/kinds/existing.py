"""Say of a host that its product uses certificates which this site did not put there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.kinds.base import PEM_KEY, NamedStore
from app.kinds.resources import Layout
from app.quoting import calm


def with_others(layout: Layout, named: Iterable[NamedStore], ours: str) -> Layout:
    """Add to a layout which PEM files beside those below the folder `ours` are in use."""
    found = [
        f"{one.role} {one.named}" for one in named
        if one.aside in ("", PEM_KEY) and not one.named.startswith(f"{ours}/")
    ]  # fmt: skip
    if layout.problems or not found:
        return layout
    text = calm("; ".join(dict.fromkeys(found)), 500)
    warning = (
        f"it uses other certificates now ({text}): new ones are made beside them; `tlswright "
        "adopt` shows them, and keeps the trust that is still needed"
    )
    facts = {**layout.facts, "stores": text}
    return replace(layout, facts=facts, warnings=(*layout.warnings, warning))
