"""Start a run in a process of its own session, with its secrets on an inherited pipe."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.engine.journal import alive
from app.errors import TlswrightError

START_SECONDS = 20.0
Spawn = Callable[[Path, str, Path, bytes], None]
"""Start the process of a run: (site directory, run, the run's directory, request and secrets)."""


def spawn(directory: Path, run: str, folder: Path, secrets: bytes) -> None:
    """Start the worker; it lives on when this process, its terminal or its login ends.

    Raises TlswrightError when it does not begin to write its journal.
    """
    log = os.open(folder / "worker.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.engine.worker", str(directory), run],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            close_fds=True,
        )
    finally:
        os.close(log)
    # Whoever lives as long as the run, such as the screens, collects it when it ends.
    threading.Thread(target=process.wait, name=f"run-{run}", daemon=True).start()
    assert process.stdin is not None
    journal = folder / "journal.jsonl"
    try:
        process.stdin.write(secrets)
        process.stdin.close()
    except BrokenPipeError:
        pass
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if alive(journal):
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    if journal.exists() and journal.stat().st_size:
        return
    raise TlswrightError(
        "the run's process did not start",
        hint=f"Its output is in {folder / 'worker.log'}.",
    )
