"""Tell of a step that was not kept: each host's own words, what explains them, what stands now."""

from __future__ import annotations

from collections.abc import Mapping

from app.engine.barriers import Outcome
from app.engine.journal import Journal
from app.engine.proving import Prover

HINTS: Mapping[str, str] = {
    "restored": "Its old files are back and the service runs with them.",
    "restored-down": "Its old files are back, but the service did not come up again.",
    "untouched": "Nothing was changed on this host.",
    "held": "The new files are in place; the next apply finishes this host.",
    "unknown": "The connection was lost: the host undoes by itself; the next apply looks.",
}
"""What stands on a host, by the state that it ended in."""

LATE = "Whether it keeps the new files is not known yet: the next apply looks, and finishes."


def tell(journal: Journal, prover: Prover, step: str, outcome: Outcome) -> tuple[str, ...]:
    """Write what became of every host into the journal; gives those that somebody must look at."""
    for host, text in outcome.failed.items():
        ack = outcome.acks.get(host)
        state = ack.state if ack else ""
        lines = (text, *(ack.log if ack else ()))
        # Of a host that was lost the log tells of other things.
        seen = state not in ("untouched", "unknown")
        explanation = prover.explain(host, lines, touched=seen)
        hint = LATE if outcome.late and state == "unknown" else HINTS.get(state, "")
        data = {"hint": hint, "explanation": explanation}
        journal.emit("failed", text, host=host, step=step, state="failed", data=data)
    for host, ack in outcome.acks.items():
        if host in outcome.failed or outcome.held:
            continue
        if ack.ok:
            journal.emit("step", "put back", host=host, step=step, state="restored")
        else:
            text = f"could not be put back: {ack.text or ack.state}"
            data = {"hint": HINTS.get(ack.state, ""), "explanation": ""}
            journal.emit("failed", text, host=host, step=step, state="failed", data=data)
    return tuple(h for h, a in outcome.acks.items() if a.state in ("restored-down", "unknown"))
