"""Read the answer of a host to a Survey, strictly: nothing in it is trusted.

Every line has one form, bytes travel as hex, so that nothing read can forge a line; texts are
calmed, sizes and counts are bounded, and only what was asked for may be answered.
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
from app.quoting import calm
from app.remote.tools import lacking

MOST_FILES: Final = 5000
MOST_NAMES: Final = 200
_TYPES: Final[Mapping[str, FileType]] = {
    "file": "file",
    "directory": "directory",
    "symlink": "symlink",
    "other": "other",
}
_HEX: Final = re.compile(r"(?: [0-9a-f ]*)?")
_TIME: Final = re.compile(r"([0-9]{1,11})(\.[0-9]{1,9})?.*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def read_answer(
    lines: Iterable[str], survey: Survey, host: str, when: datetime, middle: float
) -> HostObservation:
    """Read what the script printed.

    `middle` is our clock, in seconds since the epoch, when the host told its own.  Raises
    RemoteError when the answer is cut or makes no sense, UnfitError when the host lacks a tool.
    """
    found = _Reading(_Asked(survey))
    try:
        for tag, value, data in _records(lines):
            found.take(tag, value, data)
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


class _Asked:
    """Tell whether a path is one that a survey asked for, or that the host may name itself."""

    def __init__(self, survey: Survey) -> None:
        self.commands = len(survey.commands)
        self._any = bool(survey.leads)
        globs = dict.fromkeys((*survey.texts, *survey.digests))
        self._paths = {path for path in globs if not set(path) & set("*?")}
        self._globs = [_regex(path) for path in globs if set(path) & set("*?")]

    def path(self, path: str) -> str:
        """Give back a path that may be answered; raises ValueError for every other."""
        clean = path.startswith("/") and not _CONTROL.search(path)
        if clean and path in self._paths:
            return path
        if not clean or {"..", "."} & set(path.split("/")):
            raise ValueError(f"not a path: {path[:100]}")
        if self._any or any(glob.fullmatch(path) for glob in self._globs):
            return path
        raise ValueError(f"a file that nobody asked for: {path[:100]}")


def _regex(glob: str) -> re.Pattern[str]:
    parts = ({"*": "[^/]*", "?": "[^/]"}.get(x, re.escape(x)) for x in re.split(r"([*?])", glob))
    return re.compile("".join(parts))


@dataclass(slots=True)
class _Reading:
    """Gather an answer record by record; the only mutable thing here."""

    asked: _Asked
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

    def take(self, tag: str, value: str, data: bytes) -> None:
        """Take one record; raises ValueError, IndexError or KeyError for what makes no sense."""
        match tag:
            case "time":
                self.time = _seconds(value)
            case "user":
                self.user = calm(value, 100)
            case "system":
                self.system = calm(value, 200)
            case "tool":
                name, _, place = value.partition(" ")
                self.tools[calm(name, 50)] = calm(place, 300)
            case "free":
                self.free = int(value) * 1024
            case "powerless":
                self.powerless = True
            case "lacks":
                self.lacks.append(calm(value, 100))
            case "unfinished":
                self.unfinished.append(calm(value, 100))
            case "command":
                self._begin_output(int(value), data)
            case "code":
                number = int(self.path)
                out = self.outputs[number].out
                self.outputs[number] = Output(int(value) % 256, out, _text(data))
            case "end":
                self.ended = True
            case _:
                self._take_file(tag, value, data)
        if max(len(self.tools), len(self.lacks), len(self.unfinished)) > MOST_NAMES:
            raise ValueError("more names than any host has")

    def _begin_output(self, number: int, data: bytes) -> None:
        if not 0 <= number < self.asked.commands or number in self.outputs:
            raise ValueError(f"an answer that nobody asked for: command {number}")
        self.path = str(number)
        self.outputs[number] = Output(-1, _text(data))

    def _take_file(self, tag: str, value: str, data: bytes) -> None:
        if tag == "file":
            self.path = self.asked.path(value)
            self.files[value] = FileFact(value)
            if len(self.files) > MOST_FILES:
                raise ValueError("more files than we read")
            return
        if self.path not in self.files:
            raise ValueError(f"no file was named before {tag[:40]}")
        self.files[self.path] = _told(self.files[self.path], tag, value, data)


def _seconds(value: str) -> float:
    """Read a time of `date +%s.%N`; a date that knows no %N leaves it, or nothing, in its place."""
    found = _TIME.fullmatch(value)
    if found is None:
        raise ValueError(f"not a time: {value[:40]}")
    return float(found[1] + (found[2] or ".5"))


def _told(fact: FileFact, tag: str, value: str, data: bytes) -> FileFact:
    """Add one line to what is known of a file."""
    match tag:
        case "type":
            return replace(fact, type=_TYPES[value])
        case "real":
            if value and (not value.startswith("/") or _CONTROL.search(value)):
                raise ValueError(f"not a path: {value[:100]}")
            return replace(fact, real=value)
        case "stat":
            mode, size, accounts = value.split(" ", 2)
            owner, _, group = (calm(name, 100) for name in accounts.partition(":"))
            if not re.fullmatch(r"[0-7]{1,5}", mode):
                raise ValueError(f"not a file mode: {mode[:40]}")
            return replace(fact, mode=int(mode, 8), size=int(size), owner=owner, group=group)
        case "sha256":
            if not re.fullmatch(r"(?:[0-9a-f]{64})?", value):
                raise ValueError(f"not a digest: {value[:40]}")
            return replace(fact, sha256=value)
        case "data":
            if fact.size and not data:
                raise ValueError(f"the bytes of {fact.path} did not come")
            digest = hashlib.sha256(data).hexdigest()
            return replace(fact, data=data, sha256=digest, size=len(data))
    raise ValueError(f"unknown tag {tag[:40]}")


def _text(data: bytes) -> str:
    return calm(data.decode("utf-8", "replace"), 2 * 1024 * 1024)
