"""Carry out a plan: step by step, each host a transaction, a gate of probes behind each wave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from app.engine.barriers import Group, Outcome, opened
from app.engine.control import StopFlag
from app.engine.failing import tell
from app.engine.gather import Gathered
from app.engine.journal import Clock, Journal
from app.engine.keyring import Keyring
from app.engine.members import Built, build
from app.engine.proving import Prover
from app.errors import Exit, TlswrightError
from app.findings import Finding
from app.kinds.resources import KeyWant
from app.plan.deployed import Deployed
from app.plan.plan import Plan, Step, Wave
from app.plan.words import proven_words, step_holds, still_held


@dataclass(frozen=True, slots=True)
class Result:
    """Say how a run ended: in words, with an exit code and the commands that come next."""

    text: str
    exit: Exit
    next: tuple[str, ...] = ()


@dataclass(slots=True)
class Runner:
    """Hold what a run needs, all of it passed in, and what it has done so far."""

    run: str
    owner: str
    journal: Journal
    clock: Clock
    stop: StopFlag
    gathered: Gathered
    keyring: Keyring
    deployed: Deployed
    save: Callable[[Deployed], None]
    prover: Prover
    actual: dict[tuple[str, str], str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    held: str = ""

    def carry_out(self, plan: Plan) -> Result:
        """Carry out every wave; stops at the first step that fails, which has undone itself."""
        self._issue(plan)
        if not any(wave.phase == "guard" for wave in plan.waves):
            # What a lost run has held is let go only.
            self.held = next((step_holds(s) for s in plan.steps if s.phase == "free"), "")
        for index, wave in enumerate(plan.waves, 1):
            data = {"index": index, "count": len(plan.waves)}
            self.journal.emit("wave", wave.title, data=data)
            result = self._wave(plan, wave)
            if result is not None:
                return result
            if index < len(plan.waves) and wave.phase != "guard":
                failed = [f for f in self._verify() if f.verdict == "fail"]
                if failed:
                    return self._gate(wave, failed)
        return Result("done", Exit.OK)

    def _issue(self, plan: Plan) -> None:
        """Issue every new leaf before the first step: RSA keys take time, and threads help."""
        self.keyring.save()
        leaves = {
            want.credential: (part.node.host, want.spec)
            for step in plan.steps
            for part in step.members
            for want in (change.resource.want for change in part.changes)
            if isinstance(want, KeyWant)
        }
        shown = frozenset(
            record.facts.sha256
            for step in plan.steps
            for part in step.members
            if (record := self.deployed.node(part.node.kind, part.node.host)) and record.facts
        )
        with ThreadPoolExecutor(max_workers=8) as pool:
            now = self.clock()
            issued = pool.map(
                lambda name: self.keyring.issue(name, leaves[name][1], now, shown), leaves
            )
            for (host, _), credential in zip(leaves.values(), issued, strict=True):
                if credential.clipped:
                    end = f"{credential.facts().not_after:%Y-%m-%d}"
                    text = f"its certificate ends with the CA, on {end}: earlier than asked for"
                    self.journal.emit("log", text, host=host)
        self.keyring.save()

    def _wave(self, plan: Plan, wave: Wave) -> Result | None:
        for step in wave.steps:
            if self.stop.asked:
                return self._stopped()
            outcome = self._step(plan, step)
            if outcome.cancelled:
                return self._stopped()
            if not outcome.held or outcome.late:
                return self._failed(step, outcome)
            self.done.append(step.id)
            if step.phase in ("guard", "free"):
                self.held = step_holds(step) if step.phase == "guard" else ""
        return None

    def _step(self, plan: Plan, step: Step) -> Outcome:
        built = {
            part.node.host: build(
                step, part, self.run, self.owner, self.keyring, self.deployed, self.actual,
                self.clock().isoformat(timespec="seconds"),
            )
            for part in step.members
        }  # fmt: skip
        members = {host: b.member for host, b in built.items()}
        transactions = opened(self.gathered.remotes, members, self.journal, step.id)
        group = Group(step.id, members, transactions, self.journal, self.stop)
        try:
            outcome = group.carry(
                lambda: self._judge(step, built), lambda: self._decide(step, built)
            )
        finally:
            group.close()
        if outcome.held:
            self._held(built, {h for h, ack in outcome.acks.items() if ack.state == "unknown"})
        for host, ack in outcome.acks.items():
            if outcome.held and ack.ok:
                text = proven_words(len(built[host].files), built[host].node.activation)
                self.journal.emit("step", text, host=host, step=step.id, state="done")
        return outcome

    def _judge(self, step: Step, built: Mapping[str, Built]) -> Mapping[str, str]:
        """Look from outside: is the new certificate served, and are the links up.

        Nothing that a link needs has changed in the first step of a framed change.
        """
        wrong: dict[str, str] = {}
        if step.phase == "guard":
            return wrong
        for host, one in built.items():
            self.journal.emit(
                "step", "looking from outside", host=host, step=step.id, state="checking"
            )
            problem = self.prover.served(one.node.node, one.record)
            if problem:
                wrong[host] = problem
        if wrong:
            return wrong
        finished = frozenset(self.done) | {step.id}
        for finding in self.prover.links_of(step.hosts, finished):
            self._found(finding)
            if finding.verdict == "fail":
                host = finding.source or step.hosts[0]
                wrong[host if host in built else step.hosts[0]] = _sentence(finding)
        return wrong

    def _decide(self, step: Step, built: Mapping[str, Built]) -> None:
        self.save(self.deployed.with_pending(*(b.record for b in built.values())))
        for host, one in built.items():
            data: dict[str, Any] = {
                "transaction": one.member.id,
                "files": {path: list(pair) for path, pair in one.files.items()},
                "node": one.record.key,
                "phase": step.phase,
                "holds": step_holds(step),
            }
            self.journal.emit(
                "intent",
                "proven: decided to keep the new files",
                host=host,
                step=step.id,
                data=data,
            )

    def _held(self, built: Mapping[str, Built], lost: Collection[str]) -> None:
        """Record what is held; of hosts `lost` before they said so the next run finds out."""
        kept = {host: one for host, one in built.items() if host not in lost}
        pending = (built[host].record for host in lost)
        self.deployed = self.deployed.with_nodes(*(b.record for b in kept.values()))
        self.deployed = self.deployed.with_pending(*pending)
        try:
            self.save(self.deployed)
        except TlswrightError as error:
            error.exit_code = Exit.MIXED
            error.hint = "The host keeps its new files; make room here, and the next apply goes on."
            raise
        for host, one in kept.items():
            for path, (_, after) in one.files.items():
                self.actual[(host, path)] = after
            self.prover.learn(one.node.node, one.record)

    def _verify(self) -> list[Finding]:
        found = []
        for finding in self.prover.everything():
            self._found(finding)
            found.append(finding)
        return found

    def verify(self) -> list[Finding]:
        """Probe every link; the findings go to the journal and are returned."""
        return self._verify()

    def _found(self, finding: Finding) -> None:
        self.journal.emit("finding", data=finding.to_dict())

    def _failed(self, step: Step, outcome: Outcome) -> Result:
        down = tell(self.journal, self.prover, step.id, outcome)
        names = ", ".join(outcome.failed)
        following = (
            ("tlswright apply",) if not self.done else ("tlswright apply", self._undo_word())
        )
        held = self._held_words()
        if outcome.late:
            text = f"the new files are kept, but {names} was lost before it said so: apply finishes"
            return Result(text + held, Exit.MIXED, following)
        if down:
            text = f"failed at {names}: look at {', '.join(down) or names}"
            return Result(text + held, Exit.MIXED, following)
        text = f"failed at {names}, which has its old state back"
        return Result(text + held, Exit.FAILED, following)

    def _gate(self, wave: Wave, failed: list[Finding]) -> Result:
        text = f"stopped after '{wave.title}': {_sentence(failed[0])}"
        return Result(
            text + self._held_words(), Exit.FINDINGS, ("tlswright verify", self._undo_word())
        )

    def _stopped(self) -> Result:
        if not self.done:
            return Result(
                "stopped before anything was changed", Exit.CANCELLED, ("tlswright apply",)
            )
        words = f"stopped after step {self.done[-1]}: what is done stays, the rest was not begun"
        return Result(
            words + self._held_words(), Exit.MIXED, ("tlswright apply", self._undo_word())
        )

    def _held_words(self) -> str:
        """Say that what the first step of a framed change holds is held on."""
        return f"; {still_held(self.held)}" if self.held else ""

    def _undo_word(self) -> str:
        return f"tlswright rollback {self.run}"


def _sentence(finding: Finding) -> str:
    parts = [f"{finding.subject}: {finding.tried}: {finding.evidence}", finding.cause]
    return "; ".join(part for part in parts if part)
