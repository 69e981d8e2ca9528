"""Say roughly how good a passphrase is; a note, never a lock."""

from __future__ import annotations

import math

COMMON = frozenset(
    {"password", "passphrase", "secret", "changeit", "changeme", "letmein", "activemq", "qwertyui",
     "12345678", "123456789", "admin123"}
)  # fmt: skip
_CLASSES = ((str.islower, 26), (str.isupper, 26), (str.isdigit, 10))


def bits(text: str) -> float:
    """Estimate the bits of a passphrase from its characters and how few of them differ.

    Words count for less than random characters do; the estimate is deliberately low.
    """
    if text.lower() in COMMON or not text:
        return 0.0
    pool = sum(size for test, size in _CLASSES if any(test(c) for c in text))
    pool += 32 if any(not c.isalnum() for c in text) else 0
    worth = min(len(text), 2 * len(set(text)))
    words = len(text.split())
    per = 2.2 if words >= 3 else math.log2(max(pool, 2)) * 0.6
    return worth * per


def strength(text: str) -> str:
    """Give the estimate in words."""
    if not text:
        return ""
    found = bits(text)
    for limit, words in ((28, "weak"), (45, "fair"), (65, "good")):
        if found < limit:
            return words
    return "strong"
