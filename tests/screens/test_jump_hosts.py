"""A jump host in the wizard: its key, its password and its codes are asked for once for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from app.engine.checking import HostCheck, _refused
from app.errors import HostKeyError, LoginError
from app.model import Host, Site
from app.remote.base import Logins
from screens.app import TlswrightApp
from tests.screens.drive import drive, state_for, text_of, until
from tests.screens.recorded import FakeFront
from tests.screens.test_hosts import to_hosts

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFake"


class Gated(FakeFront):
    """Stand for hosts behind a jump host that is not known yet, and wants a password and a code."""

    known = False

    def check_host(self, site: Site, logins: Logins, others: Mapping[str, Host]) -> HostCheck:
        """Let nobody pass for whom the jump host lacks something."""
        (host,) = site.hosts.values()
        assert set(others) == {"hub", "spk-01"}
        if not self.known:
            error = HostKeyError("the key of gate is not known yet", host="gate", offered=KEY)
            error.known_file = "~/.ssh/known_hosts"
            return _refused(host.name, error)
        asks = 'keyboard-interactive: the host asks "{}", and no answer was given'
        for given, prompt in ((logins.passwords, "Password:"), (logins.codes, "OTP code:")):
            if "gate" not in given:
                text = f"me@gate was refused: {asks.format(prompt)}"
                return _refused(host.name, LoginError(text, host="gate", step="login"))
        return super().check_host(site, logins, others)


def test_a_jump_host_is_trusted_and_logged_in_to_once_for_all(tmp_path: Path) -> None:
    front = Gated(tmp_path)
    state = state_for(front)

    def remember(error: HostKeyError) -> str:
        front.known = True
        return error.known_file

    state.edges = replace(state.edges, remember=remember)
    app = TlswrightApp(state)

    async def story(pilot: Pilot[int]) -> None:
        await to_hosts(pilot, "hub spk-01")
        await until(pilot, lambda: "on the way, gate: the key of gate" in text_of(app))
        await pilot.press("t")
        await until(pilot, lambda: "Unknown host key: gate" in text_of(app))
        assert "known_hosts" in text_of(app)
        await pilot.press("right", "enter")
        await until(pilot, lambda: all(c.state == "login" for c in state.checks.values()))
        assert not any(host.host_key for host in state.draft.hosts)
        await pilot.press("p")
        await until(pilot, lambda: "Password for gate" in text_of(app))
        await pilot.press(*"sesame", "enter")
        await until(pilot, lambda: "OTP code" in text_of(app))
        await pilot.press("p")
        await until(pilot, lambda: "gate asks: OTP code:" in text_of(app))
        await pilot.press(*"123456", "enter")
        await until(pilot, lambda: [c.state for c in state.checks.values()] == ["ok", "ok"])
        assert set(state.logins.passwords) == set(state.logins.codes) == {"gate"}

    drive(app, story)
