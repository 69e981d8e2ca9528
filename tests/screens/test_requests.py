"""Certificates that an outside CA signs, in the screens: asked for, taken in, waited for."""

from __future__ import annotations

import io
import re
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from app.cli.context import Context
from app.cli.plain import _Desk
from app.cli.plain_steps import Asker
from app.cli.terminal import Terminal
from app.engine.front import Front
from app.model import AuthoritySpec
from app.pki.secret import Secret
from app.pki.vault import Vault
from app.plan.plan import WAITING, Check, Plan
from app.site.load import load_site
from app.site.write import save_site
from screens.app import TlswrightApp
from screens.dashboard import DashboardScreen
from screens.form import Form
from screens.requests import RequestsScreen
from screens.steps.trust import TrustScreen
from tests.cli.command import passphrase_file
from tests.screens.drive import drive, same_as_stored, state_for, text_of, until
from tests.screens.recorded import FakeFront
from tests.screens.test_wizard import to_hosts, to_step
from tests.unit.outside_ca import OutsideCa
from tests.unit.plan_world import site_of

WORD = Secret("correct horse battery")
SIZES = [(80, 24), (120, 40)]


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> OutsideCa:
    return OutsideCa(tmp_path_factory.mktemp("ca"))


@dataclass
class Screens:
    """The screens over a site on disk, with the real engine, of which no host is asked."""

    app: TlswrightApp
    front: FakeFront

    def csr(self, host: str) -> bytes:
        """Read a request."""
        return (self.front.directory / "requests" / f"{host}.csr").read_bytes()


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Screens:
    monkeypatch.chdir(tmp_path)
    site = site_of(("a", "b"), authority=AuthoritySpec("ca", "T", "outside"))
    save_site(site, tmp_path / "site.yaml")
    Vault.create(tmp_path / "vault", WORD, log2_n=10).close()
    front = FakeFront(tmp_path, site)
    monkeypatch.setattr(FakeFront, "status", Front.status)
    state = state_for(front, site=load_site(tmp_path / "site.yaml"))
    state.passphrase(WORD)
    return Screens(TlswrightApp(state), front)


async def type_path(pilot: Pilot[int], key: str, path: Path) -> None:
    """Press a key that asks for a path, and answer."""
    await pilot.press(key)
    await until(pilot, lambda: bool(pilot.app.screen.query("#name")))
    pilot.app.screen.query_one("#name", Input).value = str(path)
    await pilot.press("enter")


@pytest.mark.parametrize("size", SIZES)
def test_from_the_anchor_to_certificates_that_wait_to_be_applied(
    outside: Screens, ca: OutsideCa, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = outside.app

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "3 hosts without a request to the outside CA" in text_of(app))
        await pilot.press("c")
        await until(pilot, lambda: "c takes the outside CA's own certificate" in text_of(app))
        await type_path(pilot, "c", ca.folder / "ca.crt")
        await until(pilot, lambda: "Hosts will trust" in text_of(app))
        assert app.state.site is not None
        assert app.state.site.authority.anchor[:40] in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: "w writes requests for 3 hosts" in text_of(app))
        await pilot.press("w")
        await until(pilot, lambda: "README.txt there says how to sign" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: "3 certificates are waited for" in text_of(app))
        good, bad = tmp_path / "hub.pem", tmp_path / "a.pem"
        good.write_bytes(ca.sign(outside.csr("hub")))
        bad.write_bytes(ca.sign(outside.csr("a"), ext="extendedKeyUsage = serverAuth\n"))
        await type_path(pilot, "t", good)
        await until(pilot, lambda: "ok hub: taken in" in text_of(app))
        await pilot.press("escape")
        await type_path(pilot, "t", bad)
        await until(pilot, lambda: "XX a: not taken" in text_of(app))
        assert "lacks clientAuth" in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: "a deploys what came back, for 1 host; 2" in text_of(app))
        shown = re.sub(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", "2026-05-04", text_of(app))
        same_as_stored(f"requests-{size[0]}x{size[1]}", shown)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await until(pilot, lambda: "certificates of 1 host came back" in text_of(app))

    drive(app, story, size)
    assert "anchor: " in (tmp_path / "site.yaml").read_text()


def test_what_cannot_be_read_is_told_and_nothing_happens(
    outside: Screens, ca: OutsideCa, tmp_path: Path
) -> None:
    app = outside.app

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "3 hosts without a request" in text_of(app))
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, RequestsScreen))
        await type_path(pilot, "t", tmp_path / "none.pem")
        await until(pilot, lambda: "Nothing was taken in" in text_of(app))
        await pilot.press("escape")
        await type_path(pilot, "c", ca.folder / "ca.key")
        await until(pilot, lambda: "private key" in text_of(app))

    drive(app, story)


