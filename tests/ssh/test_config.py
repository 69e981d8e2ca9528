"""The basics of ~/.ssh/config are read as ssh reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.model import Host
from app.remote.config import SshConfig, list_config_hosts, resolve

TEXT = """
# comment
IdentityFile ~/.ssh/everywhere
Host hub  "spoke-a"
    HostName %h.example.org
    User amq
    Port=2222
Host spoke-* !spoke-b
    ProxyJump gate,second
    IdentityFile "/keys/%h key"
    IdentitiesOnly yes
Match exec "false"
    User wrong
Match host hub
    User late
Host *
    Include more/*.conf
    User nobody
"""


@pytest.fixture
def config(tmp_path: Path) -> SshConfig:
    (tmp_path / ".ssh/more").mkdir(parents=True)
    (tmp_path / ".ssh/config").write_text(TEXT)
    (tmp_path / ".ssh/more/x.conf").write_text("Host included\n  HostName 10.1.1.1\n")
    return SshConfig.load(tmp_path / ".ssh/config", tmp_path)


def test_values_come_from_the_first_block_that_matches(config: SshConfig, tmp_path: Path) -> None:
    hub = resolve(Host("one", "hub"), config)
    assert (hub.address, hub.port, hub.user) == ("hub.example.org", 2222, "amq")
    assert hub.identities == (tmp_path / ".ssh/everywhere",)
    spoke = resolve(Host("two", "spoke-a"), config)
    assert spoke.jump == "gate,second"
    assert spoke.identities_only
    assert spoke.identities[1] == Path("/keys/spoke-a.example.org key")
    assert resolve(Host("three", "spoke-b"), config).jump == ""
    assert resolve(Host("x", "included"), config).address == "10.1.1.1"
    assert resolve(Host("x", "other"), config).user == "nobody"
    assert resolve(Host("x", "other"), config).port == 22


def test_what_the_site_says_wins(config: SshConfig) -> None:
    host = Host("one", "hub", port=2200, user="me", identity="/k", jump="none")
    found = resolve(host, config)
    assert (found.address, found.port, found.user, found.jump) == (
        "hub.example.org",
        2200,
        "me",
        "",
    )
    assert found.identities == (Path("/k"),)
    assert found.identities_only


def test_without_a_configuration_the_local_user_logs_in() -> None:
    assert resolve(Host("one", "10.0.0.1"), None, "me").user == "me"


def test_names_to_pick_from_hold_no_patterns(config: SshConfig, tmp_path: Path) -> None:
    assert list_config_hosts(tmp_path / ".ssh/config") == ("hub", "spoke-a", "included")
    assert list_config_hosts(tmp_path / "missing") == ()
