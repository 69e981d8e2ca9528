"""Follow a start file of MMM 2.x and its includes, in MMM's own order.

A host's files come as a mapping from path to bytes; None says that there is no readable file of
that path, and a path that is not in it has not been looked at.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.edits.mmm.model import Trap
from app.edits.mmm.text import MARK, comment_in
from app.edits.mmm.traps import trap
from app.edits.mmm.v2.lines import NAMED, OPTIONS, SOCKET, UNIQUE, VARIABLES, Line, parse_lines

Files = Mapping[str, bytes | None]
# The first of them with a readable file of the name wins, for each include anew.
DIRECTORIES = ("/etc", "/etc/mmm", "/etc/mysql-mmm")
# More than any site needs; files that include each other twice would double with each level.
_MOST_READS = 100
_NAMES = ("mmm_common", "mmm_agent", "mmm_mon", "mmm_tools")
# What no version of MMM knows outside of a section: it is meant for one, or for MMM 1.x.
_ASTRAY = (
    *OPTIONS, "socket_type", "verify_mode", "ip", "mode", "peer", "agent_port", "hosts", "ips",
    "ping_ips",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable as it was read: in which section (type and name), and where."""

    section: str
    name: str
    line: Line
    file: str

    @property
    def place(self) -> str:
        """Give file and line, to show."""
        return f"{self.file}:{self.line.number}"


@dataclass(slots=True)
class Section:
    """A section as it was read, from line `first` to `last`; an empty tag has no body."""

    type: str
    name: str
    file: str
    first: Line
    last: int
    body: bool
    settings: list[Setting] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """Hold what a start file says, everything in the order that it was read in.

    `safe` is, for each file, the last line after which MMM is outside of all sections and reads
    on; `unread` the paths that must be looked at before the rest can be known.
    """

    start: str
    settings: list[Setting] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    files: dict[str, tuple[Line, ...]] = field(default_factory=dict)
    safe: dict[str, int] = field(default_factory=dict)
    traps: list[Trap] = field(default_factory=list)
    unread: dict[str, None] = field(default_factory=dict)

    def of(self, section: str, variable: str) -> list[Setting]:
        """Give each place that sets a variable of a unique section; the last one counts."""
        return [s for s in self.settings if s.section == section and s.line.word == variable]


def candidates(name: str, directories: Sequence[str] = DIRECTORIES) -> tuple[str, ...]:
    """Give the paths that MMM tries for a file's name, in its order."""
    file = name if name.endswith(".conf") else f"{name}.conf"
    return tuple(posixpath.normpath(f"{folder}/{file}") for folder in directories)


def all_candidates(
    clusters: Sequence[str] = (), directories: Sequence[str] = DIRECTORIES
) -> tuple[str, ...]:
    """Give every path that a survey should ask for beforehand, clusters' own files included."""
    names = [*_NAMES, *(f"{name}_{cluster}" for cluster in clusters for name in _NAMES[:3])]
    return tuple(path for name in names for path in candidates(name, directories))


def unread(
    files: Files, starts: Sequence[str], directories: Sequence[str] = DIRECTORIES
) -> tuple[str, ...]:
    """Give the paths that must still be looked at; ask again with their files until none is."""
    found: dict[str, None] = {}
    for start in starts:
        found |= read(files, start, directories).unread
    return tuple(found)


def read(files: Files, start: str, directories: Sequence[str] = DIRECTORIES) -> Reading:
    """Read a start file such as mmm_agent.conf (a name, or a name without `.conf`).

    Goes on behind what stops MMM, so that all traps show.  Raises EditError only for a file that
    is too large.
    """
    reading = Reading("")
    path = _find(reading, files, start, directories)
    if path:
        reading.start = path
        _Reader(files, directories, reading).file(path, ())
    elif not reading.unread:
        folders = ", ".join(directories)
        reading.traps.append(trap("start-missing", start, 0, name=start, folders=folders))
    return reading


def _find(reading: Reading, files: Files, name: str, directories: Sequence[str]) -> str:
    """Find the file of a name, or ask for those that could be it."""
    asked = []
    for path in candidates(name, directories):
        if path not in files:
            asked.append(path)
        elif files[path] is not None:
            break
    else:
        path = ""
    reading.unread |= dict.fromkeys(asked)
    return "" if asked else path


