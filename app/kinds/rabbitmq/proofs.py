"""The product's own proofs: a fresh dial by the CLI tools, the nodes' own link, and the cluster.

`cluster_status` proves nothing about a node's certificate (one that dials out is listed though
nobody can dial it), and `listeners` calls both transports "clustering": so each host's CLI dials
each node anew, and the virtual machine that it reaches is asked for the transport of its links.
A call of the CLI tools takes a second of a core, so one answers for all proofs of a link.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from app.kinds.base import Proof
from app.kinds.rabbitmq.explanations_probe import probe
from app.kinds.rabbitmq.files import erl_flags
from app.kinds.resources import Layout
from app.model import Link, Node
from app.observed import Output
from app.quoting import calm, sh
from app.rendering import render_template

SECONDS = 60


def proofs(
    nodes: tuple[Node, ...],
    links: tuple[Link, ...],
    layouts: Mapping[str, Layout],
    by_hand: frozenset[str] = frozenset(),
) -> tuple[Proof, ...]:
    """Give the proofs of every link, asked on its initiator's host.

    A cluster counts as complete without the nodes that are reached `by_hand`: they may still wait.
    """
    by_name = {node.name: node for node in nodes}
    members = tuple(str(n.options["node_name"]) for n in nodes if n.name not in by_hand)
    found: list[Proof] = []
    asked, refused = set[str](), set[str]()
    for link in links:
        layout = layouts.get(link.initiator)
        if layout is None or layout.problems:
            continue
        host, peer = link.initiator, str(by_name[link.acceptor].options["node_name"])
        why = _why(by_name[host], layout, peer)
        cli = render_template("rabbitmq/proof-cli.sh.j2", peer=sh(peer), expression=sh(_STATUS))
        judge = partial(judge_link, layout.facts["node"], peer)
        found += [
            Proof(link, host, "CLI tools reach the node", cli, judge_cli, SECONDS, why),
            Proof(link, host, "the nodes' link is TLS", cli, judge, SECONDS, why),
        ]
        if link.acceptor not in refused:
            refused.add(link.acceptor)
            plain = probe(peer, layout.facts["node"], (), user=layout.facts["user"])
            title = "a dial without TLS is refused"
            found.append(Proof(link, host, title, plain, judge_plain, SECONDS))
        if host not in asked and link.acceptor not in by_hand:
            asked.add(host)
            complete = partial(judge_cluster, members)
            title = "the cluster is complete"
            found.append(Proof(link, host, title, cli, complete, SECONDS * 2))
        found += _listener(link, by_name[link.acceptor], layout)
    return tuple(found)


def _why(node: Node, layout: Layout, peer: str) -> str:
    """Give the dial by a host's own Erlang that names a cause: the CLI tools keep it to themselves.

    An Erlang that does not find its TLS by itself is told where it is, as the node is.
    """
    facts = layout.facts
    path = () if facts["ssl_found"] == "yes" else ("-pa", facts["ssl"])
    arguments = (*path, *erl_flags(node, facts["folder"], "client"))
    return probe(peer, facts["node"], arguments, user=facts["user"])


def _listener(link: Link, acceptor: Node, layout: Layout) -> list[Proof]:
    """Prove the TLS listener for clients of a link's acceptor, where there is to be one."""
    port, tls = int(acceptor.options["listener_port"]), f"{layout.facts['folder']}/tls"
    if not port:
        return []
    flags = acceptor.options["strategy"] == "flags"
    values = {
        "place": sh(f"{link.name}:{port}"),
        "peer": sh(link.name),
        "ca": sh(f"{tls}/ca.pem"),
        "certificate": sh(f"{tls}/{'combined' if flags else 'node'}.pem"),
        "key": sh(f"{tls}/combined.pem" if flags else f"{tls}/node.key"),
        "strangers": bool(acceptor.options["listener_verify"]),
    }
    command = render_template("rabbitmq/proof-listener.sh.j2", **values)
    title = f"clients reach port {port} over TLS"
    return [Proof(link, link.initiator, title, command, partial(judge_listener, port), SECONDS)]


