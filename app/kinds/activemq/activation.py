"""How one broker is stopped, started and judged: snippets in templates/activemq/*.sh.j2.

Debian's init script answers 0 whatever happened and acts on every instance, so one instance is
stopped by its own pid, and health is the process, its listener, and the log since the start.
"""

from __future__ import annotations

from app.kinds.resources import Activation, Layout
from app.model import Node
from app.quoting import sh
from app.rendering import render_template

STOP_SECONDS = 60
START_SECONDS = 120
CHECK_SECONDS = 120
# A broker listens before the rest of its configuration is loaded: what is wrong there ends it.
SETTLE_SECONDS = 3
DEMO_SETTLE_SECONDS = 1
"""The demo's broker has read everything before it listens."""
OUTAGE_SECONDS = 20
OWN = ("stop_command", "start_command", "status_command")


def activation(node: Node, layout: Layout, *, listens: bool, demo: bool = False) -> Activation:
    """Give the commands for the layout found, or the user's own where there are any."""
    values = {
        "instance": sh(layout.facts["instance"]),
        "config": sh(layout.facts["config"]),
        "data": sh(layout.facts["data"]),
        "port": node.port if listens else 0,
        "own_status": str(node.options["status_command"]),
    }
    stop = str(node.options["stop_command"]) or _render("stop", values)
    start = str(node.options["start_command"]) or _render("start", values)
    return Activation(
        stop=stop,
        start=start,
        check=_render("check", values),
        logs=_render("logs", values),
        stop_seconds=STOP_SECONDS,
        start_seconds=START_SECONDS,
        check_seconds=CHECK_SECONDS,
        settle_seconds=DEMO_SETTLE_SECONDS if demo else SETTLE_SECONDS,
        own=tuple((key, str(node.options[key])) for key in OWN if node.options[key]),
        outage_seconds=OUTAGE_SECONDS,
    )


def _render(name: str, values: dict[str, object]) -> str:
    return render_template(f"activemq/{name}.sh.j2", **values)
