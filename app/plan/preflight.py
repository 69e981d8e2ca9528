"""Check what was found before a run: named checks, all hosts at once, nothing changed."""

from __future__ import annotations

from collections.abc import Mapping

from app.kinds.resources import Layout
from app.model import Node
from app.observed import HostObservation
from app.pki.names import name_warnings, san_entries
from app.plan.by_hand import left_behind
from app.plan.plan import Check

CLOCK_SECONDS = 300
RESOLVE = "resolve:"
"""The survey's key for "does this host know that name": getent's exit code 2 says no."""
SPACE_BYTES = 16 * 1024 * 1024


def checks(
    nodes: tuple[Node, ...],
    observed: Mapping[str, HostObservation],
    layouts: Mapping[str, Layout],
    by_hand: tuple[Node, ...] = (),
) -> tuple[Check, ...]:
    """Give every check of every node's host: ok, warn or fail, with a sentence.

    Nodes that are reached by hand are compared with the others, as they are taken to be.
    """
    found: list[Check] = []
    for node in nodes:
        seen, layout = observed[node.host], layouts[node.host]
        found += [_clock(seen), _space(seen), *_product(node, layout), *_names(seen)]
        found += _login(seen)
        if seen.unfinished:
            ids = ", ".join(seen.unfinished)
            text = f"an earlier run was cut off ({ids}); apply resolves it first"
            found.append(Check(node.host, "unfinished", "warn", text))
    everyone = (*nodes, *by_hand)
    found += left_behind(nodes, by_hand, layouts)
    return (*found, *_shared(everyone, layouts), *_company(everyone, layouts))


def _login(seen: HostObservation) -> list[Check]:
    found = [Check(seen.host, "login", "warn", text) for text in seen.cautions]
    if seen.powerless:
        text = (
            f"logged in as {seen.user or 'nobody'}, who may change nothing there: log in as root, "
            "or let this user use sudo (privilege: sudo)"
        )
        found.append(Check(seen.host, "login", "fail", text))
    return found


def _names(seen: HostObservation) -> list[Check]:
    unknown = [k.removeprefix(RESOLVE) for k, o in seen.outputs.items()
               if k.startswith(RESOLVE) and o.code == 2]  # fmt: skip
    return [
        Check(
            seen.host, "names", "fail",
            f"it does not know the name {name} that it is to dial: add it to DNS or to its "
            "/etc/hosts, or give the peer a name that it knows",
        )
        for name in unknown
    ]  # fmt: skip


def _shared(nodes: tuple[Node, ...], layouts: Mapping[str, Layout]) -> list[Check]:
    """Refuse two nodes with one value of what must be unique."""
    owners: dict[tuple[str, str], str] = {}
    found: list[Check] = []
    for node in nodes:
        for what, value in layouts[node.host].unique.items():
            first = owners.setdefault((what, value), node.host)
            if first != node.host:
                text = f"it has the {what} {value}, as {first} has: give one of them another"
                found.append(Check(node.host, what, "fail", text))
    return found


def _company(nodes: tuple[Node, ...], layouts: Mapping[str, Layout]) -> list[Check]:
    """Refuse to change nodes whose peers the site does not know: those would be cut off."""
    if any(layouts[node.host].problems for node in nodes):
        return []
    known = {pair for node in nodes for pair in layouts[node.host].unique.items()}
    return [
        Check(
            node.host, what, "fail",
            f"it is in company of the {what} {value}, which site.yaml does not have: add its host, "
            "or it would be cut off",
        )
        for node in nodes
        for what, values in layouts[node.host].company.items()
        for value in values
        if (what, value) not in known
    ]  # fmt: skip


def names_checks(nodes: tuple[Node, ...]) -> tuple[Check, ...]:
    """Warn of names that some peer's TLS refuses."""
    return tuple(
        Check(node.host, "names", "warn", warning)
        for node in nodes
        for warning in name_warnings(san_entries(node.certified, wildcard=True))
    )


def _clock(seen: HostObservation) -> Check:
    skew = seen.clock_skew
    if abs(skew) > CLOCK_SECONDS:
        text = f"its clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}: set it first"
        return Check(seen.host, "clock", "fail", text)
    return Check(seen.host, "clock", "ok", f"its clock is within {abs(skew):.0f} s")


def _space(seen: HostObservation) -> Check:
    if seen.free_bytes < 0:
        return Check(seen.host, "space", "warn", "how much is free under /var/lib cannot be told")
    free = seen.free_bytes // (1024 * 1024)
    if seen.free_bytes < SPACE_BYTES:
        return Check(seen.host, "space", "fail", f"only {free} MiB are free under /var/lib")
    return Check(seen.host, "space", "ok", f"{free} MiB are free")


def _product(node: Node, layout: Layout) -> list[Check]:
    rows = [Check(node.host, "product", "fail", text) for text in layout.problems]
    rows += [Check(node.host, "product", "warn", text) for text in layout.warnings]
    if not layout.problems:
        rows.insert(0, Check(node.host, "product", "ok", layout.facts.get("product", node.kind)))
    return rows
