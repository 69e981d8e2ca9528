"""Hold the monitor of MMM 2.x in a mode for the time of a change, and put the old text back.

A restarted monitor forgets `mmm_control set_manual` and takes `mode` of <monitor>, active by
default.  The former line is kept in a comment above the new one, in the file itself: so it comes
back byte for byte, even when the run that changed it is lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from app.edits.mmm.model import EditedFiles
from app.edits.mmm.text import Draft, gap_like, refusal, usual
from app.edits.mmm.v2.edit import drafts, known
from app.edits.mmm.v2.lines import HELD, MONITOR, Line
from app.edits.mmm.v2.read import DIRECTORIES, Files, Reading, Setting

_MARKER = re.compile(rf"[ \t]*{re.escape(HELD)}(?P<former>.*)", re.DOTALL)
MODES = ("manual", "passive")


def set_mode(
    files: Files,
    start: str,
    mode: str = "manual",
    *,
    host: str = "",
    directories: Sequence[str] = DIRECTORIES,
) -> EditedFiles:
    """Set `mode` in <monitor> of a start file such as mmm_mon.conf; gives only files that change.

    Nothing is changed where the mode is set already, by the user or by an earlier run.
    Raises EditError as `edit_socket` does, and where there is no section <monitor>.
    """
    if mode not in MODES:
        raise ValueError(f"a monitor is held in one of {', '.join(MODES)}")
    reading = known(files, start, host, directories)
    pages = drafts(files, reading, host)
    settings = reading.of(MONITOR, "mode")
    if settings:
        _change(pages, reading, settings[-1], mode)
    else:
        _insert(pages, reading, mode, host)
    return _written(files, pages)


def put_back_mode(
    files: Files,
    start: str,
    mode: str = "manual",
    *,
    host: str = "",
    directories: Sequence[str] = DIRECTORIES,
) -> EditedFiles:
    """Put back what `set_mode` took the place of, byte for byte; gives only files that change.

    A mode that somebody set in the meantime stays, with a note.  Raises EditError as `set_mode`.
    """
    reading = known(files, start, host, directories)
    pages = drafts(files, reading, host)
    for path, lines in reading.files.items():
        for kept, line in pairwise(lines):
            found = _MARKER.fullmatch(kept.text)
            if found is None:
                continue
            pages[path].drop(kept.number)
            if (line.kind, line.word, line.value) != ("variable", "mode", mode):
                pages[path].note(
                    line.number, "the mode is no longer the one that was set: it stays"
                )
            elif found["former"].strip("\r"):
                pages[path].put(line.number, found["former"])
            else:
                pages[path].drop(line.number)
    return _written(files, pages)


def _change(pages: dict[str, Draft], reading: Reading, setting: Setting, mode: str) -> None:
    line, page = setting.line, pages[setting.file]
    if line.value == mode:
        return
    above = reading.files[setting.file][line.number - 2] if line.number > 1 else None
    if above is not None and _MARKER.fullmatch(above.text):
        page.put(line.number, line.with_value(mode))
        return
    page.put(line.number, f"{line.lead}{HELD}{line.text}", line.with_value(mode))


def _insert(pages: dict[str, Draft], reading: Reading, mode: str, host: str) -> None:
    sections = [one for one in reading.sections if one.type == MONITOR and one.body]
    if not sections:
        where = f"{host}:{reading.start}" if host else reading.start
        text = "there is no section <monitor>, and MMM's monitor does not start without"
        raise refusal(text, where, 0, hint="name the start file of the monitor")
    section = sections[-1]
    inner: list[Line] = [one.line for one in section.settings]
    lead = usual((one.lead for one in inner), section.first.lead + "    ")
    near = [(one.lead, one.word, one.gap) for one in inner]
    page = pages[section.file]
    texts = [f"{lead}{HELD}{page.cr}", f"{lead}mode{gap_like(lead, 'mode', near)}{mode}{page.cr}"]
    page.add(inner[-1].number if inner else section.first.number, *texts)


def _written(files: Files, pages: dict[str, Draft]) -> EditedFiles:
    written = {path: page.write() for path, page in pages.items()}
    notes = tuple(note for page in pages.values() for note in page.notes)
    return EditedFiles({p: d for p, d in written.items() if d != (files[p] or b"")}, notes)
