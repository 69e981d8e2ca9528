"""Read from a refused login what would have opened it: a passphrase, or an answer.  Pure."""

from __future__ import annotations

import re

_WANTS = re.compile(r"key (.+): (?:needs its passphrase|wrong passphrase, or no private key)")
_ASKS = re.compile(r'keyboard-interactive: the host asks "(.*)", and no answer was given')
_CODE = re.compile(
    r"code|token|\botp\b|one[- ]?time|passcode|factor|authenticat|\bpin\b|duo|yubi|challenge", re.I
)


def locked_key(text: str) -> str:
    """Give the path of the first encrypted key that a login was refused for; empty for none.

    `text` is that of the LoginError, which names each method that failed, `;` between them.
    """
    return _first(_WANTS, text)


def asked_code(text: str) -> str:
    """Give the prompt for a one-time code that a login ended at; empty for none."""
    prompt = _first(_ASKS, text)
    return prompt if wants_code(prompt) else ""


def wants_code(prompt: str) -> bool:
    """Tell whether a prompt asks for something that is good once, and not for a password."""
    return _CODE.search(prompt) is not None


def _first(pattern: re.Pattern[str], text: str) -> str:
    _, _, tried = text.partition(" was refused: ")
    found = (pattern.fullmatch(part.strip()) for part in tried.split(";"))
    return next((match[1] for match in found if match), "")
