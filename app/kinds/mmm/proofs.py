"""The product's own proofs: the monitor's ping of each agent, and what mmm_control is told.

mmm_control ends with 0 whatever happened, and answers nothing at all where it was refused: so only
what it prints counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from app.kinds.base import Proof
from app.kinds.mmm.activation import ping
from app.kinds.mmm.layout import ROW, roles_of, tool
from app.kinds.mmm.topology import AGENT
from app.kinds.resources import Layout
from app.model import Link, Node
from app.observed import Output
from app.quoting import calm, sh
from app.rendering import render_template

SECONDS = 45


def proofs(
    nodes: tuple[Node, ...], links: tuple[Link, ...], layouts: Mapping[str, Layout]
) -> tuple[Proof, ...]:
    """Give the proofs of every link, asked on its initiator's host."""
    by_name = {node.name: node for node in nodes}
    found: list[Proof] = []
    for link in links:
        here, there = layouts.get(link.initiator), layouts.get(link.acceptor)
        if here is None or here.problems or there is None or there.problems:
            continue
        if by_name[link.acceptor].role == AGENT:
            found += _of_agent(link, by_name[link.initiator], here, there)
        else:
            found += _of_monitor(link, by_name[link.initiator])
    return tuple(found)


def _of_agent(link: Link, monitor: Node, here: Layout, there: Layout) -> list[Proof]:
    # What runs an agent that a person brings files to is known from the monitor alone.
    known = {"grammar": here.facts["grammar"], "this": _this(link, here, there)}
    command = render_template(
        "mmm/proof-agent.sh.j2",
        peer=sh(link.name),
        port=link.port,
        folder=sh(here.facts["folder"]),
        word=sh(ping({**there.facts, **known})),
    )
    show = render_template("mmm/proof-show.sh.j2", **tool(monitor))
    name = known["this"]
    before = roles_of(here.facts["roles"]).get(name, ())
    judge = partial(judge_show, name, before)
    host = monitor.host
    return [
        Proof(link, host, "the agent answers the monitor's ping", command, judge_ping, SECONDS),
        Proof(link, host, "the monitor reaches it, roles as before", show, judge, SECONDS),
    ]


def _this(link: Link, here: Layout, there: Layout) -> str:
    """Give MMM's own name of an agent: as it has it itself, else as the monitor has it."""
    pairs = (part.partition(" ") for part in here.facts["hosts"].split("; "))
    return there.facts["this"] or next(
        (name for name, _, ip in pairs if ip and ip in (link.name, there.facts["ip"])), ""
    )


def _of_monitor(link: Link, control: Node) -> list[Proof]:
    command = render_template("mmm/proof-ping.sh.j2", **tool(control))
    title = "mmm_control is answered"
    return [Proof(link, control.host, title, command, judge_control, SECONDS)]


def judge_ping(output: Output) -> tuple[bool, str]:
    """Say whether the agent answered its own ping through TLS."""
    said = output.out.splitlines()
    if any(line.startswith("said OK") for line in said):
        return True, "OK: Pinged!, through TLS"
    return False, calm(output.last, 300) or "no answer"


def judge_show(name: str, before: tuple[str, ...], output: Output) -> tuple[bool, str]:
    """Say whether the monitor reaches an agent, and has left its roles where they were."""
    lines = output.out.splitlines()
    if any("NOT RUNNING" in line for line in lines):
        # 1.x goes on with what its status file last said.
        return False, calm(lines[0], 300)
    warned = [line for line in lines if line.startswith("# Warning") and _names(line, name)]
    if warned:
        return False, calm(warned[0], 300)
    row = next((m for m in map(ROW.fullmatch, lines) if m and m[1] == name), None)
    if row is None:
        return False, calm(output.last, 300) or "mmm_control show says nothing"
    now = tuple(sorted(part.strip() for part in row[5].split(",") if part.strip()))
    if before and now != tuple(sorted(before)):
        return False, calm(f"roles were {', '.join(before)}, now {', '.join(now) or 'none'}", 300)
    return True, calm(f"{row[4]}, roles {', '.join(now) or 'none'}", 300)


def judge_control(output: Output) -> tuple[bool, str]:
    """Say whether the monitor answered mmm_control."""
    if "OK: Pinged successfully!" in output.out:
        return True, "OK: Pinged successfully!"
    said = calm(output.last, 300)
    return False, said or "an empty answer: the monitor refused the certificate of this host"


def _names(line: str, name: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", line) is not None
