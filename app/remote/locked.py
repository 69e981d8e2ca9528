"""Read from a refused login which key file wants its passphrase.  Pure."""

from __future__ import annotations

import re

_WANTS = re.compile(r"key (.+): (?:needs its passphrase|wrong passphrase, or no private key)")


def locked_key(text: str) -> str:
    """Give the path of the first encrypted key that a login was refused for; empty for none.

    `text` is that of the LoginError, which names each method that failed, `;` between them.
    """
    _, _, tried = text.partition(" was refused: ")
    found = (_WANTS.fullmatch(part.strip()) for part in tried.split(";"))
    return next((match[1] for match in found if match), "")
