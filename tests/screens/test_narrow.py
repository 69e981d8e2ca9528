"""Small windows, many hosts, long words, no colour: nothing that matters is lost."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, Static

from app.findings import Finding
from app.site.draft import Draft
from screens.app import TlswrightApp
from screens.findings import FindingsScreen
from screens.steps.hosts import HostsScreen
from tests.screens.drive import drive, state_for, text_of, until
from tests.screens.recorded import FakeFront, site, status_rows
from tests.tmux import Tmux

SIZES = [(60, 18), (80, 24), (120, 40)]
ROOT = Path(__file__).parents[2]
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFront:
    monkeypatch.chdir(tmp_path)
    return FakeFront(Path())


@pytest.mark.parametrize("size", SIZES)
def test_twenty_hosts_with_long_names_can_all_be_reached(
    front: FakeFront, size: tuple[int, int]
) -> None:
    left = Draft(site="x", step="hosts", kind="activemq", shape="hub-spoke")
    app = TlswrightApp(state_for(front, draft=left))
    tail = "with-a-long-name.messaging.example.net"

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: isinstance(app.screen, HostsScreen))
        app.screen.query_one(Input).value = f"broker-[01-20]-{tail}"
        await pilot.press("enter", "enter")
        await until(pilot, lambda: len(app.state.checks) == 20)
        await until(pilot, lambda: "20 hosts   1 hub   19 spokes" in text_of(app))
        table = app.screen.query_one(DataTable)
        for _ in range(20):
            await pilot.press("up")
        await until(pilot, lambda: table.cursor_row == 0 and "broker-01" in text_of(app))
        await pilot.press("end", "ctrl+end")
        await until(pilot, lambda: "broker-20" in text_of(app))
        assert "more" in text_of(app)  # the picture counts those that it has no room for
        assert all(len(line) <= size[0] for line in text_of(app).split("\n"))

    drive(app, story, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_long_problem_is_read_whole_and_leaves_room_for_the_keys(
    front: FakeFront, size: tuple[int, int]
) -> None:
    front.rows = status_rows(site())
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        text = " ".join(["the host said something that is rather long"] * 3)
        await until(pilot, lambda: "serial" in text_of(app))
        app.screen.say(f"{text} END", "and this is what can be done")  # type: ignore[attr-defined]
        await until(pilot, lambda: "END" in text_of(app))
        assert "what can be done" in text_of(app)
        assert "F1 Help" in text_of(app)
        assert app.screen.query_one("#problem", Static).size.height >= 3

    drive(app, story, size)


@pytest.mark.parametrize("size", SIZES)
def test_sixty_findings_scroll_and_each_explains_itself(
    front: FakeFront, size: tuple[int, int]
) -> None:
    front.found = [
        Finding(f"spk-{n:02}>hub", "right name", "ok" if n < 59 else "fail", f"seen {n}",
                f"cause {n}", "remedy")
        for n in range(60)
    ]  # fmt: skip
    app = TlswrightApp(state_for(front, site=site()), place="verify")

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: isinstance(app.screen, FindingsScreen))
        await until(pilot, lambda: "1 FAILED, 59 ok" in text_of(app))
        await until(pilot, lambda: "cause 59" in text_of(app))
        await pilot.press("ctrl+end")
        await until(pilot, lambda: "cause 58" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "remedy" in text_of(app))

    drive(app, story, size)


def test_no_color_leaves_no_colour_code_on_a_real_terminal(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT), "NO_COLOR": "1",
    }  # fmt: skip
    words = [sys.executable, "-m", "app.cli.main"]
    with Tmux(tmp_path / "tmux", words, environment, tmp_path, (60, 18)) as terminal:
        terminal.wait("Site name")
        shown = terminal._tmux("capture-pane", "-p", "-e")
        assert "\x1b[" in shown
        assert COLOUR.findall(shown) == []
        terminal.keys("Enter")
        terminal.wait("> Site name")
        terminal.type("lab")
        terminal.wait("--name lab")
        terminal.keys("Enter")
        terminal.wait("Which hosts?")
        terminal.type("dead=127.0.0.1:1")
        terminal.keys("Enter", "Enter")
        terminal.wait("unreachable")
        assert COLOUR.findall(terminal._tmux("capture-pane", "-p", "-e")) == []
        terminal.keys("C-q")
        terminal.wait("ended with 0")
