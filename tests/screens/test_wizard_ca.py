"""Imported CA in the wizard: its files are named, its password asked for, what was found shown."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from textual.pilot import Pilot

from screens.app import TlswrightApp
from screens.asks.found_ca import FoundCa
from screens.asks.secret import AskSecret
from screens.form import Form
from screens.steps.names import NamesScreen
from screens.steps.options import OptionsScreen
from screens.steps.review import ReviewScreen
from screens.steps.trust import TrustScreen
from tests.screens.drive import drive, looks, state_for, steady, text_of, until
from tests.screens.recorded import FakeFront
from tests.screens.test_wizard import SIZES, to_hosts, to_step, type_passphrase
from tests.unit.openssl_ca import BELOW, make, openssl

PASSWORD = "the key's own"


@pytest.fixture(scope="module")
def corp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a good CA whose key is encrypted, and one for other names."""
    folder = tmp_path_factory.mktemp("corp")
    root = make(folder, "Corp Root")
    for name, extensions in (
        ("good", BELOW), ("bad", (*BELOW, "nameConstraints=critical,permitted;DNS:example.org")),
    ):  # fmt: skip
        below = make(folder, f"Corp {name}", by=root, extensions=extensions)
        (folder / f"{name}.pem").write_bytes(root.pem + below.pem)
        below.key.rename(folder / f"{name}.key")
    locked = openssl(folder, "pkcs8", "-topk8", "-in", "good.key", "-passout", f"pass:{PASSWORD}")
    (folder / "locked.key").touch(0o600)
    (folder / "locked.key").write_bytes(locked)
    return folder


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, corp: Path) -> FakeFront:
    monkeypatch.chdir(tmp_path)
    for file in corp.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
        (tmp_path / file.name).chmod(0o600)
    return FakeFront(Path())


async def to_trust(pilot: Pilot[int]) -> None:
    await to_hosts(pilot, "hub-a1=root@10.4.7.10 spk-01=root@spk-01.example.net")
    await to_step(pilot, NamesScreen)
    await to_step(pilot, TrustScreen)


async def name_files(pilot: Pilot[int], certificate: str, key: str) -> None:
    form = pilot.app.screen.query_one(Form)
    form.focus_on("source")
    line = form.line("source")
    assert line is not None
    if line.value == "own":
        await pilot.press("space")
        await until(pilot, lambda: form.line("ca_file") is not None)
    for field, text in (("ca_file", certificate), ("ca_key", key)):
        form.focus_on(field)
        await pilot.press("ctrl+u", *text)


@pytest.mark.parametrize("size", SIZES)
def test_a_ca_from_files_is_asked_for_read_shown_and_kept(
    front: FakeFront, size: tuple[int, int]
) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_trust(pilot)
        await name_files(pilot, "good.pem", "locked.key")
        await type_passphrase(pilot)
        await steady(pilot)
        app.screen.query_one(Form).focus_on("source")
        await looks(pilot, f"trust-imported-{size[0]}x{size[1]}")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, AskSecret))
        assert "locked.key: the private key is encrypted" in text_of(app)
        await pilot.press(*"wrong", "enter")
        await until(pilot, lambda: "does not open the private key" in text_of(app))
        await pilot.press(*PASSWORD, "enter")
        await until(pilot, lambda: isinstance(app.screen, FoundCa))
        shown = text_of(app)
        for words in ("CA     Corp good", "root   Corp Root", "SHA-256", "hosts will trust"):
            assert words in shown
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, OptionsScreen))
        await to_step(pilot, ReviewScreen)
        await until(pilot, lambda: app.state.plan is not None)

    drive(app, story, size)
    assert "keep CA Corp good" in front.asked
    assert app.state.site is not None
    spec = app.state.site.authority
    assert (spec.source, len(spec.anchor)) == ("imported", 64)
    words = shlex.split(next(c for c in app.state.commands if " init " in c))
    assert words[words.index("--ca-certificate") :][:4] == [
        "--ca-certificate", "good.pem", "--ca-key", "locked.key",
    ]  # fmt: skip
    assert PASSWORD not in " ".join((*app.state.commands, *(text for _, text in app.state.log)))


def test_a_ca_that_cannot_be_used_is_explained_and_not_taken(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_trust(pilot)
        await name_files(pilot, "bad.pem", "bad.key")
        await type_passphrase(pilot)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, FoundCa))
        shown = text_of(app)
        assert "This CA cannot be used" in shown
        assert "XX 'Corp bad' may not sign for" in shown
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrustScreen))
        assert app.state.ca is None
        await name_files(pilot, "missing.pem", "bad.key")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "it cannot be read: No such file" in text_of(app))
        form = app.screen.query_one(Form)
        assert form.current is not None
        assert form.current.key == "ca_file"
        await name_files(pilot, "good.pem", "bad.key")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "does not belong to" in text_of(app))

    drive(app, story)
    assert not any(word.startswith("keep CA") for word in front.asked)


def test_without_a_file_the_step_says_what_is_missing(front: FakeFront) -> None:
    app = TlswrightApp(state_for(front))

    async def story(pilot: Pilot[int]) -> None:
        await to_trust(pilot)
        await name_files(pilot, "", "")
        await type_passphrase(pilot)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "name the file of the CA" in text_of(app))
        assert isinstance(app.screen, TrustScreen)

    drive(app, story)
