"""What MySQL-MMM looks like on a host, and how it is read.

What runs counts, not what is written: the port is asked for its transport, the monitor for its mode
and for who has which role.  Files and defaults: MMM 2.2.3 and the 1.x branch with SSL.
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.edits.mmm import v2
from app.errors import EditError, PkiError
from app.kinds.mmm.problems import ANY, problems, warnings
from app.kinds.mmm.reading import TEXTS, Read, known, read_node, starts_of
from app.kinds.mmm.topology import AGENT, CONTROL, MONITOR
from app.kinds.resources import Layout
from app.model import Node, Site
from app.observed import HostObservation, Survey
from app.quoting import calm, sh, sh_words
from app.rendering import render_template

FOLDERS = ("/etc/mysql-mmm/ssl", "/etc/mmm/ssl")
LONG = 20_000
"""Letters that a fact may have which is read again: more than any cluster needs."""
FIRST = ("product", "mode", "roles", "this", "transport", "ip", "unit")
"""The facts that matter most: a small pane shows but these."""
UNITS = {
    (True, AGENT): "mysql-mmm-agent", (True, MONITOR): "mysql-mmm-monitor",
    (False, AGENT): "mmm_agent", (False, MONITOR): "mmm_mon",
}  # fmt: skip
# The first has more letters than the five that TLS looks at before it refuses: the rest, unread,
# lets the listener reset the connection, which so does not hold its port.
PINGS = {AGENT: ("PING|1|tlswright", "PING:"), MONITOR: ("PING:", "ping")}
AGENT_AT = "MMM agent"
"""What no two agents share and the monitor knows of each: the address that is dialled."""
_NO_MANUAL = re.compile(r"2\.[01](?:\.|$)")
_MODE = re.compile(r"[A-Za-z_]{1,40}")
_PUBLIC = ("ssl_crt.pem", "ca_crt.pem")
_PATH = re.compile(r"/[A-Za-z0-9_./+@:-]{1,300}")
ROW = re.compile(r"\s*(\S+)\(([^)]*)\) (\w+)/(\w+)\. Roles: ?(.*)")
"""A host in what `mmm_control show` says: name, address, mode, state, roles."""


def survey(node: Node) -> Survey:
    """Give what to read on a node's host: MMM's files, its units, its port, and the monitor."""
    base = str(node.options["base"])
    values = {**tool(node), "units": sh_words(*_units(node))}
    names = ["version"]
    if node.role != CONTROL:
        names += ["unit", "port"]
        values |= {"words": sh_words(*PINGS[node.role])}
    if node.role == MONITOR:
        names.append("monitor")
    return Survey(
        digests=tuple(f"{folder}/ssl_key.pem" for folder in _folders(node)),
        texts=(
            *TEXTS,
            f"{base}/etc/mmm_*.conf",
            *(f"{folder}/{name}" for folder in _folders(node) for name in _PUBLIC),
        ),
        commands=tuple(
            (f"mmm-{name}", render_template(f"mmm/see-{name}.sh.j2", **values)) for name in names
        ),
        command_seconds=30,
        needs=("awk", "perl", "ss"),
    )


def tool(node: Node) -> dict[str, object]:
    """Give what the snippets need to find and call mmm_control, or to speak as it does."""
    cluster = str(node.options["cluster"])
    return {
        "folders": sh_words(*_folders(node)),
        "base": sh(str(node.options["base"])),
        "cluster": sh(f"@{cluster}") if cluster else "",
        "start": sh(starts_of(node)[0]),
        "names": sh(" ".join(node.names)),
        "port": node.port or int(node.options["monitor_port"]),
    }


def _folders(node: Node) -> tuple[str, ...]:
    return (*FOLDERS, f"{node.options['base']}/etc/ssl")


def find_layout(site: Site, node: Node, seen: HostObservation) -> Layout:
    """Say what was found of MMM on a host, and what stands in the way."""
    try:
        read = read_node(node, seen)
    except EditError as error:
        return Layout({}, problems=(f"{error} ({error.hint})" if error.hint else str(error),))
    if read is None:
        where = f"/etc, /etc/mmm, /etc/mysql-mmm or {node.options['base']}/etc"
        name = " and no ".join(starts_of(node))
        return Layout({}, problems=(f"no MySQL-MMM found: there is no {name} in {where}",))
    version = seen.pairs("mmm-version")
    units = seen.pairs("mmm-unit") if "mmm-unit" in seen.outputs else None
    facts = _facts(site, node, read, version, seen)
    return Layout(
        facts,
        warnings=tuple(warnings(site, node, read, facts)),
        problems=tuple(problems(site, node, read, version, facts, units)),
        unique={AGENT_AT: calm(read.ip, 200)} if node.role == AGENT and read.ip else {},
        company={AGENT_AT: _company(read)} if node.role == MONITOR else {},
        names=(calm(read.ip, 200),) if node.role != CONTROL and read.ip not in ("", ANY) else (),
        stale=_stale(node, read, facts),
        loose=_loose(facts),
        certificates=_certificates(read, seen),
    )


def settled(layout: Layout) -> Layout:
    """Say what a host is like once a step was carried out there."""
    return replace(layout, facts={**layout.facts, "transport": "tls"}, stale="")


def _certificates(read: Read, seen: HostObservation) -> dict[str, bytes]:
    """Give the node's own certificate as it stands, so that what is wrong with it can be told."""
    path = f"{read.folder}/{_PUBLIC[0]}"
    data = seen.file(path).data
    return {path: data} if data is not None else {}


