"""How one node takes up its files: agent and monitor restart, mmm_control needs nothing.

Listeners read their files once, at their start; who dials reads them at every connection.  So new
files on the monitor's host count at once where it dials, and after its restart where it listens.
While roles are held or let go, the running monitor is told, and nothing restarts.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.kinds.base import Guard
from app.kinds.mmm.layout import tool
from app.kinds.mmm.topology import ADDRESS, AGENT, CONTROL, MONITOR, links
from app.kinds.resources import Activation, Layout
from app.model import Node, Site
from app.quoting import bracketed, sh, sh_words
from app.rendering import render_template

STOP_SECONDS = 150
"""Closed connections hold the port for a minute; the unit itself may take 30 s."""
START_SECONDS = 150
CHECK_SECONDS = 90
SETTLE_SECONDS = 2
"""The check has had an answer over the new certificate: no timer could say more of it."""
OUTAGE_AGENT, OUTAGE_MONITOR, OUTAGE_ALL = 5, 15, 25
TOLD = {"set": "told to hold the roles (set_manual)", "lift": "told to act again (set_active)"}
HOLDS = "nothing fails over"
HELD = (
    "From here to the end of the last step no role moves, whatever happens to MySQL: "
    f"{HOLDS} by itself."
)
KEPT = "MySQL, roles and addresses stay as they are; nothing fails over meanwhile."
LOGS_TWO = {AGENT: "mmm_agentd.log", MONITOR: "mmm_mond.log"}
_TLS = {
    "2.x": r"^[[:space:]]*type[[:space:]]+ssl[[:space:]]*$",
    "1.x": r"^socket_type[[:space:]]+ssl[[:space:]]*$",
}


def activation(site: Site, node: Node, layout: Layout, *, alone: bool, guard: Guard) -> Activation:
    """Give the commands for a restart, or for telling the running monitor."""
    if node.role == CONTROL:
        return Activation("", "", "", outage_seconds=0)
    facts = layout.facts
    values: dict[str, object] = {
        **tool(node),
        "unit": sh(facts["unit"]),
        "service": facts["unit"],
        "ip": sh(facts["ip"]),
        "own": sh(facts["ip"] if ADDRESS.fullmatch(facts["ip"]) else ""),
        "folder": sh(facts["folder"]),
        "files": sh_words(*facts["files"].split()),
        "pattern": sh(_TLS[facts["grammar"]]),
        "words": sh_words(ping(facts)),
        "logs": sh_words(*_logs(node, facts)),
        "log": sh(_logs(node, facts)[0]),
        "agents": sh_words(*_agents(site, node)) if node.role == MONITOR else "",
    }
    if guard in ("set", "lift") and node.role == MONITOR:
        values["mode"] = "manual" if guard == "set" else "active"
        return Activation(
            "", _render("guard", values), _render("check-guard", values), _render("logs", values),
            check_seconds=30, outage_seconds=0, told=TOLD[guard],
            meanwhile=HELD if guard == "set" else "", holds=HOLDS,
        )  # fmt: skip
    gap = OUTAGE_AGENT if node.role == AGENT else OUTAGE_MONITOR
    return Activation(
        stop=_render("stop", values),
        start=_render("start", values),
        check=_render(f"check-{node.role}", values),
        logs=_render("logs", values),
        stop_seconds=STOP_SECONDS,
        start_seconds=START_SECONDS,
        check_seconds=CHECK_SECONDS,
        settle_seconds=SETTLE_SECONDS,
        outage_seconds=gap if alone else OUTAGE_ALL,
        meanwhile=KEPT if not alone or (node.role == MONITOR and not guard) else "",
    )


def ping(facts: Mapping[str, str]) -> str:
    """Give the line that an agent answers with OK."""
    return f"PING|1|{facts['this']}" if facts["grammar"] == "2.x" else "PING:"


def _agents(site: Site, node: Node) -> tuple[str, ...]:
    """Give the places that the monitor dials, as HOST:PORT."""
    return tuple(
        f"{bracketed(link.name)}:{link.port}"
        for topology in site.topologies
        if topology.kind == "mmm" and node.host in topology.hosts
        for link in links(site, topology)
        if link.initiator == node.name and link.acceptor != node.name
        and not site.hosts[link.acceptor].by_hand
    )  # fmt: skip


def _logs(node: Node, facts: Mapping[str, str]) -> tuple[str, ...]:
    if facts["grammar"] == "2.x":
        name = LOGS_TWO[node.role]
        of = f"_{node.options['cluster']}.log" if node.options["cluster"] else ".log"
        names = dict.fromkeys((name.replace(".log", of), name))
        return tuple(f"/var/log/mysql-mmm/{one}" for one in names)
    return tuple(facts["logs"].split()) or ("/var/log/syslog",)


def _render(name: str, values: dict[str, object]) -> str:
    return render_template(f"mmm/{name}.sh.j2", **values)
