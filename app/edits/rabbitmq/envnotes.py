"""Say what a user should know of a file that was edited: what stays without effect or unseen."""

from __future__ import annotations

from collections.abc import Iterator

from app.edits.rabbitmq.envfile import CTL, SERVER, EnvFile, counting
from app.edits.rabbitmq.envflags import SSL_PATH, erl_words, find_tls
from app.edits.rabbitmq.envmodel import EnvEdit
from app.edits.shelltext import decoded
from app.edits.shellvalue import Value
from app.quoting import calm

_FEW = 3


def notes(before: EnvFile, after: EnvFile, wanted: EnvEdit) -> tuple[str, ...]:
    """Give one sentence for each thing worth knowing, in the order of the file's sides."""
    found = [*_side(before, after, SERVER), *_side(before, after, CTL)]
    found += _path(after, wanted)
    found += _returns(after)
    return tuple(dict.fromkeys(calm(text, 400) for text in found))


def _side(before: EnvFile, after: EnvFile, plain: str) -> Iterator[str]:
    target = counting(after, plain)
    other = after.shell.value(plain)
    if target.value is None:
        return
    used = any(atom.name == plain for atom in target.value.atoms)
    if target.name != plain and other is not None and other.assign is not None and not used:
        yield (
            f"{plain} (line {_line(after, other)}) has no effect: "
            f"{target.name} (line {_line(after, target.value)}) comes before it"
        )
    for atom in target.value.atoms:
        if not atom.text:
            raw = decoded(atom.raw[:80])
            yield f"{target.name}: only a running shell knows what {raw} brings in"
    yield from _protocol(before, after, plain)
    for word in erl_words(target.value):
        if word.text in ("-args_file", "-extra"):
            yield f"{target.name} holds {word.text}: what that brings in was not looked at"


def _protocol(before: EnvFile, after: EnvFile, plain: str) -> Iterator[str]:
    """Warn where a node spoke IPv6 with its peers and would not any more."""
    was, now = (_proto(file, plain) for file in (before, after))
    if was.startswith("inet6") and not now.startswith("inet6"):
        now = now or "inet_tcp"
        yield f"nodes spoke IPv6 with each other ({decoded(was)}), and will not with {now}"


def _proto(file: EnvFile, plain: str) -> str:
    value = counting(file, plain).value
    if value is None:
        return ""
    values = find_tls(erl_words(value), file.source).values
    return " ".join(values.get("-proto_dist", ()))


def _path(after: EnvFile, wanted: EnvEdit) -> Iterator[str]:
    value = after.shell.value(SSL_PATH)
    if value is not None and value.assign is not None and not wanted.ssl_path:
        yield f"{SSL_PATH} (line {_line(after, value)}) stays, but no TLS flag needs it"


def _returns(after: EnvFile) -> Iterator[str]:
    lines = list(dict.fromkeys(after.source.line(at) for at in after.script.returns))
    for line in lines[:_FEW]:
        yield f"line {line} holds a carriage return (Windows), which sh takes for part of the value"
    if len(lines) > _FEW:
        yield f"so do {len(lines) - _FEW} more lines"


def _line(file: EnvFile, value: Value) -> int:
    return file.source.line(value.at)
