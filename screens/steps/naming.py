"""What was found of the hosts' names, beside those that were answered.  Pure but for the draft."""

from __future__ import annotations

from app.site.convert import Problem
from app.site.draft import DraftHost
from app.site.naming import dialled_first, with_first
from screens.rows import names_problem
from screens.state import State


def further_names(state: State, host: DraftHost) -> tuple[str, ...]:
    """Give the names and addresses that a host has for itself and that are not listed."""
    check = state.checks.get(host.name)
    words = (check.facts.get("names", "") if check else "").replace(",", " ").split()
    listed = {*host.names, *(() if host.names else (host.address,))}
    return tuple(w for w in dict.fromkeys(words) if w not in listed and not names_problem(w))


def first_missing(state: State, host: DraftHost) -> tuple[str, ...]:
    """Give the names by which the product is dialled, where another one comes first."""
    check = state.checks.get(host.name)
    if check is None or not check.names:
        return ()
    now = dialled_first(state.draft, state.edges.kinds).get(host.name, "")
    return () if now == check.names[0] else check.names


def names_missing(state: State) -> tuple[Problem, ...]:
    """Say for which hosts another name comes first than the one that is dialled."""
    found = []
    for host in state.draft.hosts:
        if first := first_missing(state, host):
            text = f"peers dial {host.name} as {first[0]}: that name must come first"
            names = ", ".join((*first, *(host.names or (host.address,))))
            found.append(Problem("names", "names", text, names, host.name))
    return tuple(found)


def take_names(state: State) -> int:
    """Let hosts without any name have those of the product, once each; gives how many took some."""
    draft, taken = state.draft, 0
    for host in state.draft.hosts:
        first = first_missing(state, host)
        if first and not host.names and host.name not in state.named:
            state.named.add(host.name)
            draft = with_first(draft, host.name, first)
            taken += 1
    state.change(draft)
    return taken
