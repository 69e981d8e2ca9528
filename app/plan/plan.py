"""The plan: changes ordered into phases of per-host steps; data that can be shown and saved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.kinds.resources import Activation
from app.model import Node, Site
from app.pki.spec import IssueSpec
from app.plan.diff import Change
from app.plan.phases import PhaseName

WAITING = "outside CA"
"""The name of every check that tells what is waited for."""
CHANGE = "change of the CA"
"""The name of every check that tells whom the second wave of such a change waits for."""


@dataclass(frozen=True, slots=True)
class NodeStep:
    """Hold one node's part of a step.

    `leaf` is the spec of the new credential where the node gets one; `trust` are the entries its
    trust store holds afterwards; `reason` says why it restarts when no file changes.
    """

    node: Node
    changes: tuple[Change, ...]
    activation: Activation = field(repr=False)
    leaf: IssueSpec | None = None
    trust: tuple[tuple[str, str], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Change one group of nodes in one transaction; nearly always one node."""

    id: str
    phase: PhaseName
    members: tuple[NodeStep, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        """Give the hosts of the step."""
        return tuple(m.node.host for m in self.members)

    @property
    def outage_seconds(self) -> int:
        """Give the expected outage of the step's nodes."""
        return max((m.activation.outage_seconds for m in self.members), default=0)


@dataclass(frozen=True, slots=True)
class Wave:
    """Hold the steps of one phase, done one after the other, with every link verified behind it."""

    phase: PhaseName
    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Hold one named check before a run; `fail` forbids the run on this host."""

    host: str
    name: str
    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold everything a run will do, and what was found before it."""

    site: Site
    waves: tuple[Wave, ...]
    checks: tuple[Check, ...] = ()
    unfinished: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    layouts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Give all steps in order."""
        return tuple(step for wave in self.waves for step in wave.steps)

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to do."""
        return not self.steps and not any(self.unfinished.values())

    @property
    def problems(self) -> tuple[str, ...]:
        """Give every failed check as a sentence."""
        return tuple(f"{c.host}: {c.text}" for c in self.checks if c.verdict == "fail")

    @property
    def waiting(self) -> tuple[Check, ...]:
        """Give what is said of each host whose certificate an outside CA has still to sign."""
        return tuple(check for check in self.checks if check.name == WAITING)

    @property
    def held_up(self) -> tuple[Check, ...]:
        """Give what is said of each host and client that a change of the CA waits for."""
        return tuple(check for check in self.checks if check.name == CHANGE)

    @property
    def id(self) -> str:
        """Give a short name that changes with anything the plan does."""
        text = json.dumps(self._body(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def to_dict(self) -> dict[str, Any]:
        """Give the plan as plain data: specs, digests and masked diffs, never bytes."""
        return {"version": 1, "id": self.id, **self._body()}

    def _body(self) -> dict[str, Any]:
        return {
            "site": self.site.name,
            "waves": [
                {"phase": w.phase, "title": w.title, "steps": [_step_dict(s) for s in w.steps]}
                for w in self.waves
            ],
            "unfinished": {host: list(ids) for host, ids in self.unfinished.items() if ids},
            "checks": [
                {"host": c.host, "name": c.name, "verdict": c.verdict, "text": c.text}
                for c in self.checks
                if c.verdict != "ok"
            ],
            "layouts": {host: dict(facts) for host, facts in self.layouts.items()},
        }


def _step_dict(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "outage_seconds": step.outage_seconds,
        "members": [_member_dict(m) for m in step.members],
    }


def _member_dict(member: NodeStep) -> dict[str, Any]:
    return {
        "host": member.node.host,
        "kind": member.node.kind,
        "role": member.node.role,
        "reason": member.reason,
        "commands": [list(pair) for pair in member.activation.own],
        "leaf": member.leaf.to_dict() if member.leaf else None,
        "trust": [list(entry) for entry in member.trust],
        "changes": [
            {
                "path": c.path,
                "label": c.label,
                "action": c.action,
                "reason": c.reason,
                "before": c.before,
                "diff": c.diff,
            }
            for c in member.changes
        ],
    }
