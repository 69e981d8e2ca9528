"""Carry a member through the host transaction: one process, one word per barrier."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable
from typing import Final, Literal, get_args

from app.errors import HostError
from app.quoting import calm
from app.remote.base import Ack, Barrier, Member
from app.remote.pace import SLOWEST
from app.remote.process import LOST, Process

State = Literal[
    "staged", "stopped", "switched", "started", "waiting", "checked", "failed", "held",
    "committed", "restored", "restored-down", "untouched", "unknown",
]  # fmt: skip
_STATES: Final[dict[str, State]] = {state: state for state in get_args(State)}
_ANSWER: Final = re.compile(r"A (ok|no) (\S+) (\S+) ?(.*)")
_LOG_LINES: Final = 400


class HostTransaction:
    """Send each word once and read its answer.

    Between the words a ping tells the host that the control side lives; a control side that hangs
    or is stopped sends none, and the host undoes by itself after `silence_seconds`.
    """

    def __init__(
        self, process: Process, member: Member, opening: bytes, *, ping: bool = True
    ) -> None:
        self._process = process
        self._member = member
        self._opening = opening
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._ping = ping
        self._pinging: threading.Thread | None = None
        self._end = "the transaction is over"

    def advance(self, barrier: Barrier) -> Ack:
        """Send a word and wait for the answer; a lost connection is an Ack with state unknown.

        Every later word has the same answer: whoever asks last is told too why it ended.
        """
        if self._over.is_set():
            return Ack(False, barrier, "unknown", self._end)
        word = f"{barrier}\n".encode()
        opening, self._opening = self._opening, b""
        with self._lock:
            self._process.send(opening + word, 120.0)
        ack = read_ack(self._process, barrier, self._deadline() + len(opening) / SLOWEST)
        self._process.hush()
        if ack.ok and ack.barrier != barrier:
            text = f"the host answered {ack.barrier} to {barrier}"
            ack = Ack(False, barrier, "unknown", text, ack.log)
        over = not ack.ok and ack.state != "failed"
        if over:
            self._end = ack.text or self._end
        if over or ack.state == "committed" or barrier == "rollback":
            self.close()
        elif self._ping and self._pinging is None:
            self._pinging = threading.Thread(target=self._keep_talking, daemon=True)
            self._pinging.start()
        return ack

    def close(self) -> None:
        """Hang up; before hold the host undoes by itself."""
        self._over.set()
        self._process.close()

    def _keep_talking(self) -> None:
        seconds = max(0.2, self._member.silence_seconds / 4)
        while not self._over.wait(seconds):
            with self._lock:
                # A line that is stuck may come back: only the host's end or ours ends the pings.
                if self._over.is_set() or self._process.ended:
                    return
                self._process.send(b"ping\n", max(5.0, seconds))

    def _deadline(self) -> float:
        m = self._member
        once = m.stop_seconds + m.start_seconds + m.check_seconds + 5 * m.settle_seconds
        return 2.0 * once + 30.0 * len(m.entries) + 120.0


def read_ack(process: Process, barrier: str, seconds: float) -> Ack:
    """Read log lines up to an answer; what makes no sense or does not come is `unknown`."""
    log: deque[str] = deque(maxlen=_LOG_LINES)
    try:
        for line in process.lines(seconds):
            if line.startswith("L "):
                log.append(line[2:2002])
            elif found := _ANSWER.fullmatch(line):
                state = _STATES.get(found[3], "unknown")
                ok = found[1] == "ok" and state != "unknown"
                return Ack(ok, calm(found[2], 20), state, calm(found[4], 1000), _calmed(log))
        said = process.said()
        text = LOST if process.begun or not said else f"the host did not run our script: {said}"
    except TimeoutError:
        text = f"no answer within {seconds:.0f} seconds"
    except (HostError, OSError, EOFError) as error:
        text = f"{LOST}: {calm(str(error), 200)}"
    return Ack(False, barrier, "unknown", text, _calmed(log))


def _calmed(log: Iterable[str]) -> tuple[str, ...]:
    return tuple(calm(line, 1000) for line in log)
