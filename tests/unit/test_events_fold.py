"""Events are lines, lines are events, and a view is what they say: live, replayed, or torn."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from app.engine.journal import Journal, Tail, alive, follow, read_events
from app.events import LOG_LINES, Event, EventKind, HostState, fold, from_line, to_line

KINDS: tuple[EventKind, ...] = get_args(EventKind)
STATES: tuple[str, ...] = get_args(HostState)
NOW = datetime(2026, 5, 4, tzinfo=UTC)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Draw any event that a journal may hold."""
    names = st.sampled_from(["", "hub", "a"])
    kind = draw(st.sampled_from(KINDS))
    data: dict[str, Any] = draw(
        st.sampled_from(
            [
                {},
                {"hosts": ["hub", "a"], "pid": 7},
                {"plan": "p", "steps": [{"id": "1.1", "hosts": ["a"], "changes": {"a": 2}}]},
                {"plan": "p", "steps": [{"id": "1.1", "hosts": ["a"], "phase": "free"}]},
                {"phase": "guard"},
                {"index": 1, "count": 2},
                {"exit": 0, "next": ["tlswright verify"]},
            ]
        )
    )
    return Event(
        kind, "r", draw(st.integers(0, 30)), "2026-05-04T00:00:00.000+00:00", draw(names),
        draw(st.sampled_from(["", "1.1"])), draw(st.sampled_from(["", "odd", *STATES])),
        draw(st.text(max_size=20)), data,
    )  # fmt: skip


@given(events())
def test_an_event_survives_its_line(event: Event) -> None:
    line = to_line(event)
    assert "\n" not in line
    assert from_line(line) == event


@given(st.lists(events(), max_size=20))
def test_folding_in_two_parts_or_twice_is_folding_once(found: list[Event]) -> None:
    found.sort(key=lambda event: event.seq)
    whole = fold(found)
    for cut in range(len(found)):
        first = fold(found[:cut])
        assert fold([e for e in found if e.seq > first.seq], first) == fold(found, first)
    assert fold(found, whole) == whole


@given(st.binary(max_size=80))
def test_no_line_breaks_the_reader(data: bytes) -> None:
    line = data.decode("utf-8", "replace")
    assert from_line(line) is None or json.loads(line)


def test_what_a_run_holds_is_held_until_a_run_lets_it_go() -> None:
    def run(*rows: tuple[EventKind, dict[str, Any]]) -> str:
        return fold(Event(kind, "r", n, "t", data=data) for n, (kind, data) in enumerate(rows)).held

    def planned(*phases: str) -> tuple[EventKind, dict[str, Any]]:
        steps = [
            {"id": "1.1", "hosts": ["a"], "phase": phase, "holds": "it waits"} for phase in phases
        ]
        return "planned", {"plan": "p", "steps": steps}

    def kept(phase: str) -> tuple[EventKind, dict[str, Any]]:
        return "intent", {"phase": phase, "holds": "it waits" if phase != "deploy" else ""}

    whole = planned("guard", "deploy", "free")
    assert not run(whole)
    assert run(whole, kept("guard")) == "it waits"
    assert run(whole, kept("guard"), kept("deploy"))
    assert not run(whole, kept("guard"), kept("deploy"), kept("free"))
    assert run(planned("deploy", "free"), kept("deploy"))
    assert not run(planned("deploy", "free"), kept("deploy"), kept("free"))
    assert not run(planned("deploy"), kept("deploy"))


def test_lines_of_a_later_version_keep_what_we_know() -> None:
    event = Event("log", "r", 1, "t", text="x")
    line = json.dumps({**json.loads(to_line(event)), "colour": "red"})
    assert from_line(line) == event


def test_lines_with_wrong_types_are_foreign() -> None:
    good = json.loads(to_line(Event("step", "r", 1, "t", host="hub")))
    for key, value in (("seq", "x"), ("data", []), ("text", 5), ("kind", 3), ("host", None)):
        assert from_line(json.dumps({**good, key: value})) is None, key


def test_the_log_of_a_view_is_bounded() -> None:
    view = fold(Event("log", "r", n, "t", text=str(n)) for n in range(LOG_LINES + 50))
    assert len(view.log) == LOG_LINES
    assert view.log[-1][2] == str(LOG_LINES + 49)


def test_a_torn_last_line_is_left_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    first, second = (to_line(Event("log", "r", n, "t", text="ü")) for n in (0, 1))
    path.write_text(f"{first}\n{second[:20]}")
    tail = Tail(path)
    assert [e.seq for e in tail.read()] == [0]
    assert tail.read() == ()
    with path.open("a") as file:
        file.write(f"{second[20:]}\nnot json\n[]\n{{}}\n")
    assert [e.seq for e in tail.read()] == [1]
    assert [e.seq for e in read_events(path)] == [0, 1]


def test_a_journal_tells_whether_its_writer_lives_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    assert not alive(path)
    assert read_events(path) == ()
    journal = Journal(path, "r", lambda: NOW)
    journal.emit("run-started", "apply")
    assert alive(path)
    assert os.stat(path).st_mode & 0o777 == 0o600
    journal.close()
    assert not alive(path)
    assert [e.time for e in read_events(path)] == ["2026-05-04T00:00:00.000+00:00"]


def test_two_readers_follow_one_run_to_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "20260504-000000-aaaa"
    folder.mkdir()
    journal = Journal(folder / "journal.jsonl", folder.name, lambda: NOW)
    journal.emit("run-started", "apply")
    waits = iter(range(100))

    def wait() -> None:
        number = next(waits)
        journal.emit("log", f"line {number}")
        if number == 3:
            journal.emit("run-ended", "done", data={"exit": 0})
            journal.close()

    first = [e for e in follow(folder / "journal.jsonl", wait) if e is not None]
    second = [e for e in follow(folder / "journal.jsonl", wait) if e is not None]
    assert first == second
    assert fold(first).exit == 0
    assert len(first) == 6


def test_a_run_that_died_gets_a_last_event_that_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "20260504-000000-aaaa"
    folder.mkdir()
    journal = Journal(folder / "journal.jsonl", folder.name, lambda: NOW)
    journal.emit("run-started", "apply", data={"hosts": ["hub"]})
    journal.close()
    found = [e for e in follow(folder / "journal.jsonl", lambda: None) if e is not None]
    view = fold(found)
    assert view.exit == 13
    assert "cut off" in view.result
    assert view.next == ("tlswright apply",)
