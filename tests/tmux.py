"""Drive a program through a real terminal, by keys alone, as a person does."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType

from tests.until import until

SECONDS = 60.0
HISTORIES: list[str] = []
"""All that the terminals of this process showed last, with what was scrolled away."""


class Tmux:
    """Hold a terminal of its own tmux server, with one program in it."""

    def __init__(
        self,
        socket: Path,
        words: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path,
        size: tuple[int, int] = (80, 24),
    ) -> None:
        self.history = ""
        self._base = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        pairs = [f"{key}={value}" for key, value in environment.items()]
        # The pane stays when the program has ended, so that its last words can be read.
        program = f"env -i {shlex.join([*pairs, 'TERM=tmux-256color'])} {shlex.join(words)}"
        self._tmux(
            "new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), "-c", str(cwd),
            f"{program}; echo; echo ended with $?; exec sleep 600",
        )  # fmt: skip

    def __enter__(self) -> Tmux:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(subprocess.CalledProcessError):
            self.history = self._tmux("capture-pane", "-p", "-S", "-", "-E", "-")
            HISTORIES.append(self.history)
        subprocess.run([*self._base, "kill-server"], check=False, capture_output=True)

    def screen(self) -> str:
        """Give what the terminal shows now."""
        return self._tmux("capture-pane", "-p")

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names: Enter, C-n, Tab, Up."""
        self._tmux("send-keys", *names)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._tmux("send-keys", "-l", text)

    def wait(self, text: str, seconds: float = SECONDS) -> str:
        """Wait until the terminal shows a text, and give the whole screen."""
        try:
            return until(lambda: self._showing(text), seconds, f"{text!r} on the screen")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it shows:\n{self.screen()}") from None

    def go_on(self, key: str, text: str, most: int = 30) -> None:
        """Press a key, each time the field in focus has changed, until it is the one wanted."""
        field = until(self._field, SECONDS, "a field in focus")
        for _ in range(most):
            if field.startswith(text):
                return
            self.keys(key)
            field = until(partial(self._other, field), SECONDS, f"another field than {field!r}")
        raise TimeoutError(f"{text!r} did not come by {key}; it shows:\n{self.screen()}")

    def _field(self) -> str:
        """Give the line of the form's field that has the focus, without what is typed there."""
        lines = (line.strip() for line in self.screen().splitlines()[1:])
        return next((line.split("  ")[0] for line in lines if line.startswith("> ")), "")

    def _other(self, field: str) -> str:
        found = self._field()
        return found if found != field else ""

    def _showing(self, text: str) -> str:
        shown = self.screen()
        return shown if text in shown else ""

    def _tmux(self, *words: str) -> str:
        done = subprocess.run([*self._base, *words], check=True, capture_output=True, text=True)
        return done.stdout
