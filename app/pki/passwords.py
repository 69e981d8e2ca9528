"""Random store passwords that survive every place they are pasted into."""

from __future__ import annotations

import secrets
import string
from random import Random

from app.pki.secret import Secret

LENGTH = 28
_LETTERS = string.ascii_letters
_ALPHABET = string.ascii_letters + string.digits


def new_password(random: Random | None = None, length: int = LENGTH) -> Secret:
    """Return a password of letters and digits, the first a letter: 166 bits at 28 characters.

    Punctuation broke XML, properties files, shells and Erlang terms; non-ASCII breaks Java 8 to 21.
    `random` is the operating system's generator unless a test brings its own.  Raises ValueError
    below 24 characters.
    """
    if length < 24:
        raise ValueError("a store password has at least 24 characters")
    source = secrets.SystemRandom() if random is None else random
    rest = (source.choice(_ALPHABET) for _ in range(length - 1))
    return Secret(source.choice(_LETTERS) + "".join(rest))
