"""Edit the client listeners in rabbitmq.conf, the configuration that cuttlefish reads.

Decisions where the file leaves a choice (checked with cuttlefish 3.0.1 of RabbitMQ 3.10.8):

- of a key that stands twice the last one counts; `listeners.X = none` and `ssl_options = none` beat
  all keys below them, wherever they stand: the first is used to close plain listeners, and both are
  taken out where they would close TLS;
- a TLS listener that is on the wanted port already keeps its key, and its address unless that is a
  loopback one; others on other ports stay, with a note;
- certificates and keys that stand in the file itself would beat the files, and options that rule
  the wanted versions out would fail every handshake: both are taken out, with a note;
- a file that includes others is refused: what they say may win, and cannot be seen from here.

Files in conf.d are read after rabbitmq.conf, and win (rabbit_prelaunch_conf): look at each of them
with `read_conf`, and at advanced.config with `app.edits.rabbitmq.advanced.overrides`.
"""

from __future__ import annotations

import re

from app.edits.rabbitmq.confdraft import Draft
from app.edits.rabbitmq.conflines import Line
from app.edits.rabbitmq.confview import ConfView, place, read_conf, view
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

__all__ = ["ConfView", "EditedConf", "ListenerEdit", "ListenerView", "edit_conf", "read_conf"]

_TLS = "listeners.ssl"
_PLAIN = "listeners.tcp"
_OPTIONS = "ssl_options"
_VERSIONS = "ssl_options.versions"
_FORBIDDEN = ("#", "$(", "{{")
_OURS = (("listeners",), (_OPTIONS,), ("management",))
_PLACEHOLDER = re.compile(r"\{\{.*\}\}")


def edit_conf(data: bytes, wanted: ListenerEdit, where: str) -> EditedConf:
    """Bring rabbitmq.conf to what is wanted; what is there already changes no byte.

    Raises EditError with the line, the reason and a snippet to paste where the file cannot be
    edited safely.
    """
    try:
        check_wish(wanted)
        for name, path in wanted.files():
            _check_path(name, path)
        draft = Draft(data, where)
        _check_lines(draft)
        before = view(draft)
        check_ports(before.listeners, wanted, where)
        _listen(draft, wanted)
        _plain(draft, wanted)
        _options(draft, wanted)
        _versions(draft, wanted)
        if wanted.management_port:
            _management(draft, wanted)
        _remark(draft, wanted, before)
        return EditedConf(draft.write(), tuple(draft.notes))
    except EditError as error:
        error.where = error.where or where
        error.snippet = error.snippet or snippet(wanted)
        raise


def snippet(wanted: ListenerEdit) -> str:
    """Write the wanted settings as they would stand in a file of their own."""
    pairs = [(f"{_TLS}.default", str(wanted.port))]
    pairs += [(_PLAIN, "none")] if wanted.close_plain else []
    pairs += [(f"{_OPTIONS}.{name}", value) for name, value in wanted.files() + wanted.words()]
    pairs += [(f"{_VERSIONS}.{n}", value) for n, value in enumerate(wanted.versions, 1)]
    if wanted.management_port:
        pairs.append(("management.ssl.port", str(wanted.management_port)))
        pairs += [(f"management.ssl.{name}", path) for name, path in wanted.files()]
    return "".join(f"{key} = {value}\n" for key, value in pairs)


def _check_path(name: str, path: str) -> None:
    """Refuse a path that rabbitmq.conf, which knows no quotes, cannot hold."""
    written = path.isprintable() and all(ord(c) < 256 for c in path)
    if not written or path != path.strip() or path[0] == "'" or any(m in path for m in _FORBIDDEN):
        raise EditError(
            f"{name}: rabbitmq.conf cannot hold the path {path!r}",
            hint="use a path of plain letters, or the classic configuration",
        )


def _check_lines(draft: Draft) -> None:
    """Refuse what only another file, or who made this one, could tell."""
    for line in draft.lines:
        if line.kind == "include":
            raise draft.refusal(
                "the file includes others, and what they say of listeners cannot be seen here",
                line,
                hint="put the settings of listeners into one file, or paste these by hand",
            )
        if line.key[:1] in _OURS and _PLACEHOLDER.search(line.value):
            raise draft.refusal(f"{line.name} holds the placeholder of a template", line)


def _listen(draft: Draft, wanted: ListenerEdit) -> None:
    """See that one TLS listener is on the wanted port."""
    closing = [line for line in draft.effective(_TLS) if line.name == _TLS]
    for line in closing:
        draft.note(line, f"{line.name} = {line.value} is taken out: it would close TLS")
    draft.drop(closing)
    lines = draft.effective(_TLS)
    there = [line for line in lines if place(line)[1] == wanted.port]
    outside = [line for line in there if place(line)[0] not in LOOPBACK]
    for line in outside:
        if place(line)[0]:
            draft.note(line, f"{line.name} keeps its address {place(line)[0]}")
    default = draft.find(f"{_TLS}.default")
    chosen = default if default in there or not there else there[0]
    if not outside:
        draft.drop(line for line in there if line != chosen)
        if chosen is None:
            draft.add((_TLS, "listeners"), [(f"{_TLS}.default", str(wanted.port))])
        else:
            draft.note(chosen, f"{chosen.name} was {chosen.value} and is now {wanted.port}")
            draft.put(chosen, str(wanted.port))
    for line in lines:
        if line not in there and line != chosen:
            draft.note(line, f"{line.name} = {line.value} stays: TLS is served there too")


