"""The product's own proof of a link: the bridge, as the initiator's log tells it.

`Network connection between vm://spoke#1 and ssl://hub… has been established.` comes once a bridge
is up; whatever ends it is logged with the same address or name.  Only lines since the last start
count.  A log that the user configured may hold no such line; then a connection of the broker to its
peer that stays counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from app.kinds.activemq.activation import process
from app.kinds.base import Proof
from app.kinds.resources import Layout
from app.model import Link, Node
from app.observed import Output
from app.quoting import calm, sh
from app.rendering import render_template

GONE = 3
"""What the command ends with where no process of the broker is left to bring a bridge up."""


def proofs(
    nodes: tuple[Node, ...], all_links: tuple[Link, ...], layouts: Mapping[str, Layout]
) -> tuple[Proof, ...]:
    """Ask each initiator's log for its bridges."""
    by_name = {node.name: node for node in nodes}
    found: list[Proof] = []
    for link in all_links:
        node, layout = by_name[link.initiator], layouts.get(link.initiator)
        if layout is None or layout.problems:
            continue
        command = render_template(
            "activemq/bridge.sh.j2",
            **process(layout.facts),
            log=sh(layout.facts["log"]),
            peer=sh(link.name),
            port=link.port,
            acceptor=sh(f"({link.acceptor})"),
            url=sh(_url(link)),
            stands=sh(_stands(link)),
            own_status=str(node.options["status_command"]),
            gone=GONE,
        )
        judge: Callable[[Output], tuple[bool, str]] = partial(judge_bridge, link)
        found.append(Proof(link, node.host, "bridge is up", command, judge, 90, useless=GONE))
    return tuple(found)


def judge_bridge(link: Link, output: Output) -> tuple[bool, str]:
    """Say whether the newest line about a link's bridge says that it is up, with that line."""
    if output.code == GONE:
        return False, "the broker's process is gone"
    newest, up, ever = "", False, False
    for line in output.out.splitlines():
        if "has been established" in line and "Network connection between" in line:
            if _about(line, link):
                newest, up, ever = line, True, True
        elif _ends(line, link):
            newest, up = line, False
    if not ever and _stands(link) in output.out.splitlines():
        return True, f"{_stands(link)} (its log does not say when a bridge comes up)"
    if not newest:
        return False, "the broker's log says nothing of this bridge since its start"
    return up, _message(newest)


def _stands(link: Link) -> str:
    return f"a connection of the broker stands to {link.name}:{link.port}"


def _message(line: str) -> str:
    """Give time and message of a log line, without level, class and thread."""
    parts = [part.strip() for part in line.split(" | ")]
    return calm(f"{parts[0]} {parts[2]}" if len(parts) > 3 else line.strip(), 240)


def _ends(line: str, link: Link) -> bool:
    if f"{link.acceptor} bridge to" in line or f"bridge to {link.acceptor} stopped" in line:
        return True
    words = ("Could not start network bridge", "shutdown due to a", "Error with pending remote")
    return _about(line, link) and any(word in line for word in words)


def _about(line: str, link: Link) -> bool:
    """Tell whether a line names a link's acceptor, and not one whose name begins like it."""
    return f"({link.acceptor})" in line or any(f"{_url(link)}{c}" in line for c in "/:?,)")


def _url(link: Link) -> str:
    return f"ssl://[{link.name}]" if ":" in link.name else f"ssl://{link.name}"
