"""Read what MMM 2.x makes of its files: hosts, roles, the monitor, TLS, and the traps in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.edits.mmm.model import Trap, Value
from app.edits.mmm.traps import trap
from app.edits.mmm.v2.lines import MONITOR, OPTIONS, SOCKET
from app.edits.mmm.v2.read import DIRECTORIES, Files, Reading, Section, Setting, read

TEMPLATE = "default"
_COMMA = re.compile(r"\s*,\s*", re.ASCII)
_MODES = ("active", "passive", "manual", "wait")
_EFFECTS = {
    "cert_file": "MMM logs that it is required, runs on, and cannot listen or is refused",
    "key_file": "MMM logs that it is required, runs on, and cannot listen or is refused",
    "ca_file": "MMM runs on and trusts the certificates that the system trusts",
}


@dataclass(frozen=True, slots=True)
class HostView:
    """A host, with what `<host default>` says where the host itself says nothing."""

    name: str
    ip: Value | None
    mode: Value | None
    peer: Value | None
    agent_port: Value


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role: `exclusive` (the writer) or `balanced`, its hosts and its virtual addresses."""

    name: str
    mode: Value | None
    hosts: tuple[str, ...]
    ips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MonitorView:
    """The monitor; port and mode are MMM's defaults where nothing is said."""

    ip: Value | None
    port: Value
    mode: Value
    pid_path: Value | None
    bin_path: Value | None
    status_path: Value | None
    ping_ips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SocketView:
    """The settings of TLS that count, and the places of all sections <socket>."""

    type: Value
    cert_file: Value | None
    key_file: Value | None
    ca_file: Value | None
    sections: tuple[str, ...]

    @property
    def tls(self) -> bool:
        """Tell whether MMM speaks TLS."""
        return self.type.text == "ssl"


@dataclass(frozen=True, slots=True)
class ConfView:
    """Hold what a start file says, with its includes.

    `files` are the paths that were read, in order, the start file first; `unread` those that must
    be looked at before anything here is certain.
    """

    start: str
    files: tuple[str, ...]
    unread: tuple[str, ...]
    this: Value | None
    active_master_role: Value | None
    hosts: Mapping[str, HostView]
    roles: Mapping[str, RoleView]
    monitor: MonitorView | None
    socket: SocketView
    traps: tuple[Trap, ...]

    @property
    def fatal(self) -> tuple[Trap, ...]:
        """Give the traps that stop MMM from starting."""
        return tuple(one for one in self.traps if one.weight == "fatal")

    @property
    def host(self) -> HostView | None:
        """Give the host that `this` names: the agent's own."""
        return self.hosts.get(self.this.text) if self.this else None


def read_conf(
    files: Files,
    start: str,
    *,
    modes: Mapping[str, int] | None = None,
    directories: Sequence[str] = DIRECTORIES,
) -> ConfView:
    """Read mmm_agent.conf, mmm_mon.conf, mmm_mon_CLUSTER.conf or mmm_tools.conf and includes.

    `modes` are the permissions of the files, by path: MMM refuses what others may read or write.
    Raises EditError only for a file that is too large; what MMM itself refuses is a fatal trap.
    """
    reading = read(files, start, directories)
    top = _merged(s for s in reading.settings if not s.section)
    hosts, roles = _hosts(reading), _roles(reading)
    traps = (
        *reading.traps,
        *_mode_traps(reading, modes or {}),
        *socket_traps(reading),
        *_other_traps(reading, hosts),
    )
    return ConfView(
        start=reading.start,
        files=tuple(reading.files),
        unread=tuple(reading.unread),
        this=top.get("this"),
        active_master_role=top.get("active_master_role"),
        hosts=hosts,
        roles=roles,
        monitor=_monitor(reading),
        socket=_socket(reading),
        traps=traps,
    )


def split_list(text: str) -> tuple[str, ...]:
    """Cut a list as Perl does: empty words at its end fall away."""
    words = _COMMA.split(text) if text else []
    while words and not words[-1]:
        words.pop()
    return tuple(words)


def _value(setting: Setting) -> Value:
    return Value(setting.line.value, setting.file, setting.line.number)


def _merged(settings: Iterator[Setting]) -> dict[str, Value]:
    return {one.line.word: _value(one) for one in settings}