def test_a_rotation_asks_the_outside_ca(outside: Screens) -> None:
    app = outside.app

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "3 hosts without a request" in text_of(app))
        await pilot.press("r")
        await until(pilot, lambda: "New requests for the outside CA" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RequestsScreen))
        await until(pilot, lambda: "requests/b.csr" in text_of(app))

    drive(app, story)
    assert outside.csr("b").startswith(b"-----BEGIN CERTIFICATE REQUEST")


def test_a_client_is_asked_for_first(outside: Screens) -> None:
    app = outside.app

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "3 hosts without a request" in text_of(app))
        await pilot.press("e")
        await until(pilot, lambda: bool(app.screen.query("#name")))
        await pilot.press(*"app-1", "enter")
        await until(pilot, lambda: "holds the request for app-1" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: "app-1" in text_of(app))

    drive(app, story)
    assert list((outside.front.directory / "requests").glob("client_app-1*.csr"))


def test_a_review_with_nothing_to_do_yet_leads_to_what_is_waited_for(outside: Screens) -> None:
    app, front = outside.app, outside.front
    text = "its certificate is waited for since 2026-05-04"
    front.plan = Plan(front.of, (), (Check("hub", WAITING, "warn", text),))

    async def story(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "3 hosts without a request" in text_of(app))
        await pilot.press("a")
        await until(pilot, lambda: ".. nothing to do yet: certificates of 1 host" in text_of(app))
        assert "2026-05-04" in text_of(app)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, RequestsScreen))

    drive(app, story)


def test_the_trust_step_offers_it_and_pinned_trust_has_no_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = TlswrightApp(state_for(FakeFront(Path())))

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub-a1 spk-01 spk-05")
        await to_step(pilot, TrustScreen)
        app.screen.query_one(Form).focus_on("source")
        await pilot.press("space", "space")
        await until(pilot, lambda: "< outside >" in text_of(app))
        assert str(app.state.draft.authority.source) == "outside"
        assert "CA lifetime" not in text_of(app)
        app.screen.query_one(Form).focus_on("trust")
        await pilot.press("space")
        await until(pilot, lambda: "< pinned >" in text_of(app))
        assert "< outside >" not in text_of(app)
        assert str(app.state.draft.authority.source) == "own"

    drive(app, story)


def test_line_by_line_the_same_is_done(outside: Screens, ca: OutsideCa) -> None:
    folder, out = outside.front.directory, io.StringIO()
    passphrase_file(folder, WORD.reveal())
    named = dict.fromkeys(("password_file", "sudo_password_file", "key_passphrase_file"))
    flags = Namespace(
        passphrase_file=str(folder / "passphrase"), passphrase_fd=None, json=False, **named
    )
    terminal = Terminal(out, out, True, False)
    context = Context(flags, terminal, {}, folder)
    back = folder / "hub.pem"

    def lines() -> Iterator[str]:
        yield from ("o", str(ca.folder / "ca.crt"), "c", "t", "")
        back.write_bytes(ca.sign(outside.csr("hub")))
        yield from ("t", str(back), "q")

    answers = lines()
    _Desk(context, Asker(terminal, lambda: next(answers))).menu()
    said = out.getvalue()
    assert "Hosts will trust CN=Example Corp Root" in said
    assert "requests/README.txt says how to sign them" in said
    assert "there is no certificate in" in said
    assert "ok hub: taken in" in said
    assert "a: still waited for" in said
