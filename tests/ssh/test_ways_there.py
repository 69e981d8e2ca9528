"""How a host is dialled: ProxyCommand, addresses, known_hosts of one's own, hosts that are busy."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import HostKeyError, UnreachableError
from app.model import Host
from app.remote.base import Logins
from app.remote.config import SshConfig
from app.remote.jumps import JumpHosts
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector
from tests.ssh.conftest import Sshd, keygen, public
from tests.until import until


def connector(home: Path, sshd: Sshd, config: str, **more: object) -> ParamikoConnector:
    """Give a connector whose configuration begins with some lines and leads to the server."""
    path = home / "config"
    path.write_text(
        f"{config}\nHost *\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User {sshd.host().user}\n"
        f"  IdentityFile {sshd.identity}\n  IdentitiesOnly yes\n"
    )
    given: dict[str, object] = {"home": home, "use_agent": False, **more}
    known, found = KnownHosts(), SshConfig.load(path, home)
    return ParamikoConnector(Logins(), known, found, **given)  # type: ignore[arg-type]


def enters(made: ParamikoConnector, host: Host) -> bool:
    remote = made.connect(host)
    try:
        return remote.run("cat", stdin=b"x" * 100_000).out == "x" * 100_000
    finally:
        remote.close()


def host(sshd: Sshd, **more: object) -> Host:
    return Host("one", "far", **{"host_key": sshd.host_key, **more})  # type: ignore[arg-type]


def children() -> set[str]:
    """Give the processes that are ours and not reaped."""
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())


@pytest.mark.skipif(not shutil.which("ssh"), reason="no ssh on this machine")
def test_a_proxy_command_carries_the_connection_and_ends_with_it(
    sshd: Sshd, tmp_path: Path
) -> None:
    before = children()
    command = (
        f"ssh -F none -i {sshd.identity} -o StrictHostKeyChecking=no "
        f"-o UserKnownHostsFile=/dev/null -p {sshd.port} {sshd.host().user}@127.0.0.1 -W %h:%p"
    )
    assert enters(connector(tmp_path, sshd, f"ProxyCommand {command}"), host(sshd))
    until(lambda: children() <= before, 10, "the command to end")


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("echo no way >&2; exit 3", r'said nothing of SSH and ended with 3: "no way"'),
        ("/nonexistent/command", "not found"),
        ("printf 'hello\\\\n'; sleep 0", "said nothing of SSH"),
    ],
)
def test_a_proxy_command_that_fails_is_told_with_its_words(
    sshd: Sshd, tmp_path: Path, command: str, text: str
) -> None:
    before = children()
    with pytest.raises(UnreachableError, match=text):
        enters(connector(tmp_path, sshd, f"ProxyCommand sh -c {command!r}"), host(sshd))
    until(lambda: children() <= before, 10, "the command to end")


def test_the_family_and_our_own_address_are_chosen(sshd: Sshd, tmp_path: Path) -> None:
    assert enters(connector(tmp_path, sshd, "AddressFamily inet"), host(sshd))
    assert enters(connector(tmp_path, sshd, "BindAddress 127.0.0.9"), host(sshd))
    lines = "Host far\n  HostName localhost\n  AddressFamily inet6"
    with pytest.raises(UnreachableError):
        enters(connector(tmp_path, sshd, lines), host(sshd))
    with pytest.raises(UnreachableError, match="cannot connect"):
        enters(connector(tmp_path, sshd, "BindAddress 192.0.2.1"), host(sshd))


def test_the_users_own_known_hosts_files_count_and_no_others(sshd: Sshd, tmp_path: Path) -> None:
    name = f"[127.0.0.1]:{sshd.port}"
    (tmp_path / "far").write_text(f"{name} {sshd.host_key}\n")
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/known_hosts").write_text(f"{name} {sshd.host_key}\n")
    two = f"UserKnownHostsFile {tmp_path}/none-there {tmp_path}/%n"
    assert enters(connector(tmp_path, sshd, two), host(sshd, host_key=""))
    assert enters(connector(tmp_path, sshd, f"GlobalKnownHostsFile {tmp_path}/far"),
                  host(sshd, host_key=""))  # fmt: skip
    for lines, file in (
        (f"UserKnownHostsFile {tmp_path}/empty", f"{tmp_path}/empty"),
        ("UserKnownHostsFile none", "/etc/ssh/ssh_known_hosts"),
        ("UserKnownHostsFile none\nGlobalKnownHostsFile none", ""),
    ):
        with pytest.raises(HostKeyError, match="not known yet") as caught:
            enters(connector(tmp_path, sshd, lines), host(sshd, host_key=""))
        assert caught.value.known_file == file
    other = public(keygen(tmp_path / "other", "-t", "ed25519"))
    (tmp_path / "far").write_text(f"alias {other}\n")
    with pytest.raises(HostKeyError, match="has changed"):
        enters(connector(tmp_path, sshd, f"{two}\nHostKeyAlias Alias"), host(sshd, host_key=""))


def test_algorithms_that_the_user_restricts_are_heeded(sshd: Sshd, tmp_path: Path) -> None:
    lines = "Ciphers aes256-ctr\nMACs -hmac-sha1,*md5*\nCompression yes\n"
    lines += "KexAlgorithms curve25519-sha256"
    made = connector(tmp_path, sshd, lines).connect(host(sshd))
    line = made._transports[0]
    assert (line.local_cipher, line.local_compression) == ("aes256-ctr", "zlib@openssh.com")
    made.close()
    with pytest.raises(UnreachableError, match="allows no kexalgorithms that is spoken here"):
        enters(connector(tmp_path, sshd, "KexAlgorithms sntrup761x25519-sha512@openssh.com"),
               host(sshd))  # fmt: skip


@contextmanager
def saying(*words: bytes) -> Iterator[int]:
    """Listen, say one word to each that comes, and hang up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for word in words:
                client, _ = server.accept()
                with client:
                    client.sendall(word)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(20)