class _Reader:
    def __init__(self, files: Files, directories: Sequence[str], reading: Reading) -> None:
        self._files = files
        self._directories = directories
        self._reading = reading
        self._reads = 0

    def file(self, path: str, outer: tuple[str, ...]) -> None:
        """Read one file to its end, or to an end tag that ends nothing."""
        self._reads += 1
        data = self._files[path] or b""
        _, lines = parse_lines(data, path)
        self._reading.files.setdefault(path, lines)
        if lines and lines[0].text.startswith(MARK):
            self._trap("byte-order-mark", path, lines[0])
        open_: list[Section] = []
        safe = 0
        for line in lines:
            if line.kind == "end" and not open_:
                self._trap("stray-end", path, line)
                break
            if line.kind == "include":
                self._include(path, line, outer, inside=bool(open_))
            else:
                self._take(path, line, open_)
            safe = safe if open_ else line.number
        for section in open_:
            section.last = len(lines)
            self._trap("unclosed-section", path, section.first, name=section.type)
        self._reading.safe[path] = safe

    def _take(self, path: str, line: Line, open_: list[Section]) -> None:
        if line.kind == "invalid":
            self._trap("invalid-line", path, line)
        elif line.kind == "end":
            section = open_.pop()
            section.last = line.number
            if section.type != line.word:
                self._trap("wrong-end", path, line, owner=section.type)
        elif line.kind in ("open", "empty"):
            self._section(path, line, open_)
        elif line.kind == "variable":
            self._variable(path, line, open_[-1] if open_ else None)

    def _section(self, path: str, line: Line, open_: list[Section]) -> None:
        if open_:
            self._trap("nested-section", path, line, name=line.word, owner=open_[-1].type)
        elif line.word in UNIQUE and line.name:
            self._trap("named-unique", path, line, name=line.word)
        elif line.word in NAMED and not line.name:
            self._trap("unnamed-section", path, line, name=line.word)
        elif line.word not in UNIQUE + NAMED:
            self._trap("unknown-section", path, line, name=line.word)
        body = line.kind == "open"
        section = Section(line.word, line.name, path, line, line.number, body)
        self._reading.sections.append(section)
        if body:
            open_.append(section)

    def _variable(self, path: str, line: Line, section: Section | None) -> None:
        type_, name = (section.type, section.name) if section else ("", "")
        setting = Setting(type_, name, line, path)
        self._reading.settings.append(setting)
        if section:
            section.settings.append(setting)
        id_ = _doubt(line, type_)
        if id_:
            self._trap(id_, path, line, name=line.word)
        elif comment_in(line.value):
            self._trap("trailing-comment", path, line, name=line.word)

    def _include(self, path: str, line: Line, outer: tuple[str, ...], *, inside: bool) -> None:
        if inside:
            self._trap("include-in-section", path, line)
            return
        found = _find(self._reading, self._files, line.word, self._directories)
        if found and found in (*outer, path):
            self._trap("include-cycle", path, line, name=line.word)
        elif found and self._reads >= _MOST_READS:
            self._trap("too-many-includes", path, line, name=line.word)
        elif found:
            self.file(found, (*outer, path))
        elif all(one in self._files for one in candidates(line.word, self._directories)):
            id_ = "include-absolute" if line.word.startswith("/") else "include-missing"
            folders = ", ".join(self._directories)
            self._trap(id_, path, line, name=line.word, folders=folders)

    def _trap(self, id_: str, path: str, line: Line, **names: str) -> None:
        self._reading.traps.append(trap(id_, path, line.number, **names))


def _doubt(line: Line, section: str) -> str:
    """Name what MMM has against a variable, as far as that is the same in all of its versions."""
    if line.word.startswith("<"):
        return "section-tag"
    if section == SOCKET:
        return "" if line.word in OPTIONS else "unknown-variable"
    if section:
        return ""
    if line.word in UNIQUE + NAMED:
        return "section-as-variable"
    if line.word in _ASTRAY or line.word == "include":
        return "unknown-variable"
    return "" if line.word in VARIABLES else "odd-variable"
