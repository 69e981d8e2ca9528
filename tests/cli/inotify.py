"""See the mode of every file at each instant that anything happens to it: inotify(7)."""

from __future__ import annotations

import ctypes
import os
import select
import stat
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_CREATE, _ATTRIB, _MODIFY, _CLOSE, _OPEN, _MOVED, _MOVED_FROM = 0x100, 4, 2, 8, 0x20, 0x80, 0x40
_FOLDER, _NO_LINK, _LOST = 0x40000000, 0x02000000, 0x4000
_ALL = _CREATE | _ATTRIB | _MODIFY | _CLOSE | _OPEN | _MOVED | _MOVED_FROM
_EVENT = struct.Struct("iIII")


@dataclass
class Modes:
    """Watch folders and all that comes to be below them; a context manager.

    `seen` holds (path, mode) of every file and folder, each mode that it ever had when something
    happened to it; `became` says what a path was renamed to; `lost` tells that the kernel dropped
    events.
    """

    tops: Iterable[Path]
    seen: set[tuple[Path, int]] = field(default_factory=set)
    became: dict[Path, Path] = field(default_factory=dict)
    lost: bool = False
    _moving: dict[int, Path] = field(default_factory=dict)
    _folders: dict[int, Path] = field(default_factory=dict)

    def __enter__(self) -> Modes:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self._end, self._ended = os.pipe()
        for top in self.tops:
            self._add(top)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._ended)
        self._thread.join()
        os.close(self._end)
        os.close(self._fd)

    def _add(self, folder: Path) -> None:
        """Watch a folder and what is in it already: it may have come before the watch."""
        number = self._libc.inotify_add_watch(self._fd, os.fsencode(folder), _ALL | _NO_LINK)
        if number < 0:
            return
        self._folders[number] = folder
        self._look(folder)
        for path in folder.iterdir():
            self._look(path)
            if path.is_dir() and not path.is_symlink():
                self._add(path)

    def _look(self, path: Path) -> None:
        try:
            found = path.lstat()
        except OSError:
            return
        if not stat.S_ISLNK(found.st_mode):
            self.seen.add((path, stat.S_IMODE(found.st_mode)))

    def _read(self) -> None:
        while True:
            ready = select.select([self._fd, self._end], [], [])[0]
            if self._fd in ready:
                self._take(os.read(self._fd, 1 << 16))
            elif self._end in ready:
                return

    def _take(self, data: bytes) -> None:
        place = 0
        while place < len(data):
            number, mask, cookie, length = _EVENT.unpack_from(data, place)
            name = data[place + _EVENT.size : place + _EVENT.size + length].rstrip(b"\0")
            place += _EVENT.size + length
            self.lost |= bool(mask & _LOST)
            folder = self._folders.get(number)
            if folder is None:
                continue
            path = folder / os.fsdecode(name) if name else folder
            self._look(path)
            if mask & _MOVED_FROM:
                self._moving[cookie] = path
            elif mask & _MOVED and cookie in self._moving:
                self.became[self._moving.pop(cookie)] = path
            if name and mask & _FOLDER and mask & (_CREATE | _MOVED):
                self._add(path)
