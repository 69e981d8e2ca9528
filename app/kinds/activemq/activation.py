"""How one broker is stopped, started and judged: snippets in templates/activemq/*.sh.j2.

Debian's init script answers 0 whatever happened and acts on every instance, so one instance is
stopped by its own pid, and health is the process, its listener, and the log since the start.  A
broker of upstream's is stopped and started by its systemd unit; without one it is stopped by its
process too, and started by its script.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.kinds.resources import Activation, Layout
from app.model import Node
from app.quoting import sh
from app.rendering import render_template

STOP_SECONDS = 60
UNIT_STOP_SECONDS = 180
"""What systemd waits by default, and then we for what it left."""
START_SECONDS = 300
CHECK_SECONDS = 300
"""A broker that reads a large store takes minutes."""
# A broker listens before the rest of its configuration is loaded: what is wrong there ends it, and
# nothing that it answers tells of that; what else is looked at meanwhile counts.  Where the file
# holds nothing but the broker, its log tells instead (templates/activemq/whole.sh.j2).
SETTLE_SECONDS = 6
DEMO_SETTLE_SECONDS = 1
"""The demo's broker has read everything before it listens."""
OUTAGE_SECONDS = 20
OWN = ("stop_command", "start_command", "status_command")


def activation(node: Node, layout: Layout, *, listens: bool, demo: bool = False) -> Activation:
    """Give the commands for the layout found, or the user's own where there are any."""
    facts = layout.facts
    values = process(facts) | {
        "config": sh(facts["config"]),
        "log": sh(facts["log"]),
        "port": node.port if listens else 0,
        "own_status": str(node.options["status_command"]),
        "user": sh(facts["user"]),
        "command": _start_command(facts),
    }
    begin = "start" if facts["instance"] else "start-upstream"
    stop = str(node.options["stop_command"]) or _render("stop", values)
    start = str(node.options["start_command"]) or _render(begin, values)
    return Activation(
        stop=stop,
        start=start,
        check=_render("check", values),
        logs=_render("logs", values),
        stop_seconds=UNIT_STOP_SECONDS if facts.get("unit") else STOP_SECONDS,
        start_seconds=START_SECONDS,
        check_seconds=CHECK_SECONDS,
        settle_seconds=DEMO_SETTLE_SECONDS if demo else SETTLE_SECONDS,
        own=tuple((key, str(node.options[key])) for key in OWN if node.options[key]),
        outage_seconds=OUTAGE_SECONDS,
    )


def process(facts: Mapping[str, str]) -> dict[str, object]:
    """Give what the snippets need to find a broker's process (templates/activemq/pid.sh.j2)."""
    upstream = not facts["instance"]
    return {
        "instance": sh(facts["instance"]),
        "conf": sh(facts["folder"]) if upstream else "",
        "unit": sh(facts["unit"]) if facts.get("unit") else "",
    }


def _start_command(facts: Mapping[str, str]) -> str:
    """Give the command that starts a broker of upstream's, as one word of a shell.

    Base and configuration folder are named where the script could not know them, and so is the
    configuration that the process was given before.
    """
    script, home = facts.get("script", ""), facts.get("home", "")
    if not script:
        return sh("")
    names = {"BASE": facts["base"], "CONF": facts["folder"]}
    usual = {"BASE": home, "CONF": f"{facts['base']}/conf"}
    settings = [f"ACTIVEMQ_{key}={sh(names[key])}" for key in names if names[key] != usual[key]]
    uri = (sh(facts["uri"]),) if facts["uri"] else ()
    return sh(" ".join(("exec env", *settings, f'"$ROOT"{sh(script)}', "start", *uri)))


def _render(name: str, values: dict[str, object]) -> str:
    return render_template(f"activemq/{name}.sh.j2", **values)