def _plain(draft: Draft, wanted: ListenerEdit) -> None:
    if not wanted.close_plain:
        return
    lines = draft.effective(_PLAIN)
    draft.drop(line for line in lines if line.name != _PLAIN)
    if not draft.set(_PLAIN, "none"):
        draft.add((_PLAIN, "listeners"), [(_PLAIN, "none")])


def _options(draft: Draft, wanted: ListenerEdit) -> None:
    for line in draft.effective(_OPTIONS):
        option = line.key[1] if len(line.key) > 1 else ""
        reason = ""
        if not option:
            reason = "it would take all options of TLS away"
        elif option in INLINE:
            reason = "it would beat the file that is set here"
        elif refused_by(option, wanted):
            reason = f"with {', '.join(wanted.versions)} only it would fail every handshake"
        if reason:
            draft.note(line, f"{line.name} is taken out: {reason}")
            draft.drop([line])
    pairs = [(f"{_OPTIONS}.{name}", value) for name, value in wanted.files() + wanted.words()]
    draft.add((_OPTIONS,), [pair for pair in pairs if not draft.set(*pair)])


def _versions(draft: Draft, wanted: ListenerEdit) -> None:
    """Bring the set of versions about; its order means nothing to Erlang."""
    spare: list[Line] = []
    missing = list(wanted.versions)
    for line in draft.effective(_VERSIONS):
        if line.value in missing:
            missing.remove(line.value)
        else:
            spare.append(line)
    for line, version in zip(spare, missing, strict=False):
        draft.put(line, version)
    draft.drop(spare[len(missing) :])
    taken = {line.key[-1] for line in draft.effective(_VERSIONS)}
    fresh = missing[len(spare) :]
    numbers = (str(n) for n in range(1, len(taken) + len(fresh) + 1) if str(n) not in taken)
    pairs = [(f"{_VERSIONS}.{n}", version) for n, version in zip(numbers, fresh, strict=False)]
    draft.add((_VERSIONS, _OPTIONS), pairs)


def _management(draft: Draft, wanted: ListenerEdit) -> None:
    """Set the management plugin's listener, in the form before 3.7.9 where that is in use."""
    prefix, files = "management.ssl", "management.ssl"
    old = draft.find("management.listener.ssl")
    if old is not None and old.value == "true":
        if draft.effective(prefix):
            raise draft.refusal(
                "management has TLS both in the old form and in the new one: "
                "only one of them can run",
                old,
                hint="take the management.listener.* settings out",
            )
        prefix, files = "management.listener", "management.listener.ssl_opts"
        draft.drop(line for line in draft.effective(files) if line.name == files)
    pairs = [(f"{prefix}.port", str(wanted.management_port))]
    pairs += [(f"{files}.{name}", path) for name, path in wanted.files()]
    for line in draft.effective(files):
        if len(line.key) > len(files.split(".")) and line.key[len(files.split("."))] in INLINE:
            draft.note(line, f"{line.name} is taken out: it would beat the file that is set here")
            draft.drop([line])
    families = (files, prefix, "management.tcp", "management")
    draft.add(families, [pair for pair in pairs if not draft.set(*pair)])


def _remark(draft: Draft, wanted: ListenerEdit, before: ConfView) -> None:
    """Say what the file leaves open, or cannot tell."""
    for number in before.references:
        line = draft.lines[number - 1]
        if line in draft.effective(line.name):
            draft.note(line, f"the value of {line.name} stands elsewhere: see that it fits")
    for one in before.listeners:
        if wanted.close_plain and not one.tls and one.plugin != "amqp":
            line = draft.lines[one.line - 1]
            draft.note(line, f"{one.plugin} still listens without TLS ({one.key})")
    ciphers = draft.effective(f"{_OPTIONS}.ciphers")
    modern = any(line.value.startswith("TLS_") for line in ciphers)
    if ciphers and not modern and "tlsv1.3" in wanted.versions:
        draft.note(ciphers[0], "the list of ciphers holds none of TLS 1.3, which is thereby off")
    if wanted.management_port:
        _remark_management(draft, before)


def _remark_management(draft: Draft, before: ConfView) -> None:
    plain = before.of("management", tls=False)
    if not plain and not before.of("management", tls=True):
        draft.notes.append(f"{draft.where}: management answers with TLS only, no longer in plain")
    if {"management.tcp", "management.listener"} <= {one.key.rpartition(".")[0] for one in plain}:
        line = draft.effective("management.listener")[0]
        draft.note(line, "management runs two listeners at most, and leaves this one out")
