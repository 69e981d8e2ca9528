"""Put `<socket>` with type ssl into the files of MMM 2.x.

Decisions where the files leave a choice (Config.pm of 2.2.3: sections of one name are merged, and
of each variable the last value that is read counts, whatever file it stands in):

- a variable that stands somewhere is set where it counts; what is read later and would win is
  thereby set too, and earlier values stay, with a note;
- what is missing goes into the section that holds `type`, else into the last <socket>;
- without any <socket> a new one goes to the end of mmm_common.conf where the start file includes
  it, else to the end of the start file itself;
- files that MMM refuses are refused here too: what they would say once mended is a guess.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.edits.mmm.model import EditedFiles
from app.edits.mmm.text import Draft, check_path, gap_like, refusal, split_lines, usual
from app.edits.mmm.v2.lines import HELD, OPTIONS, SOCKET, Line
from app.edits.mmm.v2.read import DIRECTORIES, Files, Reading, Section, read
from app.edits.mmm.v2.view import read_conf
from app.errors import EditError

_COMMON = re.compile(r"mmm_common.*\.conf")


@dataclass(frozen=True, slots=True)
class SocketWant:
    """Name the files of TLS, by absolute path; all that MMM 2.x lets one say."""

    cert_file: str
    key_file: str
    ca_file: str

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Give the variables of the section in the order that they are written."""
        files = (self.cert_file, self.key_file, self.ca_file)
        return tuple(zip(OPTIONS, ("ssl", *files), strict=True))


def edit_socket(
    files: Files,
    starts: Sequence[str],
    wanted: SocketWant,
    *,
    host: str = "",
    directories: Sequence[str] = DIRECTORIES,
) -> EditedFiles:
    """Bring the files of a host to what is wanted for each start file, e.g. mmm_agent.conf.

    A host that runs agent and monitor has both for `starts`.  Gives only files that change.
    Raises EditError with file and line, the reason and a snippet to paste where the files cannot
    be edited safely: a file not looked at, what MMM refuses, values that it cannot hold.
    """
    now = dict(files)
    notes: dict[str, None] = {}
    try:
        for name, path in wanted.pairs()[1:]:
            check_path(name, path)
        for start in starts:
            reading = known(now, start, host, directories)
            edited = _edit(now, reading, wanted, host)
            now |= edited.files
            notes |= dict.fromkeys(edited.notes)
        for start in starts:
            _prove(now, start, wanted, host, directories)
    except EditError as error:
        error.snippet = error.snippet or snippet(wanted)
        raise
    changed = {path: data for path, data in now.items() if data and data != files.get(path)}
    return EditedFiles(changed, tuple(notes))


def snippet(wanted: SocketWant) -> str:
    """Write the section as it would stand in a file of its own."""
    return "\n".join([*_section(wanted, "    "), ""])


def known(files: Files, start: str, host: str, directories: Sequence[str]) -> Reading:
    """Read a start file, and refuse what MMM refuses, or what has not been looked at."""
    reading = read(files, start, directories)
    if reading.unread:
        path = next(iter(reading.unread))
        raise refusal(f"{start} cannot be known before this file is read", _at(host, path), 0)
    for one in read_conf(files, start, directories=directories).fatal:
        raise refusal(one.text, _at(host, one.file), one.line, hint=one.hint)
    return reading


def drafts(files: Files, reading: Reading, host: str) -> dict[str, Draft]:
    """Give a draft of each file that was read."""
    return {
        path: Draft(split_lines(files[path] or b"", path), _at(host, path))
        for path in reading.files
    }


def _at(host: str, path: str) -> str:
    return f"{host}:{path}" if host else path


