"""The process of one run: it opens its own connections, and lives on when the terminal is gone.

Started as `python -P -m app.engine.worker DIRECTORY RUN` in a session of its own, with the request
and the secrets on standard input.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import FrameType

from app.account import user_name
from app.dumps import forbid_dumps
from app.engine.conduct import conduct
from app.engine.control import Ask, StopFlag, listen
from app.engine.journal import Journal, utc_now
from app.engine.request import Answers, Request, unpack
from app.engine.run import Result
from app.errors import Exit, PreflightError, TlswrightError
from app.quoting import calm
from app.site.lock import Holder, acquire
from app.site.places import Places

DISK = "hosts undo by themselves what was not held; make room here, and the next apply finishes"


def main(arguments: list[str]) -> int:
    """Carry out one run; whatever happens, the journal gets its last event."""
    directory, run = arguments
    os.umask(0o077)
    forbid_dumps()
    places = Places(Path(directory))
    folder = places.run(run)
    journal = Journal(folder / "journal.jsonl", run)
    stop = StopFlag()
    result = Result("stopped by a bug", Exit.BUG)
    try:
        request, answers = unpack(sys.stdin.buffer.read())

        def on_ask(what: Ask) -> None:
            stop.ask(what)
            journal.emit("asked", what)

        _catch_signals(on_ask)
        end = listen(folder, on_ask)
        try:
            result = _guarded(places, run, request, answers, journal, stop)
        finally:
            end()
    finally:
        data = {"exit": int(result.exit), "next": list(result.next)}
        # Where the disk is full, the journal ends here, and readers say that the run was cut off.
        with suppress(OSError):
            journal.emit("run-ended", result.text, data=data)
        journal.close()
    return int(result.exit)


def _guarded(
    places: Places, run: str, request: Request, answers: Answers, journal: Journal, stop: StopFlag
) -> Result:
    try:
        with acquire(places.lock, _holder(request.verb, run)):
            return conduct(places, run, request, answers, journal, stop, owner=owner())
    except PreflightError as error:
        for problem in error.problems or (error.text,):
            journal.emit("failed", problem, data={"hint": error.hint})
        return Result(str(error), error.exit_code)
    except TlswrightError as error:
        host = getattr(error, "host", "")
        journal.emit("failed", error.text, host=host, state="failed", data={"hint": error.hint})
        return Result(str(error), error.exit_code)
    except OSError as error:
        text = f"this machine refuses: {error.strerror or error}"
        place = f": {error.filename}" if error.filename else ""
        with suppress(OSError):
            journal.emit("failed", f"{text}{place}", data={"hint": DISK})
        return Result(f"{text}{place}; {DISK}", Exit.MIXED, ("tlswright apply",))
    except Exception as error:
        # A bug: the trace, without locals, goes to the 0600 log of this run, never to a screen.
        traceback.print_exc()
        journal.emit(
            "failed", f"a bug in tlswright: {type(error).__name__}: {calm(str(error), 300)}"
        )
        return Result(f"stopped by a bug; see {places.run(run) / 'worker.log'}", Exit.BUG)


def owner() -> str:
    """Say who runs this, for locks on hosts."""
    return f"{user_name()}@{socket.gethostname()} pid {os.getpid()}"


def _holder(verb: str, run: str) -> Holder:
    since = utc_now().isoformat(timespec="seconds")
    return Holder(user_name(), socket.gethostname(), os.getpid(), since, verb, run)


def _catch_signals(on_ask: object) -> None:
    def ask(number: int, frame: FrameType | None) -> None:
        assert callable(on_ask)
        on_ask("stop-now")

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


__all__ = ["main", "owner", "utc_now"]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
