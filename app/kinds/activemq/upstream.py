"""What ActiveMQ from upstream's archive looks like on a host, wherever it was unpacked.

`conf/activemq.xml`, `bin/activemq` and `data/` in one folder, or in several where the start script
was told so; started by that script, by the Java service wrapper, or by a systemd unit.
Source: bin/activemq, bin/*/wrapper.conf and console.Main of 5.4 to 6.2.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace

from app.kinds.activemq.brokers import Broker, read_units, unit_name
from app.kinds.activemq.jvm import DEFAULTS, Role
from app.kinds.activemq.paths import log_path, variables
from app.model import Node
from app.observed import HostObservation
from app.quoting import calm

CHECKS_NAMES = (5, 15, 6)
"""The first version whose bridges check the name of the peer that they dial (AMQ-7047)."""
NEEDS_JAVA = (((6, 0), 17), ((5, 17), 11), ((5, 15), 8))
_HELP = "set the options start_command and stop_command for this host"


def named_unit(node: Node, broker: Broker, seen: HostObservation) -> tuple[Broker, str]:
    """Take the unit that the user names, or say that there is none."""
    service = unit_name(str(node.options["service"]))
    if not service:
        return broker, ""
    unit = read_units(seen).get(service)
    if unit is None or not unit.loaded:
        return broker, f"there is no unit {calm(service, 100)}: see option service"
    user, group = broker.user, broker.group
    if not broker.pid and unit.user:
        user, group = unit.user, unit.group
    return replace(broker, unit=unit, idle="", user=user, group=group), ""


def facts(node: Node, broker: Broker, seen: HostObservation) -> dict[str, str]:
    """Give what is known of a broker but for what its file says."""
    file = seen.file(broker.config)
    started = _started(node, broker)
    known = known_of(broker)
    settings = (
        seen.file(f"{broker.conf}/log4j2.properties").data
        or seen.file(f"{broker.conf}/log4j.properties").data
    )
    found = {
        "product": f"ActiveMQ {broker.version or '(version unknown)'} in {_place(broker)}, "
        f"started by {started}",
        "java": broker.java or calm(seen.out("java"), 80) or "not found",
        "layout": f"upstream's, home {broker.home}",
        "started": f"{started}, as {broker.user}",
        "instance": "",
        "config": broker.config,
        "folder": broker.conf,
        "data": broker.data,
        "log": log_path(settings, known),
        "owner": file.owner,
        "group": broker.group,
        "user": broker.user,
        "running": "yes" if broker.pid else "no",
        "stored": "yes" if broker.stored else "",
        "version": broker.version,
        "home": broker.home,
        "base": broker.base,
        "unit": broker.unit.name if broker.unit else "",
        "script": broker.script,
        "uri": broker.uri,
        "pid": broker.pid,
        "parts": broker.parts,
    }
    return {key: calm(value, 1000) for key, value in found.items()}


def known_of(broker: Broker) -> dict[str, str]:
    """Give the system properties of its process."""
    return variables(broker.home, broker.base, broker.conf, broker.data)


def settings_of(broker: Broker) -> tuple[str, ...]:
    """Name the files that the start script reads, or the Java service wrapper."""
    folder = posixpath.dirname(broker.script)
    found = [DEFAULTS, *(f"{top}/bin/{name}" for top in dict.fromkeys((broker.home, broker.base))
                         for name in ("setenv", "env"))]  # fmt: skip
    wrapped = [f"{folder}/wrapper.conf"] if folder not in ("", f"{broker.home}/bin") else []
    return (*wrapped, *found)


def stores_of(broker: Broker) -> dict[Role, str]:
    """Give the stores that its process was given."""
    return {"key": broker.key_store, "trust": broker.trust_store}


def problems(node: Node, broker: Broker) -> tuple[str, ...]:
    """Say what keeps us from restarting it."""
    own = bool(node.options["start_command"])
    if own and (node.options["stop_command"] or not broker.by_user):
        return ()
    if broker.by_user and broker.unit is None:
        return (f"{broker.user}'s own systemd runs it, which only {broker.user} can tell: {_HELP}",)
    if broker.unit is None and not broker.script:
        return (f"neither a unit nor {broker.home}/bin/activemq starts it: set option service or "
                "start_command for this host",)  # fmt: skip
    return ()


def warnings(broker: Broker) -> tuple[str, ...]:
    """Say what a user should know of how it runs."""
    found = []
    if broker.idle:
        found.append(
            f"it was started without its unit {broker.idle}, and will be again; to start it by "
            f"the unit, set option service: {broker.idle}"
        )
    if broker.unit is not None and broker.unit.type == "oneshot":
        found.append(f"the unit {broker.unit.name} is of Type=oneshot: systemd does not watch it")
    return tuple(found)


def version_notes(version: str, java: str, store: str) -> tuple[str, ...]:
    """Say what the versions of broker and Java mean for TLS links, as far as they can be read.

    `store` is the format of the key stores.
    """
    number = _number(version)
    found = []
    if number and number < CHECKS_NAMES:
        found.append(
            f"ActiveMQ {version} does not check the name of the broker that it dials: whoever has "
            "a certificate of this site can pose as its peer; 5.15.6 and later check it"
        )
    have = re.search(r"(?:1\.)?(\d+)", java)
    needs = next((need for since, need in NEEDS_JAVA if number and number >= since), 0)
    if have and int(have[1]) < needs:
        found.append(f"ActiveMQ {version} needs Java {needs}, the one in the path is {have[1]}")
    if store == "PKCS12" and _opens_no_pkcs12(java):
        found.append(
            "its Java cannot open PKCS12 stores as they are made today: update it to 8u301, "
            "11.0.12 or later, or set store_format: JKS"
        )
    return tuple(found)


def _opens_no_pkcs12(java: str) -> bool:
    """Tell whether a Java lacks today's algorithms of PKCS12 (JDK-8076190: 16, 11.0.12, 8u301)."""
    found = re.search(r"(?:1\.)?(\d+)\.(\d+)(?:\.(\d+))?(?:[_u](\d+))?", java)
    if found is None:
        return False
    major, update = int(found[1]), int(found[4] or 0)
    if major == 8:
        return 0 < update < 301
    return (
        major < 8 or (major == 11 and int(found[3] or 0) < 12) or major in (9, 10, 12, 13, 14, 15)
    )


def _number(version: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def _place(broker: Broker) -> str:
    return broker.home if broker.base == broker.home else f"{broker.home} (base {broker.base})"


def _started(node: Node, broker: Broker) -> str:
    if node.options["start_command"]:
        return "a command of your own"
    return f"unit {broker.unit.name}" if broker.unit else broker.script or "an unknown command"
