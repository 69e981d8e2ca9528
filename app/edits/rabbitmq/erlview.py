"""Find settings and listeners in the classic configuration of RabbitMQ."""

from __future__ import annotations

from collections.abc import Iterable

from app.edits.rabbitmq.erlang import Term
from app.edits.rabbitmq.erldraft import TermDraft
from app.edits.rabbitmq.listeners import PLAIN_PORT, ListenerView

_NAMED = {
    "rabbit": "amqp",
    "rabbitmq_mqtt": "mqtt",
    "rabbitmq_stomp": "stomp",
    "rabbitmq_stream": "stream",
}
# Plugins with one listener of each sort, and its default ports (3.10.8).
_SINGLE = {
    "rabbitmq_management": ("management", 15672, 15671),
    "rabbitmq_web_mqtt": ("web_mqtt", 15675, 15675),
    "rabbitmq_web_stomp": ("web_stomp", 15674, 0),
    "rabbitmq_prometheus": ("prometheus", 15692, 15691),
}
_TCP, _SSL = "tcp_listeners", "ssl_listeners"


def find_top(draft: TermDraft) -> Term | None:
    """Give the list of applications, None for a file of comments only.

    Raises EditError, with the line, for what stops RabbitMQ from reading the file.
    """
    terms = draft.file.terms
    if not terms:
        return None
    if len(terms) > 1:
        raise draft.refusal("a second term stands here, and RabbitMQ reads one only", terms[1])
    top = terms[0]
    if not top.proper:
        raise draft.refusal(
            "this is no list, and RabbitMQ expects one of {application, [...]}", top
        )
    for item in top.items:
        if item.tag is None or not (item.items[1].proper or is_empty(item.items[1])):
            raise draft.refusal("this is not of the form {application, [settings]}", item)
    return top


def find(draft: TermDraft, *path: str) -> Term | None:
    """Give the value of a setting by its path, the application first; None where it is not set.

    Raises EditError for one that stands twice, and for what is no list on the way.
    """
    here = find_top(draft)
    for depth, name in enumerate(path):
        if here is None or is_empty(here):
            return None
        if not here.proper:
            raise draft.refusal(f"{'.'.join(path[:depth])} is no list of settings", here)
        found = [item for item in here.items if item.tag == name]
        if len(found) > 1:
            lines = " and ".join(str(draft.line(item)) for item in found)
            raise draft.refusal(
                f"{'.'.join(path[: depth + 1])} stands more than once (lines {lines})",
                found[0],
                hint="merge them into one",
            )
        here = found[0].items[1] if found else None
    return here


def address(item: Term) -> tuple[str, int]:
    """Give the address and port of `5671`, `{"127.0.0.1", 5671}` or `{{127,0,0,1}, 5671, inet}`."""
    if item.kind == "int":
        return "", int(str(item.value))
    if item.kind == "tuple" and len(item.items) >= 2 and item.items[1].kind == "int":
        host, port = item.items[0], int(str(item.items[1].value))
        numbers = [str(part.value) for part in host.items]
        if len(numbers) == 8:
            return (":".join(numbers).replace("0:0:0:0:0:0:0:", "::"), port)
        return (str(host.value) if host.kind == "string" else ".".join(numbers)), port
    return "", 0


def listeners(draft: TermDraft) -> tuple[ListenerView, ...]:
    """Give the listeners that the file names, and the plain one that is on by default."""
    found = [one for app in _NAMED for one in _named(draft, app)]
    found += [one for app in _SINGLE for one in _single(draft, app)]
    if find(draft, "rabbit", _TCP) is None:
        found.append(ListenerView("amqp", False, _TCP, "", PLAIN_PORT, 0))
    return tuple(found)


def is_empty(term: Term) -> bool:
    """Tell whether a term is the empty list, which "" is too."""
    return (term.proper and not term.items) or (term.kind == "string" and term.value == "")


def is_true(term: Term | None) -> bool:
    """Tell whether a setting is the atom `true`."""
    return term is not None and term.kind == "atom" and term.value == "true"


def _named(draft: TermDraft, app: str) -> Iterable[ListenerView]:
    for key in (_TCP, _SSL):
        row = find(draft, app, key)
        for item in row.items if row else ():
            yield ListenerView(_NAMED[app], key == _SSL, key, *address(item), draft.line(item))


def _single(draft: TermDraft, app: str) -> Iterable[ListenerView]:
    plugin, plain, secure = _SINGLE[app]
    tls = is_true(find(draft, app, "listener", "ssl"))
    sorts = (("tcp_config", False, plain), ("ssl_config", True, secure), ("listener", tls, plain))
    for key, sort, default in sorts:
        row = find(draft, app, key)
        if row is not None:
            port = find(draft, app, key, "port")
            number = int(str(port.value)) if port and port.kind == "int" else 0
            yield ListenerView(
                plugin, sort, key, "", number if port else default, draft.line(port or row)
            )
