"""The basics of ~/.ssh/config are read as ssh reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import UnreachableError, UsageError
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("BindInterface eth0", "BindInterface is not done here"),
        ("ProxyUseFdpass yes\nProxyCommand x", "ProxyUseFdpass is not done here"),
        ("RefuseConnection gone for good", "gone for good"),
        ("IdentityFile ~/.ssh/%C", "the token %C"),
        ("IdentityFile ~/.ssh/${NOWHERE_AT_ALL}", "has no ${NOWHERE_AT_ALL}"),
        ("Match localnetwork 10.0.0.0/8\n  ProxyJump gate", "and it sets proxyjump"),
        ("Match tide high\n  User x", "the criterion `Match tide` is not known"),
        ("Match exec 'kill -9 $$; sleep 9'\n  User x", ""),
    ],
)
def test_what_is_not_done_here_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config").write_text(text.replace("gone for good", '"gone for good"') + "\n")
    config = SshConfig.load(tmp_path / "config", tmp_path)
    if not said:
        assert resolve(Host("one", "hub"), config, "me").user == "me"
        return
    with pytest.raises(UnreachableError) as caught:
        resolve(Host("one", "hub"), config)
    assert said in caught.value.text
    assert (
        f"{tmp_path}/config:" in caught.value.text or "token" in text or "$" in text or "%" in text
    )


def test_what_would_change_nothing_may_stay_open(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "Match localnetwork 10.0.0.0/8\n  ServerAliveInterval 5\n"
        "Host *\n  User me\n  CanonicalizeHostname yes\n"
    )
    config = SshConfig.load(tmp_path / "config", tmp_path)
    assert resolve(Host("one", "hub.example.org"), config).user == "me"


def test_a_name_that_a_shell_would_read_never_reaches_a_command(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"ProxyCommand touch {tmp_path}/%r; nc %h %p\n")
    config = SshConfig.load(tmp_path / "config", tmp_path)
    assert resolve(Host("one", "hub", user="me"), config).command.endswith("/me; nc hub 22")
    for host in (Host("one", "hub", user="a`b`"), Host("one", "-oX"), Host("one", "a;b")):
        with pytest.raises(UnreachableError, match="must not stand in a command"):
            resolve(host, config)


def test_a_file_that_others_may_change_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("User me\n")
    path.chmod(0o620)
    with pytest.raises(UsageError, match="others may change this file"):
        SshConfig.load(path, tmp_path, check=True)
    path.chmod(0o600)
    config = SshConfig.load(path, tmp_path, check=True)
    assert config.fresh
    path.write_text("User you\n")
    assert not config.fresh


def test_an_include_of_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"Include {tmp_path}/config\n")
    with pytest.raises(UsageError, match="nested more than"):
        SshConfig.load(tmp_path / "config", tmp_path)