def _edit(files: Files, reading: Reading, wanted: SocketWant, host: str) -> EditedFiles:
    pages = drafts(files, reading, host)
    missing = [pair for pair in wanted.pairs() if not reading.of(SOCKET, pair[0])]
    for name, value in wanted.pairs():
        places = reading.of(SOCKET, name)
        for last in places[-1:]:
            if last.line.value != value:
                pages[last.file].put(last.line.number, last.line.with_value(value))
                _remark(pages[last.file], last.line, value)
        for one in places[:-1]:
            if one.line.value != value and one.place != places[-1].place:
                text = f"{name} does not count here: {places[-1].place} says it later"
                pages[one.file].note(one.line.number, text)
    if missing:
        _add(pages, reading, wanted, missing)
    changed = {path: page.write() for path, page in pages.items()}
    notes = tuple(note for page in pages.values() for note in page.notes)
    return EditedFiles({p: d for p, d in changed.items() if d != (files[p] or b"")}, notes)


def _remark(page: Draft, line: Line, value: str) -> None:
    if line.word == "type":
        page.note(line.number, f"type was {line.value} and is now {value}")
    elif "#" in line.value:
        page.note(
            line.number, f"what stood behind # was a part of the value of {line.word}, and goes"
        )


def _add(
    pages: dict[str, Draft], reading: Reading, wanted: SocketWant, missing: list[tuple[str, str]]
) -> None:
    """Add the variables that stand nowhere."""
    section = _home(reading)
    if section is None:
        _open(pages, reading, wanted)
        return
    page, lines = pages[section.file], reading.files[section.file]
    inner = [one.line for one in section.settings]
    outer = section.first.lead
    lead = usual((one.lead for one in inner), outer + _unit(lines))
    near = [(one.lead, one.word, one.gap) for one in inner]
    texts = [lead + n + (gap_like(lead, n, near) if near else _gap(n)) + v for n, v in missing]
    texts = [text + page.cr for text in texts]
    if section.body:
        page.add(inner[-1].number if inner else section.first.number, *texts)
    else:
        first, last = f"{outer}<{SOCKET}>{page.cr}", f"{outer}</{SOCKET}>{page.cr}"
        page.put(section.first.number, first, *texts, last)


def _home(reading: Reading) -> Section | None:
    """Choose the section that gets what is missing."""
    sections = [one for one in reading.sections if one.type == SOCKET]
    typed = [one for one in sections if any(s.line.word == "type" for s in one.settings)]
    bodies = [one for one in sections if one.body]
    return next((some[-1] for some in (typed, bodies, sections) if some), None)


def _open(pages: dict[str, Draft], reading: Reading, wanted: SocketWant) -> None:
    """Add a section where MMM is outside of all others and still reads."""
    common = [path for path in reading.files if _COMMON.fullmatch(posixpath.basename(path))]
    path = common[0] if common else reading.start
    page, lines, at = pages[path], reading.files[path], reading.safe[path]
    texts = _section(wanted, _unit(lines))
    if at and lines[at - 1].kind != "blank":
        texts.insert(0, "")
    if at < len(lines) and lines[at].kind != "blank":
        texts.append("")
    page.add(at, *(text + page.cr for text in texts))


def _section(wanted: SocketWant, lead: str) -> list[str]:
    inner = [lead + name + _gap(name) + value for name, value in wanted.pairs()]
    return [f"<{SOCKET}>", *inner, f"</{SOCKET}>"]


def _gap(name: str) -> str:
    return " " * (12 - len(name))


def _unit(lines: Sequence[Line]) -> str:
    """Give the usual indentation; a mode that is held for a change is not of the file's own."""
    own = (
        line.lead for above, line in zip((None, *lines), lines, strict=False)
        if line.kind == "variable" and (above is None or above.text.strip(" \t\r") != HELD)
    )  # fmt: skip
    return usual(own, "    ")


def _prove(
    files: Files, start: str, wanted: SocketWant, host: str, directories: Sequence[str]
) -> None:
    """Read the result as MMM does, before it is shipped."""
    found = read_conf(files, start, directories=directories)
    socket = found.socket
    values = (socket.type, socket.cert_file, socket.key_file, socket.ca_file)
    right = all(v and v.text == w for v, (_, w) in zip(values, wanted.pairs(), strict=True))
    if found.fatal or not right:
        raise refusal("MMM would not read the edited files as wanted", _at(host, found.start), 0)
