"""Start and end the demo's hosts for whoever uses them."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from app.demo.active import run_is_active
from app.demo.place import Place
from app.errors import Exit, LockedError, TlswrightError, UsageError


def start(place: Place) -> None:
    """Start the hosts, unless they are up already; call it while holding the `front` lock.

    Raises TlswrightError with the last line of their log when they do not come up.
    """
    with place.lock("start", wait=True):
        if place.pid():
            return
        _write_passphrase(place.passphrase)
        with place.log.open("ab") as log:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "app.demo.hosts", str(place.dir)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                check=False,
            )
        if done.returncode:
            lines = place.log.read_text(errors="replace").splitlines()
            raise TlswrightError(
                f"the demo hosts do not start: {lines[-1] if lines else 'no reason given'}",
                hint=f"see {place.log}",
            )


def stop(place: Place) -> bool:
    """End the hosts and wait for it; tells whether any were up.

    Raises LockedError while a run is active on the demo's site.
    """
    with place.lock("start", wait=True):
        pid = place.pid()
        if not pid:
            return False
        if run_is_active(place.site):
            raise LockedError(
                "a run is active on the demo's site",
                hint=f"wait for it, or ask it to stop: tlswright -C {place.site} stop",
            )
        place.keep.unlink(missing_ok=True)
        os.kill(pid, signal.SIGTERM)
        with place.lock("hosts", wait=True):
            return True


def clear(directory: Path) -> None:
    """Remove an earlier demo; raises UsageError for a folder that is none, and touches nothing."""
    if not directory.exists():
        return
    if any(directory.iterdir()) and not (directory / "start.lock").exists():
        raise UsageError(
            f"{directory} holds no demo, so it is not removed", hint="choose another --dir"
        )
    for place in (Place(directory), Place(directory / "headless")):
        if place.dir.exists():
            stop(place)
    shutil.rmtree(directory)


def command_line(place: Place, *arguments: str) -> list[str]:
    """Give the command that works on the demo's site."""
    return [
        sys.executable, "-P", "-m", "app.cli.main",
        "-C", str(place.site), "--passphrase-file", str(place.passphrase), *arguments,
    ]  # fmt: skip


def wizard(place: Place) -> int:
    """Run the command line on the demo's site in this terminal; gives its exit code.

    Ctrl-C belongs to the child, which shares the terminal.
    """
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.call(command_line(place))
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else int(Exit.INTERRUPTED)


def _write_passphrase(path: Path) -> None:
    if path.exists():
        return
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
