"""Existing stores are adopted in the screens: shown, opened with a password, kept or replaced."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.engine.adopting import Found, FoundStore
from app.engine.front import Answers
from app.engine.gather import Say
from app.engine.old_stores import OldStores
from app.errors import LoginError, UnreachableError
from app.kinds import load
from app.model import AuthoritySpec, Site
from app.pki import stores
from app.pki.authority import self_sign
from app.pki.credential import Credential
from app.pki.keeping import load_credential
from app.pki.names import san_entries
from app.pki.secret import Secret
from app.pki.vault import Vault
from app.site.write import save_site
from screens.adopt import AdoptScreen
from screens.app import TlswrightApp
from screens.dashboard import DashboardScreen
from screens.steps.review import ReviewScreen
from tests.screens import recorded
from tests.screens.drive import drive, same_as_stored, state_for, steady, text_of, until
from tests.screens.recorded import FakeFront
from tests.unit.issued import NOW, PINNED

WORD, STORE = Secret("correct horse battery"), Secret("changeit again")
SIZES = [(80, 24), (120, 40)]


class Stores(FakeFront):
    """Have stores on hosts that nobody reads."""

    @property
    def stores(self) -> OldStores:
        """Give the real engine, but for what is found on hosts."""
        return Told(self.places, self.refuses)

    refuses = False


@dataclass(frozen=True, slots=True)
class Told(OldStores):
    """Have a hub with a key store that is open and a trust store that is locked."""

    refuses: bool = False

    def find(
        self, site: Site, answers: Answers, hosts: Collection[str] = (), say: Say = recorded.quiet
    ) -> Found:
        """Give the stores, as they are found on hosts."""
        kind = load("activemq")
        hub, spoke = kind.nodes(site, site.topologies[0])[:2]
        old, peer = _credential("hub-a1.example.net"), _credential("old-peer.example.net")
        key = stores.key_store(old, "PKCS12", STORE, "broker")
        trust = stores.trust_store({"old-peer": peer.cert_der}, "JKS", Secret("another one"))
        folder = "/opt/activemq/conf"
        where = f"{folder}/activemq.xml:41"
        return Found(
            (
                FoundStore(hub, "key", "broker.ks", where, f"{folder}/broker.ks", data=key,
                           passwords=(STORE,)),
                FoundStore(hub, "trust", "broker.ts", where, f"{folder}/broker.ts", data=trust),
                FoundStore(spoke, "key", "broker.ks", where, f"{folder}/broker.ks", own=True,
                           data=key, passwords=(STORE,)),
            ),
            (("spk-02", "its configuration names no key store"),),
            {
                "spk-02": UnreachableError("timed out", host="spk-02", hint="Is it up?"),
                "spk-03": LoginError("ops@spk-03 was refused", host="spk-03"),
            } if self.refuses else {},
        ).open()  # fmt: skip


def _credential(name: str) -> Credential:
    return self_sign(replace(PINNED, subject=name, sans=san_entries((name,))), NOW)


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stores:
    monkeypatch.chdir(tmp_path)
    site = replace(recorded.site(), authority=AuthoritySpec("pinned", "T"))
    save_site(site, tmp_path / "site.yaml")
    Vault.create(tmp_path / "vault", WORD, log2_n=10).close()
    return Stores(tmp_path, site)


def plain(text: str) -> str:
    """Take out what differs from run to run."""
    text = re.sub(r"\b[0-9a-f]{20,64}\b", lambda found: ("ab12" * 16)[: len(found[0])], text)
    return re.sub(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", "2026-05-04", text)


@pytest.mark.parametrize("size", SIZES)
def test_stores_are_opened_and_kept_or_replaced(
    front: Stores, tmp_path: Path, size: tuple[int, int]
) -> None:
    state = state_for(front, site=front.of)
    state.passphrase(WORD)
    app = TlswrightApp(state)

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("k")
        await until(pilot, lambda: "CN=hub-a1.example.net" in text_of(app))
        same_as_stored(f"adopt-locked-{size[0]}x{size[1]}", plain(await steady(pilot)))
        await pilot.press("down", "space")
        await until(pilot, lambda: "the JKS store is locked" in text_of(app))
        await pilot.press("p", *"wrong", "enter")
        await until(pilot, lambda: "opens none of them" in text_of(app))
        await pilot.press("p", *"another one", "enter")
        await until(pilot, lambda: "old-peer  trusts" in text_of(app))
        await pilot.press("space", "up", "space")
        await until(pilot, lambda: "keep trust" in text_of(app) and "keep key" in text_of(app))
        assert "adopt --keep trust --keep key --host hub-a1" in text_of(app)
        same_as_mixed_choices(app)
        same_as_stored(f"adopt-kept-{size[0]}x{size[1]}", plain(await steady(pilot)))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))

    drive(app, story, size)
    assert "# alias: old-peer" in (tmp_path / "adopted/activemq/hub-a1.pem").read_text()
    with Vault.open(tmp_path / "vault", WORD) as vault:
        assert load_credential(vault, "hub-a1", "adopted/activemq") is not None


def same_as_mixed_choices(app: TlswrightApp) -> None:
    """Ask the screen for the commands where hosts differ in what is kept of them."""
    screen = app.screen
    assert isinstance(screen, AdoptScreen)
    before = screen.kept, screen.chosen
    screen.kept = {("a", "trust"), ("b", "trust"), ("b", "key"), ("c", "trust"), ("c", "key")}
    screen.chosen = {("a", "trust"), ("a", "key"), ("c", "key"), ("d", "key"), ("e", "trust")}
    assert screen.same_as().replace("tlswright adopt ", "") == (
        "--keep key --host a --host d && --keep trust --host e && "
        "--replace --host b && --replace trust --host c"
    )
    screen.kept, screen.chosen = before


def test_a_host_that_does_not_answer_is_named_and_the_others_are_kept(front: Stores) -> None:
    front.refuses = True
    state = state_for(front, site=front.of)
    state.passphrase(WORD)
    app = TlswrightApp(state)

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("k")
        await until(pilot, lambda: "Password for spk-03" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: "CN=hub-a1.example.net" in text_of(app))
        assert "Not read: spk-02, spk-03" in text_of(app)
        assert "XX not read: timed out" in text_of(app)
        await pilot.press("space", "down", "down", "down")
        await until(pilot, lambda: "Is it up?" in text_of(app))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))

    drive(app, story, (120, 40))


def test_what_was_kept_is_let_go_and_what_does_not_fit_is_refused_with_its_reasons(
    front: Stores, tmp_path: Path
) -> None:
    """The names that peers dial are others now: the key cannot be kept."""
    host = replace(front.of.hosts["hub-a1"], names=("hub.example.org",))
    site = replace(front.of, hosts={**front.of.hosts, "hub-a1": host})
    found = front.stores.find(site, Answers()).open([Secret("another one")])
    front.stores.keep(site, Answers(WORD), found, trust=("hub-a1",))
    state = state_for(front, site=site)
    state.passphrase(WORD)
    app = TlswrightApp(state)

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("k")
        await until(pilot, lambda: "keep trust" in text_of(app))
        await pilot.press("space", "a")
        await until(pilot, lambda: "lacks the name hub.example.org" in text_of(app))
        assert "Leave it out" in text_of(app)
        await pilot.press("escape", "space", "down", "space", "a")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("k")
        await until(pilot, lambda: isinstance(app.screen, AdoptScreen))
        await pilot.press("down", "down", "space")
        await until(pilot, lambda: "nothing older is in it" in text_of(app))

    drive(app, story)
    assert not (tmp_path / "adopted/activemq/hub-a1.pem").exists()


def test_a_review_offers_it_where_hosts_use_other_stores_and_plans_anew(front: Stores) -> None:
    found = recorded.plan(front.of)
    layouts = {**found.layouts, "hub-a1": {"stores": "keyStore /opt/activemq/conf/broker.ks"}}
    front.plan = found
    state = state_for(front, site=front.of)
    state.passphrase(WORD)
    app = TlswrightApp(state)

    async def story(pilot: Pilot[int]) -> None:
        await pilot.press("a")
        await until(pilot, lambda: front.asked == ["plan"] and app.state.plan is not None)
        assert "Old stores" not in text_of(app)
        front.plan = replace(found, layouts=layouts)
        await pilot.press("f5")
        await until(pilot, lambda: "Old stores" in text_of(app))
        await pilot.press("k")
        await until(pilot, lambda: "CN=hub-a1.example.net" in text_of(app))
        await pilot.press("space", "a")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
        await until(pilot, lambda: front.asked == ["plan", "plan", "plan"])

    drive(app, story, (120, 40))
