"""Read which listeners rabbitmq.conf opens, and how those with TLS are set."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.edits.rabbitmq.confdraft import Draft, key_of
from app.edits.rabbitmq.conflines import Line
from app.edits.rabbitmq.listeners import PLAIN_PORT, ListenerView

_PORT = re.compile(r"(?:(?P<address>.*):)?(?P<port>[+]?[0-9]{1,9})")
# Listeners that are named one by one: prefix.tcp.NAME = [address:]port
_NAMED = (
    ("amqp", "listeners"),
    ("mqtt", "mqtt.listeners"),
    ("stomp", "stomp.listeners"),
    ("stream", "stream.listeners"),
)
# One listener of each sort, with its default ports (3.10.8): prefix.tcp.port, prefix.tcp.ip
_SINGLE = (
    ("management", 15672, 15671),
    ("web_mqtt", 15675, 15675),
    ("web_stomp", 15674, 0),
    ("prometheus", 15692, 15691),
)
_TLS_FAMILIES = (
    "ssl_options",
    "management.ssl",
    "management.listener.ssl_opts",
    "web_mqtt.ssl",
    "web_stomp.ssl",
    "prometheus.ssl",
)


@dataclass(frozen=True, slots=True)
class ConfView:
    """Hold what a file says of listeners.

    `tls` are the settings of TLS by their key (some hold a password); `includes` the lines that
    take in other files, and `references` those of listeners whose value stands elsewhere.
    """

    listeners: tuple[ListenerView, ...]
    tls: dict[str, str] = field(repr=False)
    includes: tuple[int, ...] = ()
    references: tuple[int, ...] = ()

    def of(self, plugin: str, *, tls: bool) -> tuple[ListenerView, ...]:
        """Give the listeners of one plugin, `amqp` for clients."""
        return tuple(one for one in self.listeners if one.plugin == plugin and one.tls is tls)


def read_conf(data: bytes, where: str) -> ConfView:
    """Read rabbitmq.conf; raise EditError for a file that stops the node from starting."""
    return view(Draft(data, where))


def view(draft: Draft) -> ConfView:
    """Give the listeners of a file that is being edited."""
    found = [*_named(draft), *_single(draft), *_legacy(draft)]
    settings = [line for family in _TLS_FAMILIES for line in draft.effective(family)]
    listening = {one.line for one in found}
    return ConfView(
        listeners=tuple(found),
        tls={line.name: line.value for line in settings},
        includes=tuple(line.number for line in draft.lines if line.kind == "include"),
        references=tuple(
            line.number for line in draft.lines if line.number in listening and line.refers
        ),
    )


def place(line: Line) -> tuple[str, int]:
    """Give the address and port of a value like `5671` or `127.0.0.1:5671`; 0 for neither."""
    found = None if line.refers else _PORT.fullmatch(line.value)
    if found is None:
        return "", 0
    return (found["address"] or "").strip("[]"), int(found["port"])


def _named(draft: Draft) -> Iterable[ListenerView]:
    for plugin, prefix in _NAMED:
        for sort in ("tcp", "ssl"):
            family = f"{prefix}.{sort}"
            lines = draft.effective(family)
            if any(line.name == family and line.value == "none" for line in lines):
                continue
            for line in lines:
                if len(line.key) == len(key_of(family)) + 1:
                    address, port = place(line)
                    yield ListenerView(plugin, sort == "ssl", line.name, address, port, line.number)
            if not lines and plugin == "amqp" and sort == "tcp":
                yield ListenerView(plugin, False, "listeners.tcp", "", PLAIN_PORT, 0)


def _single(draft: Draft) -> Iterable[ListenerView]:
    for plugin, *defaults in _SINGLE:
        for sort, default in zip(("tcp", "ssl"), defaults, strict=True):
            family = f"{plugin}.{sort}"
            lines = draft.effective(family)
            both = draft.find(f"{family}.listener")
            if both is not None and plugin != "management":
                yield ListenerView(plugin, sort == "ssl", both.name, *place(both), both.number)
            elif lines:
                yield _one(draft, plugin, family, default, tls=sort == "ssl")


def _legacy(draft: Draft) -> Iterable[ListenerView]:
    """Give the management listener in the form before 3.7.9."""
    if draft.effective("management.listener"):
        secure = draft.find("management.listener.ssl")
        tls = secure is not None and secure.value == "true"
        yield _one(draft, "management", "management.listener", 15672, tls=tls)


def _one(draft: Draft, plugin: str, family: str, default: int, *, tls: bool) -> ListenerView:
    port, address = draft.find(f"{family}.port"), draft.find(f"{family}.ip")
    first = port or draft.effective(family)[0]
    return ListenerView(
        plugin,
        tls,
        first.name if port else family,
        address.value if address else "",
        place(port)[1] if port else default,
        first.number,
    )
