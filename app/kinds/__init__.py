"""The products: one package each, whose `KIND` implements `app.kinds.base.Kind`.

Listing them imports none of them; a new product is a new package here and nothing else.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

from app.errors import UsageError

if TYPE_CHECKING:
    from app.kinds.base import Kind


def names() -> tuple[str, ...]:
    """Give the names of all kinds, sorted; imports none of them."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if module.ispkg))


def load(name: str) -> Kind:
    """Import one kind and give its `KIND`.

    Raises UsageError with the nearest name when there is no such kind.
    """
    known = names()
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
        raise UsageError(f"there is no kind {name!r}", hint=hint)
    return cast("Kind", import_module(f"{__name__}.{name}").KIND)