def _facts(
    site: Site, node: Node, read: Read, version: dict[str, str], seen: HostObservation
) -> dict[str, str]:
    number = calm(version.get("two", ""), 20) if read.two else "1.x with SSL"
    hosts = "; ".join(f"{name} {ip}" for name, ip in read.hosts.items())
    unit = str(node.options["service"]) or UNITS.get((read.two, node.role), "")
    facts = {
        "product": f"MySQL-MMM {number or '2.x'}",
        "grammar": "2.x" if read.two else "1.x",
        "config": read.start,
        "folder": read.folder,
        "files": _plain(tuple(read.files)),
        "logs": _plain(read.logs),
        "this": calm(read.this, 100),
        "ip": calm(read.ip, 200),
        "unit": unit,
        "transport": _transport(site, node, read, seen),
        "perl": f"IO::Socket::SSL {calm(version.get('perl', 'missing'), 20)}",
        "running": "no" if seen.out("mmm-port") == "down" else "yes",
    }
    if node.role == MONITOR:
        facts |= {"hosts": calm(hosts, LONG), **_monitor_facts(read, seen)}
        # Since 2.2 it can be told to decide nothing.
        facts["manual"] = "yes" if read.two and not _NO_MANUAL.match(number) else ""
    return {**{key: facts[key] for key in FIRST if key in facts}, **facts}


def _transport(site: Site, node: Node, read: Read, seen: HostObservation) -> str:
    """Say what the node runs with: `tls` of this site, `plain`, or `other` (TLS of others).

    What does not run counts as its files say: it will start with them.
    """
    path = f"{read.folder}/ca_crt.pem"
    written = read.tls and read.paths.get("ca") == path and _ours(site, seen.file(path).data)
    if node.role == CONTROL:
        return "tls" if written else "other" if read.tls else "plain"
    said = seen.out("mmm-port").strip() or "down"
    if said in ("plain", "other"):
        return said
    return "tls" if written else "other" if read.tls or said == "tls" else "plain"


def _ours(site: Site, pem: bytes | None) -> bool:
    """Tell whether one of the certificates that are trusted is that of a CA of this site.

    An own CA is known by its name, another by its fingerprint, and one of an earlier generation by
    the alias under which it was written.
    """
    from app.pki.pem import read_bundle
    from app.pki.reading import facts_of

    spec = site.authority
    try:
        found = {alias: facts_of(der) for alias, der in read_bundle(pem or b"").items()}
    except PkiError:
        return False
    earlier = {f"ca-g{generation}" for generation in range(1, spec.generation)}
    if earlier & found.keys():
        return True
    if spec.source != "own":
        return any(facts.sha256 == spec.anchor for facts in found.values())
    name = spec.name or site.name
    return any(f.common_name.rpartition(" CA g")[0] == name for f in found.values())


def _monitor_facts(read: Read, seen: HostObservation) -> dict[str, str]:
    """Read mode, roles and warnings, and whether the mode in the file is one of ours."""
    said = seen.out("mmm-monitor").splitlines()
    mode = next((line[5:] for line in said if line.startswith("mode ")), "")
    rows = [row for row in map(ROW.fullmatch, said) if row and row[1] in read.hosts]
    held = {row[1]: row[5].strip() for row in rows}
    roles = "; ".join(f"{name} {text}" for name, text in held.items() if text)
    writers = [
        name for name, text in held.items()
        if any(r.strip().startswith(f"{read.active_role or 'writer'}(") for r in text.split(","))
    ]  # fmt: skip
    states = {row[1]: row[4] for row in rows}
    away = [f"{name} is {state}" for name, state in states.items() if state != "ONLINE"]
    warned = [line for line in said if line.startswith("# Warning")]
    failing = [line[6:] for line in said if line.startswith("check ")]
    kept = read.two and bool(_held(read))
    return {
        "mode": mode if _MODE.fullmatch(mode) else "",
        "file_mode": calm(read.mode, 40),
        "held": "yes" if kept else "",
        "roles": calm(roles, LONG),
        "writers": calm(" ".join(writers), 500),
        "away": calm("; ".join(away), 300),
        "warned": calm("; ".join(warned), 500),
        "failing": calm("; ".join(failing), 500),
    }


def roles_of(text: str) -> dict[str, tuple[str, ...]]:
    """Read the fact `roles`: MMM's name of a host, and its roles."""
    pairs = (part.partition(" ") for part in text.split("; ") if part)
    return {name: tuple(r.strip() for r in rest.split(",")) for name, _, rest in pairs}


def _held(read: Read) -> dict[str, bytes]:
    """Give what changes when the mode that an earlier run set is put back; else nothing."""
    files = known(read.files, read.starts)
    try:
        return dict(v2.put_back_mode(files, read.starts[0]).files)
    except EditError:
        return {}


def _stale(node: Node, read: Read, facts: dict[str, str]) -> str:
    """Say why it must start again though its files may be right."""
    if node.role == CONTROL:
        return ""
    if facts["running"] == "no":
        return "it does not run"
    if read.tls and facts["transport"] in ("plain", "other"):
        return "it does not speak the TLS of its files"
    return ""


def _loose(facts: dict[str, str]) -> str:
    """Say why a monitor that an earlier run held must be told once more."""
    if facts.get("held") and facts["mode"].lower() == "active":
        return "an earlier run held its roles, and somebody set it to ACTIVE since"
    return ""


def _company(read: Read) -> tuple[str, ...]:
    """Give the addresses of the agents that the monitor knows."""
    return tuple(calm(ip.strip(), 200) for ip in read.hosts.values())


def _units(node: Node) -> tuple[str, ...]:
    own = str(node.options["service"])
    usual = tuple(unit for (_, role), unit in UNITS.items() if role == node.role)
    return (own,) if own else usual


def _plain(paths: tuple[str, ...]) -> str:
    """Join paths; one with blanks in it is none that MMM's own scripts could bear."""
    return " ".join(path for path in paths if _PATH.fullmatch(path))
