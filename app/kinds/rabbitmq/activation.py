"""How one node takes up its files: re-read, restarted alone, or with its whole cluster.

Plain and TLS nodes cannot talk to each other, so that change stops every node first.  Between TLS
and TLS one node restarts at a time, never one that a quorum needs.  New certificates under the
same file names need no restart: the cache of the distribution's TLS is cleared, which
`ssl:clear_pem_cache()` alone does not do.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.kinds.rabbitmq.layout import ENV
from app.kinds.resources import Activation, Layout
from app.model import Node
from app.quoting import sh
from app.rendering import render_template

STOP_SECONDS = 420
START_SECONDS = 60
CHECK_SECONDS = 660
"""The unit itself gives a node 600 s to start: one that waits for its peers' tables takes that."""
SETTLE_SECONDS = 2
OUTAGE_CLUSTER, OUTAGE_NODE, OUTAGE_RELOAD = 30, 15, 0


def activation(node: Node, layout: Layout, *, changed: tuple[str, ...], alone: bool) -> Activation:
    """Give the commands for what has changed."""
    facts = layout.facts
    reload = rereads(facts, changed, alone=alone)
    values: dict[str, object] = {
        "unit": sh(str(node.options["service"])),
        "node": sh(facts["node"]),
        "env": sh(f"{facts['folder']}/{ENV}"),
        "tls": sh(f"{facts['folder']}/tls"),
        "port": node.port,
        "rolling": alone and facts["transport"] == "tls",
        "stopped": not reload,
    }
    return Activation(
        stop="" if reload else _render("stop", values),
        start=_render("reload" if reload else "start", values),
        check=_render("check", values),
        logs=_render("logs", values),
        stop_seconds=STOP_SECONDS,
        start_seconds=START_SECONDS,
        check_seconds=CHECK_SECONDS,
        settle_seconds=SETTLE_SECONDS,
        outage_seconds=OUTAGE_RELOAD if reload else OUTAGE_NODE if alone else OUTAGE_CLUSTER,
    )


def rereads(facts: Mapping[str, str], changed: tuple[str, ...], *, alone: bool) -> bool:
    """Tell whether a running node takes up these files without a restart."""
    below = f"{facts['folder']}/tls/"
    return (
        alone and facts["transport"] == "tls" and bool(changed)
        and all(path.startswith(below) for path in changed)
    )  # fmt: skip


def _render(name: str, values: dict[str, object]) -> str:
    return render_template(f"rabbitmq/{name}.sh.j2", **values)
