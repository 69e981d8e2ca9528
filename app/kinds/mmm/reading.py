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
_BESIDE = re.compile(r"mmm_(?:agent|tools|mon(?:_.+)?)\.conf")
"""Start files of 2.x that share a host's settings of TLS, beside its own."""
_MON = re.compile(r"mmm_mon(?:_.+)?\.conf")


@dataclass(frozen=True, slots=True)
class Read:
    """Hold what counts for a node on its host.

    `start` is the path of its start file and `files` all that it reads, with their bytes;
    `starts` are the names of every start file of 2.x that is there.  `hosts` maps MMM's names of
    the agents to the addresses that the monitor dials; `this` is the agent's own name, `ip` what it
    listens on, `mode` the mode that a monitor starts in.
    """

    two: bool
    start: str
    files: Mapping[str, bytes] = field(repr=False)
    starts: tuple[str, ...] = ()
    this: str = ""
    ip: str = ""
    port: int = 0
    agent_ports: Mapping[str, int] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    mode: str = ""
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


def own_start(node: Node) -> str:
    """Name the file that a node's program starts from; agents know no cluster."""
    if node.role == AGENT:
        return start_file("agent")
    return start_file("mon", str(node.options["cluster"]))


def read_node(node: Node, seen: HostObservation) -> Read | None:
    """Read what counts for a node; nothing where its start file is in no place of either version.

    Raises EditError for a file that is too large to be one of MMM's.
    """
    files = two_files(seen)
    if any(posixpath.basename(path) == own_start(node) for path in files):
        return _two(node, seen, files)
    path = f"{node.options['base']}/etc/{own_start(node)}"
    data = seen.file(path).data
    return None if data is None else _one(node, path, data, seen)


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


def _two(node: Node, seen: HostObservation, files: dict[str, bytes]) -> Read:
    start = own_start(node)
    names = sorted(posixpath.basename(path) for path in files)
    starts = tuple(dict.fromkeys((start, *filter(_BESIDE.fullmatch, names))))
    everything = known(files, starts)
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
        files={path: files[path] for path in view.files if path in files},
        starts=starts,
        this=_text(view.this),
        ip=ip,
        port=port,
        agent_ports={name: host.agent_port.number for name, host in view.hosts.items()},
        hosts={name: _text(host.ip) for name, host in view.hosts.items() if host.ip},
        mode=monitor.mode.text if monitor and node.role == MONITOR else "",
        tls=socket.tls,
        paths={name: _text(value) for name, value in named.items()},
        traps=view.traps,
        unread=view.unread,
    )


def _one(node: Node, path: str, data: bytes, seen: HostObservation) -> Read:
    """Read 1.x; on an agent's host the files of mmm_control get the same settings."""
    folder = posixpath.dirname(path)
    beside = {
        other: fact.data
        for other, fact in seen.files.items()
        if node.role == AGENT and fact.data is not None
        and posixpath.dirname(other) == folder and _MON.fullmatch(posixpath.basename(other))
    }  # fmt: skip
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
        tls=view.socket.tls,
        paths={
            name: _text(view.socket.options.get(f"{name}_file")) for name in ("cert", "key", "ca")
        },
        logs=tuple(one.text("file") for one in view.of("log") if one.text("file")),
        traps=view.traps,
    )


def _text(value: Value | None) -> str:
    return value.text if value else ""
