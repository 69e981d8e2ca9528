"""What MySQL-MMM looks like on a host, and how it is read.

What runs counts, not what is written: the port is asked for its transport, the monitor for its mode
and for who has which role.  Files and defaults: MMM 2.2.3 and the 1.x branch with SSL.
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.edits.mmm import v2
from app.errors import EditError
from app.kinds.mmm.reading import TEXTS, Read, known, own_start, read_node
from app.kinds.mmm.topology import AGENT, CONTROL, MONITOR
from app.kinds.resources import Layout
from app.model import Node, Site
from app.observed import HostObservation, Survey
from app.quoting import calm, sh, sh_words
from app.rendering import render_template

FOLDERS = ("/etc/mysql-mmm/ssl", "/etc/mmm/ssl")
UNITS = {
    (True, AGENT): "mysql-mmm-agent", (True, MONITOR): "mysql-mmm-monitor",
    (False, AGENT): "mmm_agent", (False, MONITOR): "mmm_mon",
}  # fmt: skip
_PUBLIC = ("ssl_crt.pem", "ca_crt.pem")
PINGS = ("PING|1|tlswright", "PING:")
_PATH = re.compile(r"/[A-Za-z0-9_./+@:-]{1,300}")
_ROW = re.compile(r"\s*(\S+)\(([^)]*)\) (\w+)/(\w+)\. Roles: ?(.*)")


def survey(node: Node) -> Survey:
    """Give what to read on a node's host: MMM's files, its units, its port, and the monitor."""
    base = str(node.options["base"])
    values = {**tool(node), "units": sh_words(*_units(node))}
    names = ["version"]
    if node.role != CONTROL:
        names += ["unit", "port"]
        values |= {"filter": sh(f"sport = :{node.port}"), "words": sh_words(*PINGS)}
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
    )


def tool(node: Node) -> dict[str, object]:
    """Give what the snippets need to find and call mmm_control, or to speak as it does."""
    cluster = str(node.options["cluster"])
    return {
        "folders": sh_words(*_folders(node)),
        "base": sh(str(node.options["base"])),
        "cluster": sh(f"@{cluster}") if cluster else "",
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
        return Layout(
            {}, problems=(f"no MySQL-MMM found: there is no {own_start(node)} in {where}",)
        )
    version = _pairs(seen, "version")
    facts = _facts(node, read, version, seen)
    problems = (
        *_files(read), *_product(node, read, version), *_unit(node, facts, seen),
        *_places(site, node, read), *_monitor(node, facts),
    )  # fmt: skip
    return Layout(
        facts,
        warnings=(*_warnings(site, node, read, facts, seen),),
        problems=problems,
        unique={"MMM host": read.this} if node.role == AGENT and read.this else {},
        company={"MMM host": tuple(read.hosts)} if node.role == MONITOR else {},
        names=(calm(read.ip, 200),) if node.role != CONTROL and read.ip else (),
        stale=_stale(node, read, facts),
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
    node: Node, read: Read, version: dict[str, str], seen: HostObservation
) -> dict[str, str]:
    number = calm(version.get("two", ""), 20) if read.two else "1.x with SSL"
    unit = str(node.options["service"]) or UNITS.get((read.two, node.role), "")
    facts = {
        "product": f"MySQL-MMM {number or '2.x'}, {node.role}",
        "grammar": "2.x" if read.two else "1.x",
        "config": read.start,
        "folder": read.folder,
        "files": _plain(tuple(read.files)),
        "logs": _plain(read.logs),
        "this": calm(read.this, 100),
        "ip": calm(read.ip, 200),
        "unit": unit,
        "transport": _transport(node, read, seen),
        "perl": f"IO::Socket::SSL {calm(version.get('perl', 'missing'), 20)}",
        "running": "no" if seen.out("mmm-port") == "down" else "yes",
    }
    if node.role == MONITOR:
        facts |= _monitor_facts(read, seen)
    return facts


def _transport(node: Node, read: Read, seen: HostObservation) -> str:
    """Say what the node runs with: `tls` of this site, `plain`, or `other`.

    What does not run counts as its files say: it will start with them.
    """
    ours = seen.file(f"{read.folder}/ca_crt.pem").type == "file"
    written = read.tls and read.paths.get("ca") == f"{read.folder}/ca_crt.pem" and ours
    if node.role == CONTROL:
        return "tls" if written else "plain"
    said = seen.out("mmm-port").strip() or "down"
    if said in ("tls", "plain", "other") and not (said == "tls" and not written):
        return said
    return "tls" if written else "plain"


def _monitor_facts(read: Read, seen: HostObservation) -> dict[str, str]:
    """Read mode, roles and warnings, and whether the mode in the file is one of ours."""
    said = seen.out("mmm-monitor").splitlines()
    mode = next((line.split(" ", 1)[1] for line in said if line.startswith("mode ")), "")
    rows = [row for row in map(_ROW.fullmatch, said) if row]
    roles = "; ".join(f"{row[1]} {row[5].strip()}" for row in rows if row[5].strip())
    states = {row[1]: row[4] for row in rows}
    away = [f"{name} is {state}" for name, state in states.items() if state != "ONLINE"]
    warned = [line for line in said if line.startswith("# Warning")]
    failing = [line.split(" ", 1)[1] for line in said if line.startswith("check ")]
    held = read.two and bool(_held(read))
    return {
        "mode": calm(mode, 40),
        "file_mode": calm(read.mode, 40),
        "held": "yes" if held else "",
        "roles": calm(roles, 1000),
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


def _files(read: Read) -> tuple[str, ...]:
    found = [f"{trap} ({trap.hint})" for trap in read.traps if trap.weight == "fatal"]
    if read.unread:
        found.append(f"{read.start} includes a file that could not be read: {read.unread[0]}")
    return tuple(found)


def _product(node: Node, read: Read, version: dict[str, str]) -> tuple[str, ...]:
    found = []
    if not read.two and not version.get("tls"):
        base = node.options["base"]
        found.append(
            f"this MMM 1.x cannot do TLS (there is no {base}/lib/socket.pm): it would read "
            "socket_type ssl and stay in plain text without a word. Install the branch with SSL, "
            "or 2.x"
        )
    if not version.get("perl"):
        found.append(
            "Perl's IO::Socket::SSL is missing: install libio-socket-ssl-perl (Debian), "
            "perl-IO-Socket-SSL (Red Hat)"
        )
    if read.two and not node.options["verify_server"]:
        found.append("MMM 2.x has no option to leave the server unverified: set verify_server true")
    return tuple(found)


def _unit(node: Node, facts: dict[str, str], seen: HostObservation) -> tuple[str, ...]:
    if node.role == CONTROL or "mmm-unit" not in seen.outputs:
        return ()
    units = _pairs(seen, "unit")
    if units and "loaded" not in units.get(facts["unit"], "").split():
        return (f"there is no systemd unit {facts['unit']}: set option service for this host",)
    return ()


def _places(site: Site, node: Node, read: Read) -> tuple[str, ...]:
    """Compare what MMM's files make peers dial with what the certificates will hold."""
    found = []
    names = node.names
    what = {AGENT: "the monitor dials this agent as", MONITOR: "mmm_control dials the monitor as"}
    dialled = what.get(node.role, "mmm_control dials the monitor as")
    if node.role == CONTROL:
        names = tuple(
            name
            for topology in site.topologies
            for host in topology.roles.get(MONITOR, ())
            if node.host in topology.hosts
            for name in site.hosts[host].dialled
        )
    if not read.ip:
        what_for = "this" if node.role == AGENT else "the monitor"
        found.append(f"{read.start} gives no address for {what_for}: MMM does not start")
    elif names and read.ip not in names:
        ip = calm(read.ip, 200)
        found.append(
            f"{dialled} {ip}, which its certificate would not hold: give the host that name in "
            f"site.yaml (names: [{ip}, …])"
        )
    if node.role != CONTROL and read.port and read.port != node.port:
        key = f"{node.role}_port"
        found.append(f"MMM's files say port {read.port}, not {node.port}: set option {key}")
    return tuple(found)


