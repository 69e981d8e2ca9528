"""A plan in words: what the checks found, what a file wants to be known, long diffs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.containers import VerticalScroll
from textual.pilot import Pilot

from app.plan.plan import Check, Plan
from screens.app import TlswrightApp
from screens.review_text import checks_label, opens_with_checks, order_text
from tests.screens.drive import drive, state_for, text_of, until
from tests.screens.recorded import FakeFront, plan, site

WARNING = Check("spk-01", "product", "warn", "durable subscribers exist: they are named anew")


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFront:
    monkeypatch.chdir(tmp_path)
    return FakeFront(Path())


def with_file(found: Plan, *, notes: tuple[str, ...] = (), diff: str = "") -> Plan:
    """Give a plan whose very first file has notes and a diff."""
    wave = found.waves[0]
    member = wave.steps[0].members[0]
    old = member.changes[0]
    change = replace(old, resource=replace(old.resource, notes=notes), diff=diff or old.diff)
    step = replace(wave.steps[0], members=(replace(member, changes=(change,)),))
    return replace(found, waves=(replace(wave, steps=(step, *wave.steps[1:])),))


def test_checks_are_all_passed_only_when_there_is_nothing_to_know() -> None:
    good, bad = plan(site()), plan(site(), failed=True)
    assert checks_label(good) == "Checks: all passed"
    assert not opens_with_checks(good)
    assert checks_label(replace(good, checks=(*good.checks, WARNING))) == "Checks: 1 to know"
    assert checks_label(bad) == "Checks: 1 refuses the run"
    twice = replace(bad, checks=(*bad.checks, bad.checks[-1], WARNING))
    assert checks_label(twice) == "Checks: 2 refuse the run"


def test_the_order_says_how_long_each_host_is_away() -> None:
    assert "away for about 20 s" in order_text(plan(site())).plain


def test_warnings_are_what_a_review_opens_with(front: FakeFront) -> None:
    found = plan(site())
    front.plan = replace(found, checks=(*found.checks, WARNING))
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: "Checks: 1 to know" in text_of(app))
        await until(pilot, lambda: "spk-01  product: durable" in text_of(app))

    drive(app, story)


def test_a_site_without_a_vault_is_asked_for_its_passphrase_twice_before_a_run(
    front: FakeFront,
) -> None:
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: app.state.plan is not None)
        await pilot.press("a")
        await until(pilot, lambda: "Apply now" in text_of(app))
        await pilot.press("enter")
        for typed, said in (
            ("short", "passphrase for the new vault"), ("long enough", "too short"),
            ("but other", "once more"), ("long enough", "differed"), ("long enough", "once more"),
        ):  # fmt: skip
            await until(pilot, lambda said=said: said in text_of(app))  # type: ignore[misc]
            await pilot.press(*typed, "enter")
        await until(pilot, lambda: "start apply" in front.asked)

    drive(app, story)
    assert app.state.answers.passphrase is not None


def test_what_is_to_be_known_of_a_file_stands_beside_it_and_its_long_diff_scrolls(
    front: FakeFront,
) -> None:
    diff = "\n".join(["@@ -1,200 +1,200 @@", *(f"+line {n} of it" for n in range(200))])
    front.plan = with_file(plan(site()), notes=("it was edited by hand",), diff=diff)
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: app.state.plan is not None)
        await pilot.press("down", "down")
        await until(pilot, lambda: "!! it was edited by hand" in text_of(app))
        assert "line 199" not in text_of(app)
        for _ in range(30):
            await pilot.press("right_square_bracket")
        await until(pilot, lambda: "+line 199 of it" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "+line 0 of it" in text_of(app))
        await pilot.press("end")
        await until(pilot, lambda: "+line 199 of it" in text_of(app))
        assert app.screen.query_one(VerticalScroll).max_scroll_y > 100

    drive(app, story, (60, 18))
