"""The product's own proofs: a fresh dial by the CLI tools, the nodes' own link, and the cluster.

`cluster_status` proves nothing about a node's certificate (one that dials out is listed though
nobody can dial it), and `listeners` calls both transports "clustering": so each host's CLI dials
each node anew, and the running virtual machine is asked for the transport of its link.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from app.kinds.base import Proof
from app.kinds.resources import Layout
from app.model import Link, Node
from app.observed import Output
from app.quoting import calm, erl_atom, sh
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
    found: list[Proof] = []
    seen: set[str] = set()
    for link in links:
        layout = layouts.get(link.initiator)
        if layout is None or layout.problems:
            continue
        peer = str(by_name[link.acceptor].options["node_name"])
        values = {"peer": sh(peer), "expression": sh(_address_of(peer))}
        cli = render_template("rabbitmq/proof-cli.sh.j2", **values)
        dist = render_template("rabbitmq/proof-link.sh.j2", **values)
        found += [
            Proof(link, link.initiator, "CLI tools reach the node", cli, judge_cli, SECONDS),
            Proof(link, link.initiator, "the nodes' link is TLS", dist,
                  partial(judge_link, peer), SECONDS),
        ]  # fmt: skip
        found += _listener(link, by_name[link.acceptor], layout)
        if link.initiator not in seen and link.acceptor not in by_hand:
            seen.add(link.initiator)
            members = tuple(
                str(node.options["node_name"]) for node in nodes if node.name not in by_hand
            )
            status = render_template("rabbitmq/proof-cluster.sh.j2")
            found.append(
                Proof(link, link.initiator, "the cluster is complete", status,
                      partial(judge_cluster, members), SECONDS * 2)
            )  # fmt: skip
    return tuple(found)


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
    """Say whether the CLI tools of a host reached a node, and a plain one did not."""
    lines = output.out.split("\n")
    if "answered" not in lines:
        return False, _last(output) or "no answer"
    if "plain-answered" in lines:
        return False, "a CLI tool without TLS was let in too"
    return True, "answers over TLS; a CLI tool without TLS is refused"


def judge_link(peer: str, output: Output) -> tuple[bool, str]:
    """Say whether the running link to a peer is TLS: `tls`, `tcp`, or `none`."""
    said = output.out.strip()
    if said == "tls":
        return True, f"connected to {peer} over TLS"
    if said == "tcp":
        return False, f"connected to {peer} without TLS"
    if said == "none":
        return False, f"not connected to {peer}"
    return False, _last(output) or "no answer"


def judge_cluster(members: tuple[str, ...], output: Output) -> tuple[bool, str]:
    """Say whether every member runs and none is parted from the others."""
    try:
        said = json.loads(output.out)
        running = {str(name) for name in said["running_nodes"]}
        parted = [str(name) for name in said.get("partitions") or ()]
    except (ValueError, TypeError, KeyError, RecursionError):
        return False, _last(output) or "no answer"
    missing = [name for name in members if name not in running]
    if missing:
        return False, f"does not run, or is not seen: {', '.join(missing)}"
    if parted:
        return False, f"the cluster is partitioned: {calm(', '.join(parted), 200)}"
    return True, f"{len(members)} members run, none is parted"


def _address_of(peer: str) -> str:
    """Ask for the transport of the link to a peer, in Erlang."""
    return (
        f"case lists:keyfind({erl_atom(peer)}, 1, element(2, net_kernel:nodes_info())) of "
        "{_, Info} -> element(4, proplists:get_value(address, Info)); false -> none end."
    )


def _last(output: Output) -> str:
    lines = [x.strip() for x in f"{output.out}\n{output.err}".splitlines() if x.strip()]
    return calm(" ".join(lines[-3:]), 300)
