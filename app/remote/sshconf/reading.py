"""Read configuration files and what they include, and refuse what OpenSSH would refuse.

A line that cannot be understood is an error with its place: what ssh would not start with must not
lead us elsewhere.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.errors import UsageError
from app.remote.sshconf import words as split
from app.remote.sshconf.keywords import ALIASES, CHOICES, FLAGS, PASSED_OVER, USED

_DEPTH: Final = 16
_CRITERIA: Final = ("host", "match", "include")


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one line: its keyword, its words, its text, where it stands, and what it includes."""

    keyword: str
    words: tuple[str, ...]
    text: str
    where: str
    included: tuple[tuple[Entry, ...], ...] = ()


@dataclass(slots=True)
class Reading:
    """Hold how files are read: whose they are, and which were read so far.

    `folder` is what relative includes stand in; `~` is allowed in those of the user only.
    `stamps` are the files that were looked at, with the times of their last change.
    """

    home: Path
    folder: Path
    of_user: bool
    stamps: dict[Path, int]
    ignored: str = ""

    def file(self, path: Path, *, check: bool, depth: int = 0) -> tuple[Entry, ...]:
        """Read a file; a missing one is empty.  Raises UsageError with the place."""
        if depth > _DEPTH:
            raise UsageError(
                f"includes are nested more than {_DEPTH} deep", where=str(path),
                hint="a file may include itself",
            )  # fmt: skip
        self.stamps[path] = stamp(path)
        try:
            with path.open(encoding="utf-8", errors="surrogateescape") as file:
                if check:
                    _check_owner(file.fileno(), path)
                text = file.read()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise UsageError(
                f"it cannot be read: {error.strerror}", where=str(path),
                hint="ssh would not start with it either",
            ) from error  # fmt: skip
        return tuple(self._entries(text, path, depth))

    def _entries(self, text: str, path: Path, depth: int) -> Iterator[Entry]:
        for number, line in enumerate(text.split("\n"), 1):
            found = split.keyword(line)
            if found is None:
                continue
            name, rest = ALIASES.get(found[0], found[0]), found[1]
            where = f"{path}:{number}"
            try:
                args = split.words(rest)
            except ValueError as error:
                raise _bad(where, f"{found[0]}: {error}") from error
            if not rest:
                raise _bad(where, f"{found[0]} has no value")
            if name == "ignoreunknown" and not self.ignored:
                self.ignored = args[0]
            yield self._entry(Entry(name, args, rest, where), depth)

    def _entry(self, entry: Entry, depth: int) -> Entry:
        name = entry.keyword
        if name == "include":
            found = tuple(f for word in entry.words for f in self._included(word, entry, depth))
            return Entry(name, entry.words, entry.text, entry.where, found)
        if name not in USED and name not in PASSED_OVER and name not in _CRITERIA:
            if not self.ignored or not split.listed(name, self.ignored.lower()):
                raise _bad(entry.where, f"the keyword {name} is not known", "IgnoreUnknown names "
                           "what is to be passed over")  # fmt: skip
            return Entry("ignoreunknown", entry.words, entry.text, entry.where)
        if name in USED:
            problem = _problem(entry)
            if problem:
                raise _bad(entry.where, problem)
        return entry

    def _included(self, word: str, entry: Entry, depth: int) -> Iterator[tuple[Entry, ...]]:
        if word.startswith("~") and not self.of_user:
            raise _bad(entry.where, f"~ is not allowed here: {word}")
        text = str(self.home / word[2:]) if word.startswith("~/") else os.path.expanduser(word)
        place = text if text.startswith("/") else str(self.folder / text)
        self.stamps[Path(place).parent] = stamp(Path(place).parent)
        for name in sorted(glob.glob(place)):
            yield self.file(Path(name), check=True, depth=depth + 1)


def stamp(path: Path) -> int:
    """Give the time of a file's last change, 0 for one that is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _check_owner(descriptor: int, path: Path) -> None:
    found = os.fstat(descriptor)
    if found.st_uid not in (0, os.getuid()) or found.st_mode & 0o022:
        raise UsageError(
            "others may change this file, and it says which commands are run", where=str(path),
            hint=f"chmod go-w {path}; it must be yours or root's (ssh refuses it too)",
        )  # fmt: skip


def _problem(entry: Entry) -> str:
    """Say what is wrong with a value; empty for nothing."""
    shape, given = USED[entry.keyword], entry.words
    if shape == "command":
        return ""
    if shape == "jump":
        return _jump_problem(entry.text)
    if shape == "words":
        alone = len(given) == 1 or not any(w.lower() == "none" for w in given)
        return "" if given and all(given) and alone else f"{entry.keyword}: `none` stands alone"
    if len(given) != 1 or not given[0]:
        return f"{entry.keyword} takes one value"
    value = given[0]
    good = (
        shape not in ("flag", "choice", "port", "number", "time")
        or (shape == "flag" and value.lower() in FLAGS)
        or (shape == "choice" and value.lower() in CHOICES[entry.keyword])
        or (shape == "port" and split.port(value) is not None)
        or (shape == "number" and value.isascii() and value.isdigit())
        or (shape == "time" and (value == "none" or split.seconds(value) is not None))
    )
    return "" if good else f"{entry.keyword} cannot be {value!r}"


def _jump_problem(text: str) -> str:
    value = jump_text(text)
    try:
        split.hops("x" if value.lower() == "none" else value)
    except ValueError as error:
        return f"proxyjump: {error}"
    return ""


def jump_text(text: str) -> str:
    """Give the value of ProxyJump without its comment."""
    return text.split("#")[0].rstrip(" \t\r")


def _bad(where: str, text: str, hint: str = "") -> UsageError:
    return UsageError(text, where=where, hint=hint or "ssh refuses this line too; `ssh -G HOST`")
