"""What a plan says of hosts that a person brings files to: it does nothing there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.kinds.resources import Layout
from app.model import Node, Site
from app.pki.expiry import due
from app.pki.spec import mismatches
from app.plan.deployed import Deployed, DeployedNode
from app.plan.inputs import Inputs
from app.plan.plan import Check
from app.plan.specs import spec_of
from app.plan.stage import left_over

NAME = "by hand"


def delivery(
    site: Site,
    node: Node,
    recorded: DeployedNode | None,
    now: datetime,
    *,
    rotate: bool,
    kept: str = "",
    closes: bool = False,
    drops: bool = False,
) -> Check:
    """Say how far the delivery to a node's host got, and which command comes next.

    `kept` is the fingerprint of the shared credential that waits for it, empty where none does;
    with `closes` plain listeners are to be closed, once everything has arrived; with `drops` a
    change of the CA is over, and its trust store still holds the old one.
    """
    export = f"tlswright export bundle {node.host}"

    def check(verdict: str, text: str) -> Check:
        return Check(node.host, NAME, verdict, f"nothing is done here: {text}")

    if recorded is None or recorded.spec is None or recorded.facts is None:
        return check("warn", f"a person brings its files; `{export}` makes them")
    if rotate:
        return check("warn", f"a new certificate needs a new bundle: `{export} --new`")
    wrong = mismatches(recorded.spec, spec_of(site, node, recorded))
    if wrong:
        return check("warn", f"its bundle is out of date ({wrong[0]}): `{export}` makes a new one")
    if due(recorded.facts.not_before, recorded.facts.not_after, now):
        end = f"{recorded.facts.not_after:%Y-%m-%d}"
        return check("warn", f"its certificate is due, it ends {end}: `{export}` makes a new one")
    if kept and kept != recorded.facts.sha256:
        text = "it shares its key with others, which have a new one"
        return check("warn", f"{text}: `{export}` makes its bundle")
    if recorded.delivery == "exported":
        text = f"its bundle waits; when it is installed: `{export} --delivered`"
        return check("warn", f"{text}; plain listeners stay open until then" if closes else text)
    if drops:
        text = "its trust store still holds the old CA, which nothing else trusts any more"
        return check("warn", f"{text}: `{export}` makes a bundle without it, with a new key")
    return check("skip", "its files are brought by hand, and are as they should be")


def deliveries(inputs: Inputs, by_hand: tuple[Node, ...], *, closes: bool) -> tuple[Check, ...]:
    """Say how far each delivery got; with `closes` plain listeners are to be closed."""
    site, deployed = inputs.site, inputs.deployed
    return tuple(
        delivery(
            site, node, record := deployed.node(node.kind, node.host), inputs.now,
            rotate=node.name in inputs.intent.rotate, kept=inputs.kept.get(node.shares, ""),
            closes=closes, drops=left_over(site, deployed, record),
        )
        for node in by_hand
    )  # fmt: skip


def stray(
    by_hand: tuple[Node, ...], deployed: Deployed, served: Mapping[str, str]
) -> frozenset[str]:
    """Name the nodes that present something else than what was delivered to them."""
    found: set[str] = set()
    for node in by_hand:
        record, seen = deployed.node(node.kind, node.host), served.get(node.name, "")
        brought = record.facts if record and record.delivery == "delivered" else None
        if brought and seen and seen != brought.sha256:
            found.add(node.name)
    return frozenset(found)


def left_behind(
    nodes: tuple[Node, ...], by_hand: tuple[Node, ...], layouts: Mapping[str, Layout]
) -> list[Check]:
    """Refuse to change nodes while a peer runs that the change would cut off, and nobody stops."""
    owners = {pair: node.host for node in by_hand for pair in layouts[node.host].unique.items()}
    found = {
        (what, value): owners[(what, value)]
        for node in nodes
        for what, values in layouts[node.host].parts_from.items()
        for value in values
        if (what, value) in owners
    }
    return [
        Check(
            host, NAME, "fail",
            f"{value} still runs there as it did, and the others would wait for it in vain: stop "
            f"it and install its bundle first (`tlswright export bundle {host}`)",
        )
        for (_, value), host in found.items()
    ]  # fmt: skip
