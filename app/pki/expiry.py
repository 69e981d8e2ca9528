"""When a certificate is to be renewed, and how urgent that is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

Health = Literal["ok", "warn", "critical", "expired"]

LEAF_WARN, LEAF_CRITICAL = timedelta(days=30), timedelta(days=7)
AUTHORITY_WARN, AUTHORITY_CRITICAL = timedelta(days=365), timedelta(days=182)


def due(not_before: datetime, not_after: datetime, now: datetime) -> bool:
    """Tell whether two thirds of the life are over, the time to renew."""
    return now >= not_before + (not_after - not_before) * 2 / 3


def health(not_after: datetime, now: datetime, *, authority: bool = False) -> Health:
    """Judge how near the end is; an authority is judged a year ahead, since all hang on it.

    A certificate is still valid at the very second of `not_after` (RFC 5280, 4.1.2.5).
    """
    left = not_after - now
    if left < timedelta(0):
        return "expired"
    if left <= (AUTHORITY_CRITICAL if authority else LEAF_CRITICAL):
        return "critical"
    if left <= (AUTHORITY_WARN if authority else LEAF_WARN):
        return "warn"
    return "ok"
