"""Names of the entries inside a store."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.errors import PkiError

_ALIAS = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?", re.ASCII)


def check_alias(alias: str) -> str:
    """Return the alias unchanged, or raise PkiError when a store would change or refuse it.

    Java folds aliases to lower case, so an alias in upper case is found under another name.
    """
    if not _ALIAS.fullmatch(alias):
        raise PkiError(
            f"the store alias {alias!r} is not usable",
            hint="Lower-case letters and digits, with inner dots, hyphens and underscores.",
        )
    return alias


def check_aliases(aliases: Iterable[str]) -> tuple[str, ...]:
    """Check the aliases of one store: each by itself, and that none equals another when folded."""
    seen: dict[str, str] = {}
    for alias in aliases:
        folded = alias.casefold()
        if folded in seen:
            raise PkiError(
                f"the store aliases {seen[folded]!r} and {alias!r} are one to Java",
                hint="Give the entries different names.",
            )
        seen[folded] = alias
    return tuple(check_alias(alias) for alias in seen.values())
