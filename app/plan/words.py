"""Say what a plan does to the services: what restarts, with whom, and for how long.  Pure."""

from __future__ import annotations

from app.kinds.resources import Activation
from app.plan.plan import Plan, Step

REREAD = "the files are read again, nothing restarts"


def count(number: int, noun: str, plural: str = "") -> str:
    """Give a number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def step_words(step: Step) -> str:
    """Say what a step does to its hosts."""
    hosts = len(step.members)
    if not _restarting(step):
        return _told(step) or REREAD
    if hosts == 1:
        return f"restart, about {step.outage_seconds} s"
    return f"all {hosts} stop, then start again, about {step.outage_seconds} s without any of them"


def step_meanwhile(step: Step) -> str:
    """Say what is to be known of the time that a step takes; empty where there is nothing."""
    return " ".join(dict.fromkeys(m.activation.meanwhile for m in step.members)).strip()


def step_holds(step: Step) -> str:
    """Say what the first step of a framed change holds, and its last lets go."""
    return next((m.activation.holds for m in step.members if m.activation.holds), "")


def still_held(what: str) -> str:
    """Say how long that goes on where a run ends in between; empty where nothing is held."""
    return f"{what} until an apply has gone to its end, or a rollback" if what else ""


def idle_words(plan: Plan) -> str:
    """Say why a plan has no step."""
    if plan.held_up:
        names = ", ".join(check.host for check in plan.held_up)
        return f"the change of the CA waits for {names}"
    if not plan.waiting:
        return "every host is as it should be"
    hosts = count(len({c.host for c in plan.waiting} & plan.site.hosts.keys()), "host")
    return f"certificates of {hosts} are waited for from the outside CA"


def restarts(plan: Plan) -> str:
    """Say what restarts: `3 restarts`, `1 restart of 3 together`, `nothing restarts`."""
    sizes = [_restarting(step) for step in plan.steps]
    alone = sum(size == 1 for size in sizes)
    parts = [
        f"{count(sizes.count(size), 'restart')} of {size} together"
        for size in dict.fromkeys(size for size in sizes if size > 1)
    ]
    parts += [count(alone, "restart")] if alone else []
    return " and ".join(parts) or "nothing restarts"


def outage(plan: Plan) -> int:
    """Give the seconds of all restarts, one step after the other."""
    return sum(step.outage_seconds for step in plan.steps)


def plan_words(plan: Plan) -> str:
    """Say a plan in one line."""
    changes = sum(len(m.changes) for step in plan.steps for m in step.members)
    hosts = {host for step in plan.steps for host in step.hosts}
    seconds = f", about {outage(plan)} s" if outage(plan) else ""
    what = f"{count(changes, 'change')} in {count(len(plan.steps), 'step')}"
    return f"{what} on {count(len(hosts), 'host')}: {restarts(plan)}{seconds}"


def proven_words(files: int, activation: Activation) -> str:
    """Say what was done to a node whose step is kept."""
    placed = f"{count(files, 'file')} in place, " if files else ""
    return f"{placed}{taken_up(activation)} and proven"


def taken_up(activation: Activation) -> str:
    """Say how a node took its files up."""
    if activation.restarts:
        return "restarted"
    return activation.told or "read again without a restart"


def _told(step: Step) -> str:
    told = {m.node.role: m.activation.told for m in step.members if m.activation.told}
    words = [f"the {role} is {what}" for role, what in told.items()]
    return f"{', '.join(words)}, nothing restarts" if words else ""


def _restarting(step: Step) -> int:
    return sum(member.activation.restarts for member in step.members)
