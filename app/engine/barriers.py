"""Carry a group of hosts through the barriers of one step, all or none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from app.engine.control import StopFlag
from app.engine.journal import Journal
from app.remote.base import Ack, Barrier, Member, Remote, Transaction

WORDS: Mapping[Barrier, str] = {
    "stage": "staging", "stop": "stopping", "switch": "switching", "start": "starting",
    "check": "checking", "hold": "holding", "commit": "holding", "rollback": "restored",
}  # fmt: skip


SENTENCES: Mapping[Barrier, str] = {
    "stage": "copying the files beside their targets and checking them",
    "stop": "stopping the service",
    "switch": "renaming the files into place",
    "start": "starting the service",
    "check": "waiting until the service is healthy",
    "hold": "telling the host to keep the new files",
    "commit": "tidying up on the host",
    "rollback": "putting the old files back",
}
TAKE_UP = "letting the service take the files up"
"""What a start is where nothing was stopped for it."""


def opened(
    remotes: Mapping[str, Remote], members: Mapping[str, Member], journal: Journal, step: str
) -> dict[str, Transaction]:
    """Begin each member's transaction; what a slow line takes long to copy is told meanwhile."""

    def begin(host: str, member: Member) -> Transaction:
        def tell(text: str) -> None:
            said = f"{SENTENCES['stage']}: {text}"
            journal.emit("step", said, host=host, step=step, state=WORDS["stage"])

        remotes[host].watch(tell)
        return remotes[host].begin(member)

    return {host: begin(host, member) for host, member in members.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Say how a step ended: held everywhere, or undone, and by whom it failed.

    `acks` holds each host's last answer; `failed` the hosts that said no, with their text; `late`
    is true where the decision to hold was made but not every host answered to the end: one whose
    state is `held` keeps the new files, of one that is `unknown` the next run finds out.
    """

    held: bool
    acks: Mapping[str, Ack] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    cancelled: bool = False
    late: bool = False


class Group:
    """Hold the open transactions of one step's members."""

    def __init__(
        self,
        step: str,
        members: Mapping[str, Member],
        transactions: Mapping[str, Transaction],
        journal: Journal,
        stop: StopFlag,
    ) -> None:
        self.step, self.members, self.transactions = step, members, transactions
        self.journal, self.stop = journal, stop
        self._told: dict[str, str] = {}
        self._started: set[str] = set()

    def carry(self, judge: Callable[[], Mapping[str, str]], decide: Callable[[], None]) -> Outcome:
        """Take the group from `stage` to `commit`.

        The services must still be healthy when the outside has been looked at, and have settled.
        `judge` looks from outside after the hosts' own checks and gives what is wrong by host;
        `decide` writes the decision to hold to disk.  Any no before it undoes every member.
        """
        for barrier in self._barriers():
            acks = self._pass(barrier)
            failed = {host: ack.text for host, ack in acks.items() if not ack.ok}
            if failed:
                return self._undo(acks, failed)
            if self.stop.now:
                return self._undo(acks, {}, cancelled=True)
        wrong = judge()
        acks = self._all("check", wrong or None) if self._acts() else {}
        said = {host: ack.text for host, ack in acks.items() if not ack.ok}
        if wrong or said:
            # A service that died is told by its own host, which knows why.
            return self._undo(acks, {**wrong, **said})
        if self.stop.now:
            return self._undo({}, {}, cancelled=True)
        decide()
        return self._keep()

    def close(self) -> None:
        """Hang up on every member."""
        for transaction in self.transactions.values():
            transaction.close()

    def _acts(self) -> bool:
        return any(m.start for m in self.members.values())

    def _barriers(self) -> tuple[Barrier, ...]:
        acts = self._acts()
        steps: list[Barrier] = ["stage"]
        if acts and any(m.stop for m in self.members.values()):
            steps.append("stop")
        steps.append("switch")
        if acts:
            steps += ["start", "check"]
        return tuple(steps)

    def _keep(self) -> Outcome:
        held = self._all("hold")
        done = self._all("commit", {host for host, ack in held.items() if ack.ok})
        # One that is lost behind `hold` keeps the new set.
        kept = {host: ack if ack.ok else replace(ack, state="held") for host, ack in done.items()}
        ended = {**held, **kept}
        lost = {host: ack.text for host, ack in ended.items() if not ack.ok}
        return Outcome(True, ended, lost, late=bool(lost))

    def _pass(self, barrier: Barrier) -> dict[str, Ack]:
        if barrier == "stop":
            return self._in_turn(barrier, self.transactions, halted=lambda: self.stop.now)
        return self._healthy() if barrier == "check" else self._all(barrier)

    def _in_turn(
        self, barrier: Barrier, hosts: Iterable[str], halted: Callable[[], bool] = lambda: False
    ) -> dict[str, Ack]:
        """Ask one host after the other, up to the first that fails, or the user's stop.

        The member of a cluster that stops last knows that the others were gone before, and can
        start without them; of two that stop at once each waits for the other, and for any third.
        """
        acks: dict[str, Ack] = {}
        for host in hosts:
            acks[host] = self._one(host, barrier)
            if not acks[host].ok or halted():
                break
        return acks

    def _healthy(self) -> dict[str, Ack]:
        """Look until every service is healthy, one is not to be, or the user stops.

        Each host holds its own time limit, so that this ends.
        """
        acks = self._all("check")
        while (
            all(ack.ok for ack in acks.values())
            and not self.stop.now
            and (waiting := [host for host, ack in acks.items() if ack.state == "waiting"])
        ):
            acks |= self._all("check", waiting)
        return acks

    def _undo(
        self, acks: Mapping[str, Ack], failed: Mapping[str, str], *, cancelled: bool = False
    ) -> Outcome:
        due = [h for h in self.transactions if h not in acks or acks[h].ok or _waits(acks[h])]
        if len(self.members) > 1:
            self._in_turn("stop", [h for h in due if h in self._started and self.members[h].stop])
        undone = self._all("rollback", due)
        ended = {host: _after(acks.get(host), ack) for host, ack in undone.items()}
        texts = {host: _sentence(text, undone.get(host)) for host, text in failed.items()}
        return Outcome(False, {**acks, **ended}, texts, cancelled=cancelled)

    def _all(self, barrier: Barrier, hosts: Collection[str] | None = None) -> dict[str, Ack]:
        names = [h for h in self.transactions if hosts is None or h in hosts]
        if not names:
            return {}
        with ThreadPoolExecutor(max_workers=len(names)) as pool:
            return dict(zip(names, pool.map(lambda h: self._one(h, barrier), names), strict=True))

    def _one(self, host: str, barrier: Barrier) -> Ack:
        running = barrier == "start" and not self.members[host].stop
        self._tell(host, barrier, TAKE_UP if running else SENTENCES[barrier])
        if barrier == "start":
            self._started.add(host)
        ack = self.transactions[host].advance(barrier)
        if ack.state == "waiting" and ack.text:
            self._tell(host, barrier, f"{SENTENCES[barrier]}: {ack.text}")
        for line in ack.log:
            self.journal.emit("log", line, host=host, step=self.step)
        return ack

    def _tell(self, host: str, barrier: Barrier, text: str) -> None:
        """Say what a host is at, each thing once."""
        told = self._told.get(host, "")
        if told == text or (barrier == "check" and told.startswith(text)):
            return
        self._told[host] = text
        self.journal.emit("step", host=host, step=self.step, state=WORDS[barrier], text=text)


def _waits(ack: Ack) -> bool:
    """Tell whether a host that failed waits for the word to undo."""
    return ack.state == "failed"


def _after(failing: Ack | None, undone: Ack) -> Ack:
    """Give a host's last answer; one that failed keeps its log, which says why."""
    if failing is None or not _waits(failing):
        return undone
    return Ack(False, failing.barrier, undone.state, failing.text, failing.log + undone.log)


def _sentence(text: str, undone: Ack | None) -> str:
    bad = undone is not None and not undone.ok
    return f"{text}; after undoing: {undone.text or undone.state}" if undone and bad else text
