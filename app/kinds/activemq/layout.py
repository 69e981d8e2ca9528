"""What Debian's ActiveMQ package looks like on a host, and how it is read.

Instances stand in /etc/activemq/instances-available, enabled by a symbolic link in
instances-enabled; data under /var/lib/activemq/INSTANCE, run by the owner of /var/lib/activemq.
Source: the package's init script and README (ActiveMQ 5.17.2, Debian 12).
"""

from __future__ import annotations

import re

from app.edits.activemq import BrokerView, read_broker
from app.errors import EditError
from app.kinds.resources import Layout
from app.model import Node
from app.observed import HostObservation, Survey
from app.quoting import calm
from app.rendering import render_template

AVAILABLE = "/etc/activemq/instances-available"
ENABLED = "/etc/activemq/instances-enabled"
STATE = "/var/lib/activemq"
INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

PORT = "port"

SURVEY = Survey(
    digests=(f"{AVAILABLE}/*/tls/*",),
    texts=(
        f"{AVAILABLE}/*/activemq.xml",
        f"{AVAILABLE}/*/log4j.properties",
        f"{AVAILABLE}/*/options",
    ),
    commands=(
        ("enabled", f'cd "$ROOT{ENABLED}" 2>/dev/null && for i in *; do [ -d "$i" ] && '
         'printf "%s %s\\n" "$i" "$(basename "$(readlink -f "$i")")"; done; :'),
        ("user", f'ls -ld "$ROOT{STATE}" | awk \'{{print $3}}\''),
        ("group", f'id -gn "$(ls -ld "$ROOT{STATE}" | awk \'{{print $3}}\')"'),
        ("version", 'if [ -n "$ROOT" ]; then cat "$ROOT/usr/share/activemq/version"; else '
         "dpkg-query -W -f '${Version}' activemq; fi 2>/dev/null || :"),
        ("java", "java -version 2>&1 | head -n 1"),
        ("running", 'for f in "$ROOT/run/activemq/"*.pid; do grep -q activemq '
         '"/proc/$(cat "$f" 2>/dev/null)/cmdline" 2>/dev/null && basename "$f" .pid; done; :'),
        ("stored", f'cd "$ROOT{STATE}" 2>/dev/null && for i in */data/kahadb; do [ -d "$i" ] && '
         'echo "${i%%/*}"; done; :'),
    ),
)  # fmt: skip


def survey(port: int) -> Survey:
    """Give what to read on a host, with who holds a port; 0 for none."""
    if not port:
        return SURVEY
    held = render_template("activemq/port.sh.j2", port=port)
    return SURVEY.merged(Survey(commands=((PORT, held),)))


def find_layout(node: Node, seen: HostObservation) -> Layout:
    """Say which instance was found, who runs it, and what stands in the way."""
    instances = _enabled(seen)
    wanted = str(node.options.get("instance", ""))
    problem = _problem(seen, instances, wanted)
    if problem:
        return Layout({}, problems=(problem,))
    instance = wanted or next(iter(instances))
    folder = f"{AVAILABLE}/{instances[instance]}"
    config = f"{folder}/activemq.xml"
    file = seen.file(config)
    if file.data is None:
        return Layout({}, problems=(f"{config} is missing or cannot be read",))
    try:
        view = read_broker(file.data, config)
    except EditError as error:
        return Layout({}, problems=(f"{error} ({error.hint})" if error.hint else str(error),))
    facts = {
        "product": f"ActiveMQ {calm(seen.out('version'), 40) or '(version unknown)'}",
        "java": calm(seen.out("java"), 80) or "not found",
        "layout": f"Debian, instance {instance} of {len(instances)} enabled",
        "instance": instance,
        "config": config,
        "folder": folder,
        "data": f"{STATE}/{instance}/data",
        "owner": file.owner,
        "group": calm(seen.out("group"), 40) or file.group,
        "user": calm(seen.out("user"), 40) or file.owner,
        "broker_name": calm(view.broker_name or "", 200) or "localhost",
        "log4j": "yes" if seen.file(f"{folder}/log4j.properties").type == "file" else "",
        "instances": str(len(instances)),
        "running": _running(node, instance, seen),
    }
    name = node.host if facts["broker_name"] == "localhost" else facts["broker_name"]
    warnings = _warnings(view, facts, seen)
    taken = _port_taken(node, instance, seen)
    problems = (taken,) if taken else ()
    stale = "it does not run" if facts["running"] == "no" else ""
    return Layout(facts, warnings, problems, unique={"broker name": name}, stale=stale)


def _port_taken(node: Node, instance: str, seen: HostObservation) -> str:
    """Say who else holds the port that the broker is to have; empty when nobody does."""
    what, _, who = seen.out(PORT).partition(" ")
    remedy = "end it, or set option port for this host"
    if what == "instance" and who != instance:
        return f"port {node.port} is held by the instance {calm(who, 60)}: {remedy}"
    if what == "other":
        return f"port {node.port} is held by {calm(who, 100) or 'another program'}: {remedy}"
    return ""


def _running(node: Node, instance: str, seen: HostObservation) -> str:
    """Say `yes` or `no`, or nothing where it is not for us to judge or was not found out."""
    own = any(node.options.get(f"{verb}_command") for verb in ("start", "status"))
    if own or "running" not in seen.outputs:
        return ""
    return "yes" if instance in seen.out("running").split() else "no"


def _enabled(seen: HostObservation) -> dict[str, str]:
    """Give the enabled instances with the folder that each stands for."""
    rows = (line.split() for line in seen.out("enabled").splitlines())
    return {
        row[0]: row[1] for row in rows
        if len(row) == 2 and all(INSTANCE.fullmatch(part) for part in row)
    }  # fmt: skip


def _problem(seen: HostObservation, instances: dict[str, str], wanted: str) -> str:
    if not instances and not any(p.startswith(AVAILABLE) for p in seen.files):
        return "no ActiveMQ found: there is no /etc/activemq/instances-available"
    if not instances:
        return f"no ActiveMQ instance is enabled: link one from {AVAILABLE} into {ENABLED}"
    if wanted and wanted not in instances:
        return f"the instance {wanted} is not enabled; there is {', '.join(instances)}"
    if not wanted and len(instances) > 1:
        return f"several instances are enabled ({', '.join(instances)}): set option instance"
    return ""


def _warnings(view: BrokerView, facts: dict[str, str], seen: HostObservation) -> tuple[str, ...]:
    found: list[str] = []
    if not seen.tools.get("java") and seen.tools:
        found.append("no java in the path of the login")
    stock = facts["broker_name"] == "localhost"
    if stock and facts["instance"] in seen.out("stored").split():
        found.append(
            "the broker is renamed from localhost and has run before: durable subscribers that "
            "other brokers hold on it under the old name do not follow"
        )
    if stock and view.store_follows_name and view.persistent:
        found.append(
            "its message store lies in a folder named after the broker: messages that wait "
            "there stay behind when the broker is renamed"
        )
    return tuple(found)
