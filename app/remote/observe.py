"""Ask a Survey of a host in one exec, and read the answer strictly.

What comes from a host is not trusted: every line has one form, bytes travel as hex, texts are
calmed, sizes are bounded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from app.errors import RemoteError
from app.observed import FileFact, FileType, HostObservation, Output, Survey
from app.quoting import calm, sh, sh_words
from app.remote.shipping import script
from app.remote.tools import groups, lacking

_TYPES: Final[Mapping[str, FileType]] = {
    "file": "file",
    "directory": "directory",
    "symlink": "symlink",
    "other": "other",
}
_HEX: Final = re.compile(r"(?: [0-9a-f ]*)?")


def survey_script(survey: Survey, root: str) -> str:
    """Give the whole script that answers a survey."""
    calls = [script("observe").rstrip("\n"), sh_words("survey", root, *groups(survey.needs))]
    texts = dict.fromkeys(survey.texts)
    for how, paths in (("text", texts), ("digest", dict.fromkeys(survey.digests))):
        for path in paths:
            if how == "text" or path not in texts:
                calls.append(_look(how, path, root))
    for number, (key, snippet) in enumerate(survey.commands):
        how = "seek" if key in survey.leads else "ask"
        calls.append(f"{how} {number} {max(1, survey.command_seconds)} {sh(snippet)}")
    calls.append("echo end")
    return "\n".join(calls) + "\n"


def _look(how: str, path: str, root: str) -> str:
    """Quote a path, but for `*` and `?`; a pattern that matches nothing names nothing."""
    if not path.startswith("/") or "\n" in path:
        raise ValueError(f"not an absolute path of one line: {path!r}")
    words = "".join(x if x in "*?" else sh(x) for x in re.split(r"([*?])", path) if x)
    if not set(path) & set("*?"):
        return f"look {how} {sh(root)}{words}"
    return (
        f"set +f; set -- {sh(root)}{words}; set -f; "
        f'if [ -e "$1" ] || [ -L "$1" ]; then look {how} "$@"; fi'
    )


@dataclass(slots=True)
class _Reading:
    """Gather an answer line by line; the only mutable thing here."""

    files: dict[str, FileFact] = field(default_factory=dict)
    outputs: dict[int, Output] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    user: str = ""
    system: str = ""
    time: float = 0.0
    free: int = -1
    powerless: bool = False
    lacks: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    path: str = ""
    ended: bool = False


def read_answer(
    lines: Iterable[str], survey: Survey, host: str, when: datetime, middle: float
) -> HostObservation:
    """Read what the script printed.

    `middle` is our clock, in seconds since the epoch, when the host told its own.  Raises
    RemoteError when the answer is cut or makes no sense, UnfitError when the host lacks a tool.
    """
    found = _Reading()
    try:
        for tag, value, data in _records(lines):
            _take(found, tag, value, data)
    except (ValueError, IndexError, KeyError) as error:
        raise RemoteError(
            f"the answer of the host makes no sense: {calm(str(error), 200)}",
            host=host,
            step="observe",
        ) from error
    if not found.ended:
        raise RemoteError("the answer of the host was cut", host=host, step="observe")
    if found.lacks:
        raise lacking(host, found.lacks)
    named = {
        key: found.outputs[n] for n, (key, _) in enumerate(survey.commands) if n in found.outputs
    }
    return HostObservation(
        host=host,
        when=when,
        files=found.files,
        outputs=named,
        tools=found.tools,
        user=found.user,
        system=found.system,
        clock_skew=found.time - middle if found.time else 0.0,
        free_bytes=found.free,
        unfinished=tuple(found.unfinished),
        powerless=found.powerless,
    )


def _records(lines: Iterable[str]) -> Iterator[tuple[str, str, bytes]]:
    """Join each tag line with the bytes in hex that follow it."""
    tag, value, data = "", "", bytearray()
    for line in lines:
        if line.startswith(" "):
            if not _HEX.fullmatch(line):
                raise ValueError(f"not hex: {line[:40]}")
            data += bytes.fromhex(line)
            continue
        if tag:
            yield tag, value, bytes(data)
        tag, _, value = line.partition(" ")
        data = bytearray()
    if tag:
        yield tag, value, bytes(data)


def _take(found: _Reading, tag: str, value: str, data: bytes) -> None:
    match tag:
        case "time":
            found.time = float(re.sub(r"\.\D.*", ".5", value))
        case "user":
            found.user = calm(value, 100)
        case "system":
            found.system = calm(value, 200)
        case "tool":
            name, _, place = value.partition(" ")
            found.tools[calm(name, 50)] = calm(place, 300)
        case "free":
            found.free = int(value) * 1024
        case "powerless":
            found.powerless = True
        case "lacks":
            found.lacks.append(value)
        case "unfinished":
            found.unfinished.append(calm(value, 100))
        case "command":
            found.path = value
            found.outputs[int(value)] = Output(-1, _text(data))
        case "code":
            number = int(found.path)
            found.outputs[number] = Output(int(value), found.outputs[number].out, _text(data))
        case "end":
            found.ended = True
        case _:
            _take_file(found, tag, value, data)


def _take_file(found: _Reading, tag: str, value: str, data: bytes) -> None:
    if tag == "file":
        found.path = value
        found.files[value] = FileFact(value)
        return
    fact = found.files[found.path]
    match tag:
        case "type":
            fact = replace(fact, type=_TYPES[value])
        case "real":
            fact = replace(fact, real=value)
        case "stat":
            mode, size, accounts = value.split(" ", 2)
            owner, _, group = accounts.partition(":")
            fact = replace(
                fact, mode=int(mode, 8), size=int(size), owner=calm(owner), group=calm(group)
            )
        case "sha256":
            if not re.fullmatch(r"(?:[0-9a-f]{64})?", value):
                raise ValueError(f"not a digest: {value[:40]}")
            fact = replace(fact, sha256=value)
        case "data":
            digest = hashlib.sha256(data).hexdigest()
            fact = replace(fact, data=data, sha256=digest, size=len(data))
        case _:
            raise ValueError(f"unknown tag {tag[:40]}")
    found.files[found.path] = fact


def _text(data: bytes) -> str:
    return calm(data.decode("utf-8", "replace"), 2 * 1024 * 1024)