@pytest.mark.parametrize(
    ("word", "shortest"),
    [(b"Exceeded MaxStartups\r\n", 0.4), (b"Not allowed at this time\r\n", 4.0), (b"", 0.4)],
)
def test_a_host_that_limits_connections_is_given_time(
    sshd: Sshd, tmp_path: Path, word: bytes, shortest: float
) -> None:
    """sshd 9.8 and later punish an address (PerSourcePenalties); every knock prolongs it."""
    pauses: list[float] = []
    with saying(word, word, word, word) as port:
        made = connector(tmp_path, sshd, f"Port {port}", pause=pauses.append)
        with pytest.raises(UnreachableError) as caught:
            made.connect(host(sshd))
    assert word.decode().strip() in caught.value.text
    assert "PerSourcePenalties" in caught.value.hint
    assert len(pauses) == 3
    assert min(pauses) >= shortest
    assert pauses == sorted(pauses)


def test_connections_to_a_jump_host_are_shared_over_connectors_and_closed_by_the_last(
    sshd: Sshd, tmp_path: Path
) -> None:
    jumps, log = JumpHosts(), sshd.folder / "log"
    before = log.read_text().count("Accepted publickey")
    (tmp_path / "known").write_text(f"gate {sshd.host_key}\n")
    lines = f"UserKnownHostsFile {tmp_path}/known\nHost gate\n  HostKeyAlias gate\nHost gate\n"
    lines += "  HostName localhost"
    made = [connector(tmp_path, sshd, lines, jumps=jumps) for _ in range(3)]
    remotes = [one.connect(host(sshd, jump="gate")) for one in made]
    assert log.read_text().count("Accepted publickey") - before == 4
    first, second, third = remotes
    gate = first._transports[1].transport
    first.close()
    second.close()
    assert third.run("echo in").out == "in\n"
    third.close()
    until(lambda: not gate.is_active(), 10, "the connection to the jump host to end")
    assert not jumps._shared
