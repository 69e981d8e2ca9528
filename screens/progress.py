"""Turn a run's view into the rows and lines of the run screen: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.events import Event, HostView, RunView
from screens.words import WEIGHT, between, clock, count, moment

OVER = frozenset({"done", "unchanged", "restored", "failed", "skipped"})
VERBS = {"apply": "Applying to", "rotate": "Rotating on", "rollback": "Rolling back"}


def part(host: HostView) -> float:
    """Give how much of its work a host has done, from 0 to 1."""
    if host.state == "unchanged" or (host.state == "done" and host.done >= host.steps):
        return 1.0
    if not host.steps:
        return 1.0 if host.state == "done" else WEIGHT.get(host.state, 0.0)
    return min(1.0, (host.done + WEIGHT.get(host.state, 0.0)) / host.steps)


def standing(view: RunView, host: HostView) -> str:
    """Give the state to show.

    When the run is over, what was only looked at was skipped; once the order is known, what was
    only looked at waits for its turn, or has none.
    """
    if host.state not in ("waiting", "connecting", "observing"):
        return host.state
    if view.over:
        return "skipped"
    return host.state if not view.plan else "waiting" if host.steps else "unchanged"


def whole(view: RunView) -> float:
    """Give how much of the run is done, from 0 to 1, each host weighing as its steps."""
    if not view.hosts:
        return 0.0
    weights = {name: max(1, host.steps) for name, host in view.hosts.items()}
    done = sum(part(host) * weights[name] for name, host in view.hosts.items())
    return done / sum(weights.values())


def title(view: RunView, site: str) -> str:
    """Give the run in one line."""
    if view.over:
        return f"{view.verb.capitalize() or 'Run'}: {outcome(view)}"
    return f"{VERBS.get(view.verb, 'Running on')} {site}"


def outcome(view: RunView) -> str:
    """Say in a few words how a run ended."""
    failed = [name for name, host in view.hosts.items() if host.state == "failed"]
    restored = [name for name, host in view.hosts.items() if host.state == "restored"]
    if view.exit == 0:
        return f"done, {count(len(view.hosts), 'host')}"
    if view.stop and not failed:
        return "stopped as you asked"
    if restored and not failed:
        return f"stopped; {', '.join(restored)} put back as before"
    return f"stopped: {', '.join(failed)} failed" if failed else f"stopped: {view.result}"


def elapsed(view: RunView, now: datetime) -> str:
    """Give the run's time."""
    return clock(between(view.started, moment(view.ended) or now))


def finished(view: RunView) -> int:
    """Count the hosts that are over."""
    return sum(host.state in OVER for host in view.hosts.values())


class Times:
    """Remember when each host began and ended, as a view tells only the last change."""

    def __init__(self) -> None:
        self.began: dict[str, str] = {}
        self.ended: dict[str, str] = {}

    def feed(self, events: Iterable[Event]) -> None:
        """Learn from events."""
        for event in events:
            if not event.host or event.kind not in ("step", "failed") or event.state == "waiting":
                continue  # to be looked at, and to wait for one's turn, takes no time of a host's
            self.began.setdefault(event.host, event.time)
            if event.kind == "failed" or event.state in OVER:
                self.ended[event.host] = event.time
            else:
                self.ended.pop(event.host, None)

    def shown(self, host: str, now: datetime) -> str:
        """Give a host's time, running until it is over."""
        if host not in self.began:
            return ""
        end = moment(self.ended.get(host, "")) or now
        return clock(between(self.began[host], end))
