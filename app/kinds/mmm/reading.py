"""What MMM's own files on a host say, in one form for both grammars.

The search path of 2.x and the base folder of 1.x decide which version is there: where both have a
start file, 2.x counts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.edits.mmm import v1, v2
from app.edits.mmm.model import Trap, Value
from app.edits.mmm.names import start_file
from app.kinds.mmm.topology import AGENT, MONITOR
from app.model import Node
from app.observed import HostObservation

TEXTS = ("/etc/mmm_*.conf", "/etc/mmm/*.conf", "/etc/mysql-mmm/*.conf")
_NAMES_TWO = re.compile(r"/etc(?:/mmm|/mysql-mmm)?/[^/]+\.conf")
_START = re.compile(r"mmm_(?:agent|mon)(?:_(?!log\.conf).+)?\.conf")
"""Files of 2.x that a daemon starts from; mmm_mon_log.conf and the like belong to log4perl."""


@dataclass(frozen=True, slots=True)
class Read:
    """Hold what counts for a node on its host.

    `start` is the path of its start file; `starts` are the names of the start files of its cluster
    that are there, its own first, `files` all that they read, with their bytes, and `others` the
    start files of other clusters on the same host that read one of these.  `hosts` maps MMM's
    names of the agents to the addresses that the monitor dials; `this` is the agent's own name,
    `ip` what it listens on, `mode` the mode that a monitor starts in, `active_role` the role of
    the writer.
    """

    two: bool
    start: str
    files: Mapping[str, bytes] = field(repr=False)
    starts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    this: str = ""
    ip: str = ""
    port: int = 0
    agent_ports: Mapping[str, int] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    mode: str = ""
    active_role: str = ""
    tls: bool = False
    paths: Mapping[str, str] = field(default_factory=dict)
    logs: tuple[str, ...] = ()
    traps: tuple[Trap, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Give the folder of keys and certificates: `ssl` beside the configuration."""
        home = posixpath.dirname(self.start)
        return "/etc/mmm/ssl" if home == "/etc" else f"{home}/ssl"


def starts_of(node: Node) -> tuple[str, ...]:
    """Name the files that a node's program may start from, the first that is there counts.

    The agent of a cluster with a name is run as `mmm_agentd @NAME`, or without where its host has
    no other.
    """
    cluster = str(node.options["cluster"])
    if node.role != AGENT:
        return (start_file("mon", cluster),)
    return tuple(dict.fromkeys((start_file("agent", cluster), start_file("agent"))))


def read_node(node: Node, seen: HostObservation) -> Read | None:
    """Read what counts for a node; nothing where its start file is in no place of either version.

    Raises EditError for a file that is too large to be one of MMM's.
    """
    files = two_files(seen)
    present = {posixpath.basename(path) for path in files}
    for start in starts_of(node):
        if start in present:
            return _two(node, start, seen, files)
    for start in starts_of(node):
        path = f"{node.options['base']}/etc/{start}"
        data = seen.file(path).data
        if data is not None:
            return _one(node, path, data, seen)
    return None


def two_files(seen: HostObservation) -> dict[str, bytes]:
    """Give the files of 2.x that were read on a host."""
    return {
        path: fact.data
        for path, fact in seen.files.items()
        if fact.data is not None and _NAMES_TWO.fullmatch(path)
    }


def known(files: Mapping[str, bytes], starts: Iterable[str]) -> dict[str, bytes | None]:
    """Add what is known not to be there: the survey asks for every .conf of MMM's folders.

    In /etc itself only mmm_*.conf is read, so other names there stay unknown.
    """
    found: dict[str, bytes | None] = dict(files)
    names = tuple(starts)
    while missing := [p for p in v2.unread(found, names) if _asked(p)]:
        found |= dict.fromkeys(missing)
    return found


def _asked(path: str) -> bool:
    folder, name = posixpath.split(path)
    return folder != "/etc" or name.startswith("mmm_")


def _two(node: Node, start: str, seen: HostObservation, files: dict[str, bytes]) -> Read:
    names = dict.fromkeys(sorted(posixpath.basename(path) for path in files))
    starts = (start, *(name for name in _beside(node) if name in names and name != start))
    others = tuple(name for name in filter(_START.fullmatch, names) if name not in starts)
    everything = known(files, (*starts, *others))
    paths = dict.fromkeys(path for s in starts for path in v2.read_conf(everything, s).files)
    modes = {path: seen.file(path).mode for path in files}
    view = v2.read_conf(everything, start, modes=modes)
    own = view.host
    monitor = view.monitor
    ip = _text(own.ip if own else None)
    port = own.agent_port.number if own else 0
    if node.role != AGENT:
        ip = _text(monitor.ip if monitor else None)
        port = monitor.port.number if monitor else 0
    socket = view.socket
    named = {"cert": socket.cert_file, "key": socket.key_file, "ca": socket.ca_file}
    return Read(
        two=True,
        start=view.start,
        files={path: files[path] for path in paths if path in files},
        starts=starts,
        others=tuple(o for o in others if _share(everything, o, paths)),
        this=_text(view.this),
        ip=ip,
        port=port,
        agent_ports={name: host.agent_port.number for name, host in view.hosts.items()},
        hosts={name: _text(host.ip) for name, host in view.hosts.items() if host.ip},
        mode=monitor.mode.text if monitor and node.role == MONITOR else "",
        active_role=_text(view.active_master_role),
        tls=socket.tls,
        paths={name: _text(value) for name, value in named.items()},
        traps=view.traps,
        unread=view.unread,
    )


def _beside(node: Node) -> tuple[str, ...]:
    """Name the start files that share the TLS of a node's host: those of its cluster."""
    cluster = str(node.options["cluster"])
    found = (start_file("agent", cluster), start_file("mon", cluster))
    return found if cluster else (*found, start_file("tools"))


def _share(files: Mapping[str, bytes | None], other: str, ours: Iterable[str]) -> bool:
    return bool(set(v2.read_conf(files, other).files) & set(ours))


def _one(node: Node, path: str, data: bytes, seen: HostObservation) -> Read:
    """Read 1.x; on an agent's host the file of mmm_control gets the same settings."""
    other = f"{posixpath.dirname(path)}/{start_file('mon', str(node.options['cluster']))}"
    found = seen.file(other).data if node.role == AGENT else None
    beside = {} if found is None else {other: found}
    view = v1.read_conf(data, path)
    hosts = {one.name: one.text("ip") for one in view.of("host") if one.text("ip")}
    this = view.setting("this")
    agent = node.role == AGENT
    port, agents = view.settings.get("bind_port"), view.settings.get("agent_port")
    return Read(
        two=False,
        start=path,
        files={**beside, path: data},
        this=this,
        ip=hosts.get(this, "") if agent else view.setting("monitor_ip"),
        port=port.number if port else 0,
        agent_ports=dict.fromkeys(hosts, agents.number if agents else 0),
        hosts=hosts,
        active_role=view.setting("active_master_role"),
        tls=view.socket.tls,
        paths={
            name: _text(view.socket.options.get(f"{name}_file")) for name in ("cert", "key", "ca")
        },
        logs=tuple(one.text("file") for one in view.of("log") if one.text("file")),
        traps=view.traps,
    )


def _text(value: Value | None) -> str:
    return value.text if value else ""
