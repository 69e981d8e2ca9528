"""Let the product prove a link, on a host, until it holds or the time is over."""

from __future__ import annotations

from collections.abc import Callable

from app.errors import TlswrightError
from app.findings import Finding, Verdict
from app.kinds.base import Proof
from app.quoting import calm
from app.verify.checks import Probes
from app.verify.whys import why

_EVERY, _SHARE = 1.0, 0.1
"""The pause grows with the wait: a product's own tools take seconds of a core for each call."""


def prove(
    proof: Proof, probes: Probes, halted: Callable[[], bool], since: float | None = None
) -> Finding:
    """Repeat the proof's command until it holds, or waiting is useless; the last evidence is told.

    Its time began at `since`, else begins now: what one proof of a link has waited, the next need
    not wait again.  Without a connection to the host the proof is skipped, never held.
    """
    remote = probes.remote(proof.host)
    if remote is None:
        return _told(proof, "skip", f"not checked: there is no connection to {proof.host}")
    began = probes.clock() if since is None else since
    deadline = began + proof.seconds
    # Where its time is over it is tried once, and not by an answer from before.
    again = probes.clock() + _EVERY >= deadline
    while True:
        left = deadline - probes.clock()
        try:
            limit = max(5.0, min(30.0, left))
            output = probes.answers.run(remote, proof.command, limit, anew=again)
        except TlswrightError as error:
            return _told(proof, "skip", f"not checked: {error.text}")
        holds, evidence = proof.judge(output)
        if holds:
            return _told(proof, "ok", evidence)
        if output.code == proof.useless:
            return _told(proof, "fail", evidence)
        now = probes.clock()
        every = max(_EVERY, _SHARE * (now - began))
        if now + every >= deadline:
            return _told(proof, "fail", f"{evidence} (waited {proof.seconds} s)")
        if halted():
            return _told(proof, "skip", f"not checked to the end: {evidence}")
        probes.pause(every)
        again = True


def prove_why(
    proof: Proof,
    kind: str,
    probes: Probes,
    halted: Callable[[], bool],
    since: float | None = None,
) -> tuple[Finding, bool]:
    """Prove, and where it does not hold let the product say why.

    The second value tells whether the cause is known, so that no log need be searched for it.
    """
    return why(prove(proof, probes, halted, since), proof, kind, probes)


def _told(proof: Proof, verdict: Verdict, evidence: str) -> Finding:
    return Finding(proof.link.id, proof.title, verdict, calm(evidence, 500), source=proof.host)
