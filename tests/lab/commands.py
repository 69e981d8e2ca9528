"""Run the machine's own commands, with their words in the error when they fail."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence


class CommandFailed(Exception):
    """A command of the lab ended with another code than 0."""


def run(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command without a shell and return what it said."""
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if check and done.returncode:
        raise CommandFailed(explain(words, done))
    return done


def explain(words: Sequence[str], done: subprocess.CompletedProcess[str]) -> str:
    """Say in one paragraph which command failed and what it printed."""
    said = "\n".join(part.strip() for part in (done.stdout, done.stderr) if part.strip())
    return f"{' '.join(words)} ended with {done.returncode}: {said}"