def judge_listener(port: int, output: Output) -> tuple[bool, str]:
    """Say whether a client with a certificate was greeted, and one without was not."""
    lines = output.out.split("\n")
    if "no-openssl" in lines:
        return False, "there is no openssl on this host to dial with"
    if "greeted" not in lines:
        return False, f"no AMQP greeting through TLS on port {port}"
    if "stranger-greeted" in lines:
        return False, f"port {port} greets clients that have no certificate too"
    return True, "RabbitMQ greets through TLS"


def judge_cli(output: Output) -> tuple[bool, str]:
    """Say whether the CLI tools of a host reached a node."""
    if "answered" in output.out.split("\n"):
        return True, "a fresh dial over TLS was answered"
    return False, _error(output) or "no answer"


def judge_plain(output: Output) -> tuple[bool, str]:
    """Say whether a dial that knows only the cookie was refused.

    A node that speaks TLS hangs up on the first word; whatever else fails was no refusal of it.
    """
    lines = output.out.split("\n")
    if "RESULT pong" in lines:
        return False, "a dial without TLS was let in too"
    if "RESULT pang" in lines and any(line.startswith(_HUNG_UP) for line in lines):
        return True, "one that knows only the cookie is refused"
    return False, _error(output) or "no answer"


_HUNG_UP = "CAUSE {recv_status_failed,"


def judge_link(own: str, peer: str, output: Output) -> tuple[bool, str]:
    """Say whether the running link of two nodes is TLS, as the one that answered has it."""
    rows = _STATUS_ROW.findall(output.out)
    found = {name: transport for what, name, transport in rows if what == "link"}
    other = own if any(row[:2] == ("node", peer) for row in rows) else peer
    if not rows:
        return False, _error(output) or "no answer"
    if other not in found:
        return False, f"not connected to {peer}"
    if found[other] != "tls":
        return False, f"connected to {peer} without TLS"
    return True, f"connected to {peer} over TLS"


def judge_cluster(members: tuple[str, ...], output: Output) -> tuple[bool, str]:
    """Say whether every member runs and none is parted from the others."""
    rows = _STATUS_ROW.findall(output.out)
    running = {name for what, name, _ in rows if what == "runs"}
    parted = [name for what, name, _ in rows if what == "parted"]
    if not rows:
        return False, _error(output) or "no answer"
    missing = [name for name in members if name not in running]
    if missing:
        return False, f"does not run, or is not seen: {', '.join(missing)}"
    if parted:
        return False, f"the cluster is partitioned: {calm(', '.join(parted), 200)}"
    return True, f"{len(members)} members run, none is parted"


# What the node knows of its cluster in one term: {node, Itself}, {link, Node, tls | tcp},
# {runs, Node}, {parted, Node}.
_STATUS = (
    "[{node, node()}] ++ [{link, N, element(4, proplists:get_value(address, I))} "
    "|| {N, I} <- element(2, net_kernel:nodes_info())] "
    "++ [{runs, N} || N <- rabbit_mnesia:cluster_nodes(running)] "
    "++ [{parted, N} || N <- rabbit_node_monitor:partitions()]."
)
_STATUS_ROW = re.compile(
    r"\{(node|link|runs|parted),\s*'?([A-Za-z0-9_@.-]{1,320})'?(?:,\s*(\w{1,20}))?\}"
)


def _error(output: Output) -> str:
    """Give the error that a CLI tool names, without its long advice, or what was said last."""
    lines = [x.strip() for x in f"{output.out}\n{output.err}".splitlines() if x.strip()]
    named = next((n for n, line in enumerate(lines) if line.startswith("Error:")), None)
    return calm(output.last if named is None else " ".join(lines[named : named + 2]), 300)
