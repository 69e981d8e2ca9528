"""What the command line writes and asks: stdout is data, stderr is narration."""

from __future__ import annotations

import getpass
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from app.errors import TlswrightError, UsageError
from app.pki.secret import Secret
from app.quoting import calm

_COLOUR = re.compile("(\x1b\\[[0-9]*m)")
_COLOURS = {
    "ok": "32",
    "done": "32",
    "warn": "33",
    "fail": "31",
    "failed": "31",
    "bold": "1",
    "-": "31",
    "+": "32",
}


@dataclass(frozen=True, slots=True)
class Terminal:
    """Hold the streams and how to write to them."""

    out: TextIO
    err: TextIO
    interactive: bool
    colour: bool
    quiet: bool = False

    @classmethod
    def standard(cls, environ: Mapping[str, str], *, no_colour: bool, quiet: bool) -> Terminal:
        """Use the process's streams; NO_COLOR and TERM=dumb are heeded."""
        plain = no_colour or bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
        tty = sys.stdin.isatty() and sys.stderr.isatty()
        return cls(sys.stdout, sys.stderr, tty, sys.stdout.isatty() and not plain, quiet)

    def print(self, text: str = "") -> None:
        """Write a line of data."""
        print(self._tame(text), file=self.out, flush=True)

    def say(self, text: str) -> None:
        """Write a line of narration."""
        if not self.quiet:
            print(self._tame(text), file=self.err, flush=True)

    def _tame(self, text: str) -> str:
        """Leave no control character in a text but our own colours: hosts wrote parts of it."""
        if text.isprintable():
            return text
        parts = _COLOUR.split(text) if self.colour else [text]
        return "".join(
            part if number % 2 else calm(part, len(part)) for number, part in enumerate(parts)
        )

    def complain(self, error: TlswrightError) -> None:
        """Write an error: what happened, where, why, and what to do."""
        lines = [f"tlswright: {error}"]
        for other in getattr(error, "others", ()):
            lines.append(f"tlswright: {other}")
            if other.hint and other.hint != error.hint:
                lines.append(f"  {other.hint}")
        lines += [f"  - {problem}" for problem in getattr(error, "problems", ())]
        snippet = getattr(error, "snippet", "")
        lines += [f"  By hand:\n{snippet}"] if snippet else []
        lines += [f"  {error.hint}"] if error.hint else []
        print(self._tame("\n".join(lines)), file=self.err, flush=True)

    def json(self, value: Any) -> None:
        """Write one JSON value as data."""
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
        safe = "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
        plain = (self.out.encoding or "ascii").lower().replace("-", "") != "utf8"
        if plain:
            safe = json.dumps(value, indent=1, sort_keys=True)
        print(safe, file=self.out, flush=True)

    def show(self, as_json: bool, value: Any, *lines: str) -> None:
        """Write a value as JSON, or the lines that say the same."""
        if as_json:
            self.json(value)
            return
        for line in lines:
            self.print(line)

    def paint(self, word: str, text: str) -> str:
        """Colour a text by the word that it stands for; words carry the meaning, colour helps."""
        code = _COLOURS.get(word, "")
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code else text

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write rows in columns; the last column is not padded."""
        widths = [max(len(str(r[i])) for r in (head, *rows)) for i in range(len(head))]
        for number, row in enumerate((head, *rows)):
            cells = [str(c).ljust(w) for c, w in zip(row[:-1], widths[:-1], strict=True)]
            line = "  ".join([*cells, str(row[-1])]).rstrip()
            self.print(self.paint("bold", line) if number == 0 else self.paint(str(row[0]), line))

    def confirm(self, question: str, flag: str) -> bool:
        """Ask yes or no; without a terminal the missing answer names its flag."""
        if not self.interactive:
            raise UsageError(
                f"{question} needs an answer", hint=f"Without a terminal, give {flag}."
            )
        self.err.write(f"{question} [y/N] ")
        self.err.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def secret(self, question: str) -> Secret:
        """Ask for a secret; it is not echoed."""
        try:
            return Secret(getpass.getpass(f"{question}: ", stream=self.err))
        except EOFError:
            raise UsageError(f"{question}: no answer was given") from None


def environment() -> Mapping[str, str]:
    """Give the process's environment."""
    return os.environ