def _monitor(node: Node, facts: dict[str, str]) -> tuple[str, ...]:
    """Refuse what a restart of the monitor would make worse."""
    if node.role != MONITOR or facts["grammar"] != "2.x" or facts["held"]:
        return ()
    mode = facts["mode"].lower()
    if "passive" in mode:
        return ("the monitor is in mode PASSIVE, in which it says nothing of agents that it cannot "
                "reach: mmm_control set_active first",)  # fmt: skip
    if "manual" in mode and facts["file_mode"] != "manual":
        return ("somebody set the monitor to MANUAL, which a restart would end: mmm_control "
                "set_active first, or write mode manual into <monitor>",)  # fmt: skip
    return ()


def _warnings(
    site: Site, node: Node, read: Read, facts: dict[str, str], seen: HostObservation
) -> tuple[str, ...]:
    found = [f"{trap}" for trap in read.traps if trap.weight == "warn"]
    if node.role == MONITOR:
        if len(site.topologies) > 1:
            found.append(
                "every certificate of this site's CA can drive the MMM cluster: give MMM a site, "
                "and so a CA, of its own"
            )
        if facts["running"] == "no":
            found.append("the monitor does not run: it cannot be asked for roles and states")
        if facts["warned"]:
            found.append(f"the monitor warns: {facts['warned']}")
        if facts["failing"]:
            found.append(f"its checks fail: {facts['failing']}: mend that first")
        if facts["away"]:
            found.append(f"not every host is online: {facts['away']}")
    return tuple(found)


def _stale(node: Node, read: Read, facts: dict[str, str]) -> str:
    """Say why it must start again though its files may be right."""
    if node.role == CONTROL:
        return ""
    if facts["running"] == "no":
        return "it does not run"
    if read.tls and facts["transport"] in ("plain", "other"):
        return "it does not speak the TLS of its files"
    return ""


def _units(node: Node) -> tuple[str, ...]:
    own = str(node.options["service"])
    usual = tuple(unit for (_, role), unit in UNITS.items() if role == node.role)
    return (own,) if own else usual


def _plain(paths: tuple[str, ...]) -> str:
    """Join paths; one with blanks in it is none that MMM's own scripts could bear."""
    return " ".join(path for path in paths if _PATH.fullmatch(path))


def _pairs(seen: HostObservation, name: str) -> dict[str, str]:
    """Read the `key=value` lines that a command printed."""
    rows = (line.partition("=") for line in seen.out(f"mmm-{name}").splitlines())
    return {key: value.strip() for key, sep, value in rows if sep}