def _objects(reading: Reading, type_: str) -> dict[str, dict[str, Value]]:
    """Give the objects of a named section; those that the template alone fills are none."""
    found: dict[str, dict[str, Value]] = {}
    for section in reading.sections:
        if section.type == type_ and section.name:
            values = found.setdefault(section.name, {})
            values.update(_merged(iter(section.settings)))
    return found


def _hosts(reading: Reading) -> dict[str, HostView]:
    found = _objects(reading, "host")
    template = found.pop(TEMPLATE, {})
    return {name: _host(name, template | values) for name, values in found.items()}


def _host(name: str, values: Mapping[str, Value]) -> HostView:
    port = values.get("agent_port") or Value("9989")
    return HostView(name, values.get("ip"), values.get("mode"), values.get("peer"), port)


def _roles(reading: Reading) -> dict[str, RoleView]:
    return {
        name: RoleView(name, values.get("mode"), _list(values, "hosts"), _list(values, "ips"))
        for name, values in _objects(reading, "role").items()
    }


def _list(values: Mapping[str, Value], name: str) -> tuple[str, ...]:
    return split_list(values[name].text) if name in values else ()


def _unique(reading: Reading, type_: str) -> tuple[list[Section], dict[str, Value]]:
    sections = [one for one in reading.sections if one.type == type_ and not one.name]
    return sections, _merged(s for one in sections for s in one.settings)


def _monitor(reading: Reading) -> MonitorView | None:
    sections, values = _unique(reading, MONITOR)
    if not sections:
        return None
    return MonitorView(
        ip=values.get("ip"),
        port=values.get("port") or Value("9988"),
        mode=values.get("mode") or Value("active"),
        pid_path=values.get("pid_path"),
        bin_path=values.get("bin_path"),
        status_path=values.get("status_path"),
        ping_ips=_list(values, "ping_ips"),
    )


def _socket(reading: Reading) -> SocketView:
    sections, values = _unique(reading, SOCKET)
    return SocketView(
        type=values.get("type") or Value("plain"),
        cert_file=values.get("cert_file"),
        key_file=values.get("key_file"),
        ca_file=values.get("ca_file"),
        sections=tuple(f"{one.file}:{one.first.number}" for one in sections),
    )


def _mode_traps(reading: Reading, modes: Mapping[str, int]) -> Iterator[Trap]:
    for path in reading.files:
        mode = modes.get(path, 0)
        if mode & 0o002:
            yield trap("world-writable", path, 0)
        if mode & 0o004:
            yield trap("world-readable", path, 0)


def socket_traps(reading: Reading) -> Iterator[Trap]:
    """Give the traps of <socket> that the whole of the files makes."""
    sections, values = _unique(reading, SOCKET)
    for before, section in pairwise(sections):
        place = f"{before.file}:{before.first.number}"
        yield trap("repeated-section", section.file, section.first.number, place=place)
    for name in OPTIONS:
        places = reading.of(SOCKET, name)
        for one in places[:-1]:
            if one.line.value != places[-1].line.value:
                place = places[-1].place
                yield trap("overridden", one.file, one.line.number, name=name, place=place)
    kind = values.get("type") or Value("plain")
    named = [values[name] for name in OPTIONS[1:] if name in values]
    if kind.text not in ("plain", "ssl"):
        yield trap("socket-type", kind.file, kind.line, name=kind.text)
    elif kind.text == "plain" and named:
        at = kind if kind.line else named[0]
        yield trap("plain-with-options", at.file, at.line)
    elif kind.text == "ssl":
        for name, effect in _EFFECTS.items():
            if name not in values:
                yield trap("missing-option", kind.file, kind.line, name=name, effect=effect)


def _other_traps(reading: Reading, hosts: Mapping[str, HostView]) -> Iterator[Trap]:
    modes = reading.of(MONITOR, "mode")
    if modes and modes[-1].line.value not in _MODES:
        one = modes[-1]
        yield trap("monitor-mode", one.file, one.line.number, name=one.line.value)
    this = [one for one in reading.settings if not one.section and one.line.word == "this"]
    if this and not reading.unread and this[-1].line.value not in hosts:
        one = this[-1]
        name = one.line.value
        yield trap("unknown-host", one.file, one.line.number, variable="this", name=name)
