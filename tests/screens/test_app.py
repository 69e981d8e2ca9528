"""The app itself: small windows, plain terminals, crashes, help, commands, ASCII."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.errors import Exit
from app.pki.secret import Secret
from screens import crash, look, words
from screens.app import TlswrightApp
from screens.form import Form
from screens.steps.trust import TrustScreen
from tests.screens.drive import drive, state_for, text_of, until
from tests.screens.recorded import FakeFront, site, status_rows


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFront:
    monkeypatch.chdir(tmp_path)
    return FakeFront(Path())


def test_a_window_that_is_too_small_says_so_and_comes_back_unharmed(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("tab", *"prod")
        await pilot.resize_terminal(50, 14)
        await until(pilot, lambda: "50x14" in text_of(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "prod" in text_of(app))

    drive(app, story)


def test_help_explains_the_field_that_has_the_focus(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front, site=site()), place="options")

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("f1")
        await until(pilot, lambda: "Default: 61617" in text_of(app))
        await pilot.press("escape", "down", "f1")
        await until(pilot, lambda: "Duplex bridges" in text_of(app))

    drive(app, story)


def test_help_lists_the_keys_that_the_last_line_leaves_out_before_those_for_moving(
    front: FakeFront,
) -> None:
    front.rows = status_rows(site())
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("f1")
        await until(pilot, lambda: "Cursor up" in text_of(app))
        shown = text_of(app)
        assert shown.index("Plan/apply") < shown.index("Old stores") < shown.index("Cursor up")

    drive(app, story, (120, 60))


def test_the_equal_command_is_one_key_away(front: FakeFront) -> None:
    front.rows = status_rows(site())
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("f4")
        await until(pilot, lambda: "tlswright status" in text_of(app))
        await pilot.press("escape", "f3")
        await until(pilot, lambda: "Log" in text_of(app))

    drive(app, story)


def test_no_picture_can_be_saved_of_a_screen_with_secrets(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front, site=site()), place="trust")

    async def story(pilot: Pilot[int]) -> None:
        assert isinstance(app.screen, TrustScreen)
        offered = {c.title for c in app.get_system_commands(app.screen)}
        assert "Screenshot" not in offered
        assert "Go to hosts" in offered
        app.go("dashboard")
        await pilot.pause()
        assert "Screenshot" in {c.title for c in app.get_system_commands(app.screen)}

    drive(app, story)


def test_a_bug_ends_with_one_sentence_a_private_report_and_exit_code_1(
    front: FakeFront, capsys: pytest.CaptureFixture[str]
) -> None:
    app = TlswrightApp(state_for(front, site=site()))
    app.state.passphrase(Secret("do-not-show-me"))

    async def story(pilot: Pilot[int]) -> None:
        secret = "do-not-show-me"
        await pilot.pause()

        def fail() -> None:
            raise RuntimeError(f"with {secret}")

        app.call_later(fail)
        await pilot.pause(0.2)

    with pytest.raises(RuntimeError):
        drive(app, story)
    assert app.return_code == Exit.BUG
    report = next((front.directory / ".tlswright").glob("crash-*.txt"))
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert "do-not-show-me" not in report.read_text()
    assert "test_app.py" in report.read_text()
    assert str(report) in app.crash_words
    assert "do-not-show-me" not in "".join(capsys.readouterr())


def test_a_report_that_cannot_be_written_does_not_hide_the_bug(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert crash.report(ValueError("x"), tmp_path / "file", "0") is None
    assert "bug" in crash.words(None)


@pytest.mark.usefixtures("plain_widgets")
def test_ascii_mode_draws_with_ascii_alone(front: FakeFront) -> None:
    front.rows = status_rows(site())
    app = TlswrightApp(state_for(front, site=site(), ascii_only=True))

    async def story(pilot: Pilot[int]) -> None:
        for place in ("dashboard", "topology", "hosts", "names", "trust", "options", "review"):
            app.go(place)
            await pilot.pause(0.1)
            if place == "trust":
                app.screen.query_one(Form).focus_on("first")
                await pilot.press(*"secret words")
            assert text_of(app).isascii(), f"{place}:\n{text_of(app)}"
        await pilot.press("a")
        await until(pilot, lambda: "Apply now" in text_of(app))
        assert text_of(app).isascii()

    drive(app, story)
    assert look.THEME.dark


def test_states_can_be_told_without_colour() -> None:
    for table in (words.HOST_WORDS, words.CHECK_WORDS, words.VERDICT_WORDS, words.HEALTH_WORDS):
        bad = {w.mark for w in table.values() if w.style == words.BAD}
        good = {w.mark for w in table.values() if w.style == words.OK}
        assert bad <= {"XX"}
        assert good == {"ok"}
        assert all(w.mark.isascii() and len(w.mark) == 2 for w in table.values())
