"""Edit the client listeners in RabbitMQ's classic configuration: advanced.config, rabbitmq.config.

RabbitMQ lays the settings of advanced.config over those of rabbitmq.conf, each as a whole: one
`{ssl_options, [...]}` there takes all `ssl_options.*` here away (cuttlefish_advanced:overlay).
Where rabbitmq.config and rabbitmq.conf both stand, the former alone is read.
The decisions are those of `app.edits.rabbitmq.conf`, and:

- a lone port in ssl_listeners is replaced; where several listeners stand, one is added;
- a setting or section that stands twice is refused, as is code: only plain terms are edited.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.edits.rabbitmq.erlang import Term
from app.edits.rabbitmq.erldraft import Block, TermDraft
from app.edits.rabbitmq.erlview import address, find, find_top, is_empty, is_true, listeners
from app.edits.rabbitmq.erlwants import Want, files, number, options, snippet
from app.edits.rabbitmq.listeners import (
    INLINE,
    LOOPBACK,
    EditedConf,
    ListenerEdit,
    ListenerView,
    check_ports,
    check_wish,
    refused_by,
)
from app.errors import EditError
from app.quoting import calm

__all__ = ["EditedConf", "ListenerEdit", "edit_advanced", "overrides", "snippet"]

Path = tuple[str, ...]
_RABBIT, _MANAGEMENT = "rabbit", "rabbitmq_management"
_TLS, _PLAIN = (_RABBIT, "ssl_listeners"), (_RABBIT, "tcp_listeners")
_OPTIONS = (_RABBIT, "ssl_options")
_BEATS = {
    _RABBIT: ("tcp_listeners", "ssl_listeners", "ssl_options"),
    _MANAGEMENT: ("listener", "tcp_config", "ssl_config"),
}


def edit_advanced(data: bytes, wanted: ListenerEdit, where: str) -> EditedConf:
    """Bring a classic configuration to what is wanted; what is there already changes no byte.

    Raises EditError with the line, the reason and a snippet to paste where the file cannot be
    edited safely.
    """
    fresh = ""
    try:
        check_wish(wanted)
        fresh = snippet(wanted)
        draft = TermDraft(data, where)
        if find_top(draft) is None:
            joint = "" if not data or data.endswith(b"\n") else draft.style.newline
            text = joint + fresh.replace("\n", draft.style.newline)
            return EditedConf(data + text.encode("ascii"))
        _inspect(draft, wanted)
        _listen(draft, wanted.port)
        if wanted.close_plain and not _closed(draft):
            _put(draft, _PLAIN, "[]")
        for path, wants in _wants(draft, wanted):
            _clean(draft, path, wanted)
            _set(draft, path, wants)
        return EditedConf(draft.data, tuple(draft.notes))
    except EditError as error:
        error.where = error.where or where
        error.snippet = error.snippet or fresh
        raise


def overrides(advanced: bytes, where: str) -> tuple[str, ...]:
    """Name the settings of listeners in advanced.config that beat all of rabbitmq.conf's.

    Written like `rabbit.ssl_options`.  Raises EditError for a file that RabbitMQ could not read, or
    that holds code.
    """
    top = find_top(TermDraft(advanced, where))
    found = []
    for section in top.items if top else ():
        for setting in section.items[1].items:
            if setting.tag in _BEATS.get(str(section.tag), ()):
                found.append(f"{section.tag}.{setting.tag}")
    return tuple(dict.fromkeys(found))


def _wants(draft: TermDraft, wanted: ListenerEdit) -> list[tuple[Path, list[Want]]]:
    """Give the lists to change with what they are to hold.

    The management plugin's listener stays in the form before 3.7.9 where that is in use with TLS.
    """
    found: list[tuple[Path, list[Want]]] = [(_OPTIONS, options(wanted))]
    if wanted.management_port:
        port = number("port", wanted.management_port)
        old = (_MANAGEMENT, "listener")
        if is_true(find(draft, *old, "ssl")):
            found += [(old, [port]), ((*old, "ssl_opts"), files(wanted))]
        else:
            found += [((_MANAGEMENT, "ssl_config"), [port, *files(wanted)])]
    return found


def _inspect(draft: TermDraft, wanted: ListenerEdit) -> None:
    """Refuse what cannot be edited, and say what the user should know, before any line moves."""
    now = listeners(draft)
    check_ports(now, wanted, draft.where)
    find(draft, *_PLAIN)
    row = find(draft, *_TLS)
    if row is not None and not row.proper and not is_empty(row):
        raise draft.refusal("ssl_listeners is no list", row)
    for item in row.items if row else ():
        if not address(item)[1]:
            hint = 'write it like 5671 or {"10.0.0.1", 5671}'
            raise draft.refusal("this is no listener that RabbitMQ knows", item, hint=hint)
    for path, wants in _wants(draft, wanted):
        for want in wants:
            find(draft, *path, want.key)
        for item, reason in _unfit(draft, path, wanted):
            find(draft, *path, str(item.tag))
            draft.note(item, f"{item.tag} is taken out: {reason}")
    _remark_listeners(draft, row, wanted.port)
    for one in now:
        if wanted.close_plain and not one.tls and one.plugin != "amqp":
            text = f"{one.plugin} still listens without TLS ({one.key})"
            draft.notes.append(f"{draft.where}:{one.line}: {text}")
    if wanted.management_port:
        _inspect_management(draft, now)


def _inspect_management(draft: TermDraft, now: Iterable[ListenerView]) -> None:
    keys = {one.key: one.tls for one in now if one.plugin == "management"}
    old = find(draft, _MANAGEMENT, "listener")
    if old is not None and keys.get("listener") and "ssl_config" in keys:
        raise draft.refusal(
            "management has TLS both in listener and in ssl_config: only one of them can run",
            old,
            hint="take one of them out",
        )
    if not keys:
        draft.notes.append(f"{draft.where}: management answers with TLS only, no longer in plain")
    if old is not None and not keys["listener"] and "tcp_config" in keys:
        draft.note(old, "management runs two listeners at most, and leaves this one out")


def _remark_listeners(draft: TermDraft, row: Term | None, port: int) -> None:
    items = row.items if row else ()
    there = [item for item in items if address(item)[1] == port]
    served = any(address(item)[0] not in LOOPBACK for item in there)
    for item in items:
        host, text = address(item)[0], calm(draft.text(item), 60)
        if item not in there and (there or len(items) > 1 or item.kind != "int"):
            draft.note(item, f"TLS is served on {text} too, and stays")
        elif not served:
            draft.note(item, f"TLS was served on {text}, and is on {port} now")
        elif host:
            draft.note(item, f"the TLS listener on {text} keeps its address")


def _listen(draft: TermDraft, port: int) -> None:
    """See that one TLS listener is on the wanted port."""
    row = find(draft, *_TLS)
    if row is None or is_empty(row):
        _put(draft, _TLS, f"[{port}]")
        return
    there = [item for item in row.items if address(item)[1] == port]
    if any(address(item)[0] not in LOOPBACK for item in there):
        return
    for item in reversed(there[1:]):
        draft.remove(_row(draft, _TLS), item)
    row = _row(draft, _TLS)
    if there:
        draft.replace(there[0], str(port))
    elif len(row.items) == 1 and row.items[0].kind == "int":
        draft.replace(row.items[0], str(port))
    else:
        draft.append(row, [str(port)])


def _set(draft: TermDraft, path: Path, wants: list[Want]) -> None:
    """Bring settings of a list about: in place, or added at its end."""
    fresh = []
    for want in wants:
        old = find(draft, *path, want.key)
        if old is None:
            fresh.append(draft.style.pair(want.key, want.text))
        elif not want.holds(old):
            draft.replace(old, want.text)
    if fresh:
        _grow(draft, path, fresh)


def _put(draft: TermDraft, path: Path, text: str) -> None:
    """Set one value, or add it."""
    old = find(draft, *path)
    if old is None:
        _grow(draft, path[:-1], [draft.style.pair(path[-1], text)])
    else:
        draft.replace(old, text)


def _grow(draft: TermDraft, path: Path, rows: list[str]) -> None:
    """Add rows to the list at a path, and make the lists on the way that are missing."""
    items: list[Block | str] = list(rows)
    while path and find(draft, *path) is None:
        items = [Block(path[-1], tuple(items))]
        path = path[:-1]
    row = find(draft, *path)
    assert row is not None  # the top list, at the latest
    if row.kind == "string":
        draft.replace(row, "[]")
        row = _row(draft, path)
    if not row.proper:
        raise draft.refusal(f"{'.'.join(path)} is no list of settings", row)
    draft.append(row, items)


def _row(draft: TermDraft, path: Path) -> Term:
    row = find(draft, *path)
    assert row is not None
    return row


def _unfit(draft: TermDraft, path: Path, wanted: ListenerEdit) -> Iterable[tuple[Term, str]]:
    """Give the options of a list that would undo the others, each with the reason."""
    row = find(draft, *path)
    for item in row.items if row else ():
        if item.tag in INLINE:
            yield item, "it would beat the file that is set here"
        elif path == _OPTIONS and item.tag and refused_by(item.tag, wanted):
            yield item, f"with {', '.join(wanted.versions)} only it would fail every handshake"


def _clean(draft: TermDraft, path: Path, wanted: ListenerEdit) -> None:
    for item, _ in reversed([*_unfit(draft, path, wanted)]):
        draft.remove(_row(draft, path), item)


def _closed(draft: TermDraft) -> bool:
    row = find(draft, *_PLAIN)
    return row is not None and is_empty(row)
