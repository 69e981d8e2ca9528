"""The one function that quotes for a POSIX shell, and the one that calms text from a host."""

from __future__ import annotations

import shlex
import unicodedata


def sh(text: str) -> str:
    """Quote `text` as one word of a POSIX shell.

    Raises ValueError for NUL, which no shell word can hold.
    """
    if "\0" in text:
        raise ValueError("a shell word cannot hold a NUL byte")
    return shlex.quote(text)


def sh_words(*words: str) -> str:
    """Quote words and join them to a command."""
    return " ".join(sh(word) for word in words)


def calm(text: str, limit: int = 2000) -> str:
    """Make text that came from a host safe to show: no control characters, bounded length.

    Escape sequences could move the cursor or set the terminal's title; whatever is not printable
    (but for newline and tab) becomes U+FFFD.  Cut text says so.
    """
    kept = text[:limit]
    clean = "".join(
        c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in kept
    )
    return clean if len(text) <= limit else f"{clean}… ({len(text) - limit} characters cut)"
