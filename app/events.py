"""What happened: the only thing that front ends and the journal read.

Each event is one frozen record with the run, a sequence number and the time (ISO 8601, UTC).  A
line of `journal.jsonl` is exactly `to_line(event)`; `fold` turns any number of events, live or
replayed, into a RunView.  No event holds a secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

VERSION = 1

EventKind = Literal[
    "run-started",  # text: verb; data: hosts (list), waves, pid, title
    "connected",  # host
    "observed",  # host; data: facts
    "planned",  # data: plan id, steps: [{id, wave, hosts, changes, restart}]
    "wave",  # text: title; data: index, count
    "intent",  # step, hosts; written and fsynced before a barrier that cannot be taken back by us
    "step",  # host, step, state, text: what is going on
    "log",  # host, text: a calmed line from the host or from us
    "finding",  # data: Finding as dict
    "failed",  # host, step, text, data: hint, explanation
    "asked",  # text: stop | stop-now
    "run-ended",  # text: result; data: exit, next
]

HostState = Literal[
    "waiting", "connecting", "observing", "unchanged", "staging", "stopping", "switching",
    "starting", "checking", "holding", "done", "restored", "failed", "skipped",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Record one thing that happened."""

    kind: EventKind
    run: str
    seq: int
    time: str
    host: str = ""
    step: str = ""
    state: str = ""
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    version: int = VERSION


def to_line(event: Event) -> str:
    """Give the event as one line of JSON, without the line end; empty fields are left out."""
    kept = {key: value for key, value in asdict(event).items() if value not in ("", {})}
    return json.dumps(kept, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def from_line(line: str) -> Event | None:
    """Read a line of a journal; a torn or foreign line gives None."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict) or not {"kind", "run", "seq", "time"} <= found.keys():
        return None
    known = {f.name: _TYPES.get(f.name, str) for f in fields(Event)}
    kept = {key: value for key, value in found.items() if key in known}
    if not all(isinstance(value, known[key]) for key, value in kept.items()):
        return None
    return Event(**kept)


_TYPES: dict[str, type] = {"seq": int, "version": int, "data": dict}


@dataclass(frozen=True, slots=True)
class HostView:
    """Show where one host stands in a run."""

    name: str
    state: HostState = "waiting"
    step: str = ""
    text: str = ""
    since: str = ""
    done: int = 0
    steps: int = 0
    changed: int = 0
    error: str = ""
    hint: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class RunView:
    """Show a run as its events tell it."""

    run: str = ""
    verb: str = ""
    started: str = ""
    updated: str = ""
    ended: str = ""
    result: str = ""
    exit: int | None = None
    plan: str = ""
    wave: str = ""
    wave_index: int = 0
    waves: int = 0
    pid: int = 0
    stop: str = ""
    held: str = ""
    """What a framed change holds until a later run has gone to its end; see Activation.holds."""
    next: tuple[str, ...] = ()
    hosts: dict[str, HostView] = field(default_factory=dict)
    log: tuple[tuple[str, str, str], ...] = ()
    """(time, host, text), the newest last, bounded."""
    findings: tuple[dict[str, Any], ...] = ()
    seq: int = -1

    @property
    def over(self) -> bool:
        """Tell whether the run has ended."""
        return self.exit is not None


LOG_LINES = 2000


def fold(events: Iterable[Event], view: RunView | None = None) -> RunView:
    """Fold events onto a view; the same event twice counts once."""
    current = view or RunView()
    for event in events:
        if event.seq > current.seq:
            current = _step(current, event)
    return current


def _step(view: RunView, event: Event) -> RunView:
    view = replace(view, run=event.run, seq=event.seq, updated=event.time)
    if event.kind == "run-started":
        hosts = {name: HostView(name) for name in event.data.get("hosts", [])}
        return replace(
            view,
            verb=event.text,
            started=event.time,
            hosts=hosts,
            pid=int(event.data.get("pid", 0)),
        )
    if event.kind == "planned":
        return _planned(view, event)
    if event.kind == "wave":
        return replace(
            view,
            wave=event.text,
            wave_index=int(event.data.get("index", 0)),
            waves=int(event.data.get("count", 0)),
        )
    if event.kind == "finding":
        return replace(view, findings=(*view.findings, event.data))
    if event.kind == "asked":
        return replace(view, stop=event.text)
    if event.kind == "run-ended":
        return replace(
            view, ended=event.time, result=event.text, exit=int(event.data.get("exit", 1)),
            next=tuple(event.data.get("next", ())),
        )  # fmt: skip
    if event.kind == "intent":
        view = replace(view, held=_held(view, event))
    return _host_event(view, event)


def _held(view: RunView, event: Event) -> str:
    """Say what is held behind a step: its first phase holds, its last lets go (app.plan.phases)."""
    phase = event.data.get("phase", "")
    if phase == "guard":
        return str(event.data.get("holds", ""))
    return "" if phase == "free" else view.held


def _planned(view: RunView, event: Event) -> RunView:
    counts: dict[str, int] = {}
    changed: dict[str, int] = {}
    phases = {step.get("phase", ""): step for step in event.data.get("steps", [])}
    # An earlier run held what this one is to let go, and did not come to its end.
    left = {} if "guard" in phases else phases.get("free", {})
    held = str(left.get("holds", ""))
    for step in event.data.get("steps", []):
        for host in step.get("hosts", []):
            counts[host] = counts.get(host, 0) + 1
            changed[host] = changed.get(host, 0) + int(step.get("changes", {}).get(host, 0))
    hosts = {
        name: replace(host, steps=counts.get(name, 0), changed=changed.get(name, 0))
        for name, host in view.hosts.items()
    }
    return replace(view, plan=str(event.data.get("plan", "")), hosts=hosts, held=held)


def _host_event(view: RunView, event: Event) -> RunView:
    log = view.log
    if event.text:
        log = (*log, (event.time, event.host, event.text))[-LOG_LINES:]
    if not event.host or event.kind == "log":
        return replace(view, log=log)
    host = view.hosts.get(event.host, HostView(event.host))
    if event.kind == "failed":
        host = replace(
            host,
            state=_state(event.state, "failed"),
            step=event.step,
            error=event.text,
            since=event.time,
            hint=str(event.data.get("hint", "")),
            explanation=str(event.data.get("explanation", "")),
        )
    elif event.kind in ("step", "connected", "observed"):
        done = host.done + (1 if event.state == "done" and event.step else 0)
        host = replace(
            host,
            state=_state(event.state, host.state),
            step=event.step or host.step,
            text=event.text,
            since=event.time,
            done=done,
        )
    return replace(view, log=log, hosts={**view.hosts, event.host: host})


_STATES: frozenset[str] = frozenset(HostState.__args__)  # type: ignore[attr-defined]


def _state(text: str, default: HostState) -> HostState:
    return text if text in _STATES else default  # type: ignore[return-value]
