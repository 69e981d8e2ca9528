"""Read a file of MMM 1.x: settings, objects, the state of TLS, and the traps in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.edits.mmm.model import Trap, Value
from app.edits.mmm.text import MARK, comment_in
from app.edits.mmm.traps import trap
from app.edits.mmm.v1.lines import SOCKET, TLS_OPTIONS, Entry, Line, Table, evaluate, parse_lines

# Settings that a blank before them would hide, and that TLS or the links between nodes need.
_SETTINGS = ("bind_port", "agent_port", "monitor_ip", "this", SOCKET)
_EFFECTS = {
    "cert_file": "MMM looks for a certificate below its own folder and does not listen",
    "key_file": "MMM looks for a key below its own folder and does not listen",
    "ca_file": "every certificate that the system trusts is let in",
}


@dataclass(frozen=True, slots=True)
class ObjectView:
    """An object such as `host db1`, with the options that count."""

    kind: str
    name: str
    line: int
    options: Mapping[str, Value]

    def text(self, option: str) -> str:
        """Give an option, or nothing."""
        value = self.options.get(option)
        return value.text if value else ""


@dataclass(frozen=True, slots=True)
class SocketView:
    """The block socket_type as it counts; without `tls` MMM speaks plain text.

    `line` is that of its head, 0 where there is none.
    """

    tls: bool
    line: int
    options: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ConfView:
    """Hold what a file says: settings `name value`, objects with options, TLS, and traps."""

    settings: Mapping[str, Value]
    objects: tuple[ObjectView, ...]
    socket: SocketView
    traps: tuple[Trap, ...]

    def setting(self, name: str) -> str:
        """Give a setting such as bind_port, agent_port, monitor_ip or this, or nothing."""
        value = self.settings.get(name)
        return value.text if value else ""

    def of(self, kind: str) -> tuple[ObjectView, ...]:
        """Give the objects of one class, such as `host`."""
        return tuple(one for one in self.objects if one.kind == kind)

    @property
    def fatal(self) -> tuple[Trap, ...]:
        """Give the traps that stop MMM from starting."""
        return tuple(one for one in self.traps if one.weight == "fatal")


def read_conf(data: bytes, where: str) -> ConfView:
    """Read mmm_agent.conf, mmm_mon.conf or mmm_mon_CLUSTER.conf of MMM 1.x.

    Raises EditError only for a file that is too large; what MMM itself refuses is a fatal trap.
    """
    _, lines = parse_lines(data, where)
    return view(lines, where)


def view(lines: tuple[Line, ...], where: str) -> ConfView:
    """Give what the lines say."""
    table = evaluate(lines)
    settings = {
        name: Value(slot.value, where, slot.number)
        for name, slot in table.items()
        if isinstance(slot, Line)
    }
    objects = [
        ObjectView(kind, name, entry.head.number, _options(entry, where))
        for kind, slot in table.items()
        if isinstance(slot, dict)
        for name, entry in slot.items()
    ]
    socket = _socket(table, where)
    traps = sorted(_traps(lines, table, socket, where), key=lambda one: one.line)
    return ConfView(settings, tuple(objects), socket, tuple(traps))


def _options(entry: Entry, where: str) -> dict[str, Value]:
    return {
        name: Value(line.value, where, line.number)
        for name, line in sorted(entry.options.items(), key=lambda pair: pair[1].number)
    }


def _socket(table: Table, where: str) -> SocketView:
    """Tell what MMM makes of socket_type: TLS is on where it has an object ssl."""
    slot = table.get(SOCKET)
    if isinstance(slot, Line):
        return SocketView(False, slot.number, {})
    entry = (slot or {}).get("ssl")
    if entry is None:
        return SocketView(False, min((e.head.number for e in (slot or {}).values()), default=0), {})
    return SocketView(True, entry.head.number, _options(entry, where))


def _traps(lines: tuple[Line, ...], table: Table, socket: SocketView, where: str) -> Iterator[Trap]:
    if lines and lines[0].text.startswith(MARK):
        fatal = lines[0].kind == "invalid"
        yield trap("byte-order-mark", where, 1, "fatal" if fatal else "warn")
    for line in lines:
        if line.kind == "invalid":
            yield trap("invalid-line", where, line.number)
        elif line.kind == "option":
            yield from _value_traps(line, where)
    yield from _head_traps(lines, where)
    yield from _socket_traps(table, socket, where)


def _value_traps(line: Line, where: str) -> Iterator[Trap]:
    if line.value.endswith("\r"):
        yield trap("carriage-return", where, line.number, name=line.name)
    if line.value.rstrip("\r") != line.value.rstrip(" \t\r\f\v"):
        yield trap("trailing-blank", where, line.number, name=line.name)
    if comment_in(line.value):
        yield trap("trailing-comment", where, line.number, name=line.name)


def _head_traps(lines: tuple[Line, ...], where: str) -> Iterator[Trap]:
    seen: dict[tuple[str, str], int] = {}
    filled: set[str] = set()
    owner = ("", "")
    for line in lines:
        if line.kind == "option":
            filled.add(owner[0])
            if line.name in _SETTINGS:
                name = f"{owner[0]} {owner[1]}".strip() or "nothing"
                yield trap("indented-head", where, line.number, name=line.name, owner=name)
        if line.kind != "head":
            continue
        owner = (line.name, line.value)
        if owner in seen and line.name in filled:
            first = str(seen[owner])
            yield trap(
                "repeated-head", where, line.number, kind=line.name, name=line.value, first=first
            )
        seen[owner] = line.number
        if not line.gap:
            yield trap("split-word", where, line.number, kind=line.name, name=line.value)
        elif line.name == "include":
            yield trap("no-include", where, line.number, name=line.value)
        elif line.name in TLS_OPTIONS:
            yield trap("unindented-option", where, line.number, name=line.name)


def _socket_traps(table: Table, socket: SocketView, where: str) -> Iterator[Trap]:
    slot = table.get(SOCKET)
    if isinstance(slot, Line) and slot.value == "ssl":
        yield trap("ssl-without-options", where, slot.number)
    for name, entry in slot.items() if isinstance(slot, dict) else ():
        if name != "ssl":
            yield trap("other-socket-type", where, entry.head.number, name=name)
    if socket.tls and not socket.options:
        yield trap("ssl-emptied", where, socket.line)
    elif socket.tls:
        for name, effect in _EFFECTS.items():
            if name not in socket.options:
                yield trap("missing-option", where, socket.line, name=name, effect=effect)
        if "ca_path" in socket.options:
            yield trap("more-trust", where, socket.options["ca_path"].line)
