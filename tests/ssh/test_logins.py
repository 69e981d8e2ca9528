"""Logging in: what was tried is named, nothing asks, and failures say what to do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import LoginError, UnreachableError
from app.model import Host
from app.pki.secret import Secret
from app.remote.base import Logins
from app.remote.config import SshConfig
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector
from tests.ssh.conftest import Sshd, free_port, keygen


def connector(home: Path, logins: Logins | None = None, **more: object) -> ParamikoConnector:
    given: dict[str, object] = {"home": home, "use_agent": False, **more}
    return ParamikoConnector(logins or Logins(), KnownHosts(), **given)  # type: ignore[arg-type]


def enters(host: Host, made: ParamikoConnector) -> bool:
    remote = made.connect(host)
    try:
        return remote.run("echo in").out == "in\n"
    finally:
        remote.close()


def test_an_encrypted_key_opens_with_its_passphrase(sshd: Sshd, tmp_path: Path) -> None:
    path = str(sshd.folder / "locked")
    host = replace(sshd.host(), identity=path)
    logins = Logins(keys={path: Secret("open sesame")})
    assert enters(host, connector(tmp_path, logins))


def test_a_passphrase_that_a_key_does_not_need_does_no_harm(sshd: Sshd, tmp_path: Path) -> None:
    logins = Logins(keys={sshd.host().identity: Secret("open sesame")})
    assert enters(sshd.host(), connector(tmp_path, logins))


@pytest.mark.parametrize(
    ("secret", "text"), [(None, "needs its passphrase"), ("wrong", "wrong passphrase")]
)
def test_an_encrypted_key_that_stays_shut_is_named(
    sshd: Sshd, tmp_path: Path, secret: str | None, text: str
) -> None:
    path = str(sshd.folder / "locked")
    logins = Logins(keys={path: Secret(secret)} if secret else {})
    with pytest.raises(LoginError) as caught:
        connector(tmp_path, logins).connect(replace(sshd.host(), identity=path))
    assert f"key {path}: {text}" in caught.value.text
    assert secret is None or secret not in caught.value.text.replace("wrong passphrase", "")


def test_every_way_that_failed_is_named(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    for kind in ("ed25519", "rsa"):
        keygen(tmp_path / f".ssh/id_{kind}", "-t", kind)
    (tmp_path / ".ssh/id_ecdsa").write_text("no key at all")
    logins = Logins(passwords={"one": Secret("hunter2")})
    with pytest.raises(LoginError) as caught:
        connector(tmp_path, logins).connect(replace(sshd.host(), identity=""))
    text = caught.value.text
    for part in ("id_ed25519: refused", "id_ecdsa: no private key", "id_rsa: refused",
                 "keyboard-interactive: refused"):  # fmt: skip
        assert part in text
    assert "hunter2" not in text


def test_a_missing_identity_is_named(sshd: Sshd, tmp_path: Path) -> None:
    with pytest.raises(LoginError, match="no such file"):
        connector(tmp_path).connect(replace(sshd.host(), identity="/nonexistent/key"))


@pytest.fixture
def agent(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run an agent that holds the good key."""
    if not shutil.which("ssh-agent"):
        pytest.skip("no ssh-agent on this machine")
    place = str(tmp_path / "agent")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", place], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    monkeypatch.setenv("SSH_AUTH_SOCK", place)
    subprocess.run(["ssh-add", "-q", str(sshd.identity)], check=True, capture_output=True)
    yield
    process.terminate()
    process.wait(10)
    process.stdout.close()


@pytest.mark.usefixtures("agent")
def test_the_agents_keys_are_used(sshd: Sshd, tmp_path: Path) -> None:
    host = replace(sshd.host(), identity="")
    assert enters(host, connector(tmp_path, use_agent=True))


@pytest.mark.usefixtures("agent")
def test_with_an_identity_only_its_key_is_asked_of_the_agent(sshd: Sshd, tmp_path: Path) -> None:
    other = keygen(tmp_path / "other", "-t", "ed25519")
    with pytest.raises(LoginError) as caught:
        connector(tmp_path, use_agent=True).connect(replace(sshd.host(), identity=str(other)))
    assert "agent key" not in caught.value.text


def test_the_users_configuration_leads_there(sshd: Sshd, tmp_path: Path) -> None:
    path = tmp_path / ".ssh/config"
    path.parent.mkdir()
    path.write_text(
        f"Host broker\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User root\n"
        f"  IdentityFile {sshd.identity}\n  IdentitiesOnly yes\n"
    )
    host = Host("one", "broker", host_key=sshd.host_key, user=sshd.host().user)
    assert enters(host, connector(tmp_path, config=SshConfig.load(path, tmp_path)))


def test_a_host_behind_a_jump_host_is_reached_through_it(sshd: Sshd, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(f"Host localhost\n  IdentityFile {sshd.identity}\n")
    known = tmp_path / "known_hosts"
    known.write_text(f"[localhost]:{sshd.port} {sshd.host_key}\n")
    host = replace(sshd.host(), jump=f"{sshd.host().user}@localhost:{sshd.port}")
    made = ParamikoConnector(
        Logins(), KnownHosts.load(known), SshConfig.load(path, tmp_path), home=tmp_path,
        use_agent=False,
    )  # fmt: skip
    assert enters(host, made)


def test_nobody_there_is_told_with_the_port(sshd: Sshd, tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(UnreachableError, match=f"127.0.0.1:{port}"):
        connector(tmp_path).connect(replace(sshd.host(), port=port))


def test_a_name_without_an_address_is_told(sshd: Sshd, tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"nowhere\.invalid has no address"):
        connector(tmp_path).connect(replace(sshd.host(), address="nowhere.invalid"))


def test_a_host_that_drops_us_is_asked_again_a_few_times(sshd: Sshd, tmp_path: Path) -> None:
    pauses: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        served: list[int] = []

        def drop() -> None:
            while len(served) < 4:
                client, _ = server.accept()
                served.append(1)
                client.close()

        thread = threading.Thread(target=drop, daemon=True)
        thread.start()
        host = replace(sshd.host(), port=server.getsockname()[1])
        with pytest.raises(UnreachableError) as caught:
            connector(tmp_path, pause=pauses.append).connect(host)
        thread.join(10)
    assert "MaxStartups" in caught.value.hint
    assert pauses == pytest.approx([0.5, 2.0, 5.0], rel=0.2)


def test_a_lost_connection_is_unreachable(sshd: Sshd, tmp_path: Path) -> None:
    remote = connector(tmp_path).connect(sshd.host())
    remote.close()
    with pytest.raises(UnreachableError):
        remote.run("true")


def test_a_command_gets_input_and_gives_all_output(sshd: Sshd, tmp_path: Path) -> None:
    remote = connector(tmp_path).connect(sshd.host())
    data = os.urandom(300_000).hex().encode()
    try:
        echoed = remote.run("cat; cat /dev/null >&2; exit 9", stdin=data)
        assert (echoed.code, echoed.out.encode()) == (9, data)
        late = remote.run("echo begun; sleep 30", seconds=1)
        assert (late.code, late.out) == (124, "begun\n")
        assert "longer than 1" in late.err
    finally:
        remote.close()
