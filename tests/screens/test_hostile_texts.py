"""Texts that come from hosts: no markup, no escape sequence and no odd letter breaks a screen."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.engine.checking import HostState
from app.engine.front import HostCheck
from app.events import Event, from_line, to_line
from app.findings import Finding
from app.model import Host, Site
from app.plan.plan import Check
from app.quoting import calm
from app.remote.base import Logins
from screens.app import TlswrightApp
from screens.failure import FailureScreen
from screens.findings import FindingsScreen
from tests.screens.drive import drive, state_for, text_of, until
from tests.screens.recorded import RUN, FakeFront, events, plan, site
from tests.screens.test_hosts import to_hosts
from tests.screens.test_review import with_file

RAW = "[/red][bold [link=x]$(id) \x1b[2J\x1b]0;owned\x07\x9b31m\u202e\r\0 {x} %s \ud800é☃"
EVIL = calm(RAW)
"""What remains of it once it has been read from a host."""


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFront:
    monkeypatch.chdir(tmp_path)
    return FakeFront(Path())


def harmless(app: TlswrightApp) -> bool:
    """Tell whether the screen shows nothing that a terminal would act on."""
    return not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text_of(app) if c != "\n")


def evil_events(text: str) -> list[Event]:
    """Give a run that fails, with every text replaced that a host may have a say in."""
    lines = events(fail=True)
    told = [replace(e, text=text) if e.host else e for e in lines]
    data = {"hint": text, "explanation": text}
    told = [replace(e, data=data) if e.kind == "failed" else e for e in told]
    log = replace(told[-1], kind="log", host="hub-a1", text=text, data={})
    return [*told[:-1], log, replace(told[-1], seq=told[-1].seq + 1)]


@pytest.mark.parametrize("text", [EVIL, RAW.replace("\ud800", "")], ids=["calmed", "raw"])
def test_a_run_shows_what_a_host_said_as_plain_text(front: FakeFront, text: str) -> None:
    front.events = [e for e in map(from_line, map(to_line, evil_events(text))) if e is not None]
    app = TlswrightApp(state_for(front, site=site()), run=RUN)

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "Enter What next" in text_of(app))
        assert "[/red][bold" in text_of(app)
        assert harmless(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FailureScreen))
        await until(pilot, lambda: "[/red][bold" in text_of(app))
        assert harmless(app)

    drive(app, story, (120, 40))


def test_findings_show_what_a_host_said_as_plain_text(front: FakeFront) -> None:
    bad = Finding("spk-01>hub-a1", "handshake", "fail", EVIL, EVIL, EVIL, "spk-01")
    front.events = [*events()[:-1]]
    last = front.events[-1]
    front.events += [replace(last, seq=last.seq + 1, data=bad.to_dict()), events()[-1]]
    front.events[-1] = replace(front.events[-1], seq=last.seq + 2)
    app = TlswrightApp(state_for(front, site=site()), run=RUN)

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "Enter: what next" in text_of(app))
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FindingsScreen))
        await until(pilot, lambda: "[/red][bold" in text_of(app))
        assert harmless(app)

    drive(app, story, (120, 40))


class EvilFront(FakeFront):
    """Answer for every host with a text that does its worst; every other host fails."""

    def check_host(self, site: Site, logins: Logins, others: Mapping[str, Host]) -> HostCheck:
        (host,) = site.hosts.values()
        facts = dict.fromkeys(("product", "system", "java", "names", "login"), EVIL)
        state: HostState = "ok" if host.name == "hub" else "failed"
        return HostCheck(host.name, state, EVIL, EVIL, facts=facts, names=(EVIL,))


def test_the_wizard_shows_what_a_host_said_as_plain_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = TlswrightApp(state_for(EvilFront(Path())))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub spk-01")
        await until(pilot, lambda: "[/red][bold" in text_of(app))
        assert harmless(app)
        await pilot.press("down", "up")
        await pilot.pause()
        assert harmless(app)

    drive(app, story, (120, 40))


def test_a_plan_shows_what_a_host_said_as_plain_text(front: FakeFront) -> None:
    found = with_file(plan(site()), notes=(EVIL,), diff=f"+{EVIL}\n" * 3)
    layouts = {name: dict.fromkeys(facts, EVIL) for name, facts in found.layouts.items()}
    check = Check("spk-01", "product", "warn", EVIL)
    front.plan = replace(found, checks=(*found.checks, check), layouts=layouts)
    app = TlswrightApp(state_for(front, site=site()))

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: "[/red][bold" in text_of(app))
        for _ in range(8):
            assert harmless(app)
            await pilot.press("down")
            await pilot.pause()

    drive(app, story, (120, 40))
