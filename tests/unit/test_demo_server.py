"""The demo's SSH server behaves as sshd does, towards paramiko and towards OpenSSH."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko
import pytest

from app.demo.keys import make_key
from app.demo.server import SshServer
from app.demo.session import Accept
from app.pki.secret import Secret
from tests.until import until

MIB = 1 << 20
PASSWORD = Secret("correct horse")


class Spot:
    """Hold one server with its keys."""

    def __init__(self, folder: Path, **accept: Any) -> None:
        self.root = folder / "root"
        self.root.mkdir()
        self.client_key = folder / "client"
        public = make_key(self.client_key)
        make_key(folder / "host")
        chosen = Accept(**accept) if accept else Accept(keys=(public,))
        self.server = SshServer(self.root, folder / "host", chosen)
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.write_text(f"[127.0.0.1]:{self.server.port} {self.server.host_key}\n")

    @contextmanager
    def transport(self) -> Iterator[Any]:
        """Give a paramiko connection that has not logged in yet."""
        connection = socket.create_connection(("127.0.0.1", self.server.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(connection)
        try:
            transport.start_client(timeout=20)
            yield transport
        finally:
            transport.close()
            transport.join(10)
            connection.close()

    @contextmanager
    def login(self) -> Iterator[Any]:
        """Give a paramiko connection that has logged in with the key."""
        with self.transport() as transport:
            transport.auth_publickey("demo", paramiko.Ed25519Key(filename=str(self.client_key)))
            yield transport

    def ssh(self, *command: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run the OpenSSH client."""
        return subprocess.run(
            ["ssh", "-F", "none", "-p", str(self.server.port), "-i", str(self.client_key),
             "-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "BatchMode=yes",
             "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes",
             "demo@127.0.0.1", *command],
            capture_output=True, timeout=60, check=False, **options,
        )  # fmt: skip


def execute(transport: Any, command: str, data: bytes = b"") -> tuple[int, bytes, bytes]:
    """Run a command, feed it while its output is read, and give status and streams."""
    channel = transport.open_session(timeout=20)
    channel.settimeout(30)
    channel.exec_command(command)
    errors: list[bytes] = []

    def feed() -> None:
        channel.sendall(data)
        channel.shutdown_write()

    def read_errors() -> None:
        while chunk := channel.recv_stderr(65536):
            errors.append(chunk)

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(feed), pool.submit(read_errors)]
        out = b""
        while chunk := channel.recv(65536):
            out += chunk
        for job in jobs:
            job.result(30)
    status = channel.recv_exit_status()
    channel.close()
    return status, out, b"".join(errors)


@pytest.fixture
def spot(tmp_path: Path) -> Iterator[Spot]:
    made = Spot(tmp_path)
    with made.server:
        yield made


needs_ssh = pytest.mark.skipif(not shutil.which("ssh"), reason="no OpenSSH client here")


def test_a_command_runs_in_the_folder_with_a_clean_environment(spot: Spot) -> None:
    os.environ["TLSWRIGHT_STRAY"] = "1"
    try:
        with spot.login() as transport:
            status, out, _ = execute(transport, 'pwd; echo "$HOME"; env | grep -c STRAY')
    finally:
        del os.environ["TLSWRIGHT_STRAY"]
    assert out.decode().split() == [str(spot.root), str(spot.root), "0"]
    assert status == 1


@pytest.mark.parametrize("code", [0, 1, 75, 255])
def test_the_exit_status_arrives(spot: Spot, code: int) -> None:
    with spot.login() as transport:
        assert execute(transport, f"exit {code}")[0] == code


def test_many_quick_commands_on_one_connection_each_answer(spot: Spot) -> None:
    with spot.login() as transport:
        for number in range(60):
            assert execute(transport, f"exit {number % 3}")[0] == number % 3


def test_a_command_ended_by_a_signal_has_no_exit_status(spot: Spot) -> None:
    with spot.login() as transport:
        assert execute(transport, "kill -KILL $$")[0] == -1


def test_a_mebibyte_goes_both_ways_on_all_streams_at_once(spot: Spot) -> None:
    data = os.urandom(MIB)
    with spot.login() as transport:
        status, out, err = execute(transport, "tee /dev/stderr", data)
    assert (status, out, err) == (0, data, data)


def test_the_end_of_input_reaches_the_command_and_output_follows(spot: Spot) -> None:
    with spot.login() as transport:
        status, out, _ = execute(transport, "wc -c; echo after", b"12345")
    assert (status, out.split()) == (0, [b"5", b"after"])


def test_input_that_nobody_reads_does_not_block_the_client(spot: Spot) -> None:
    with spot.login() as transport:
        status, out, _ = execute(transport, "exec <&-; sleep 0.2; echo done", bytes(4 * MIB))
    assert (status, out) == (0, b"done\n")


def test_sixteen_clients_at_once_each_get_their_own_answer(spot: Spot) -> None:
    def one(number: int) -> bool:
        data = bytes([number]) * 100_000
        with spot.login() as transport:
            return execute(transport, "cat", data) == (0, data, b"")

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(one, range(16)))


def test_sixteen_channels_of_one_connection_run_side_by_side(spot: Spot) -> None:
    with spot.login() as transport, ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: execute(transport, f"echo {n}")[1], range(16)))
    assert found == [f"{n}\n".encode() for n in range(16)]


def test_hanging_up_ends_the_input_but_not_the_command(spot: Spot) -> None:
    mark = spot.root / "mark"
    with spot.login() as transport:
        channel = transport.open_session()
        channel.exec_command(f"cat >/dev/null; echo survived > {mark}")
        channel.sendall(b"x")
    until(mark.exists, 10, "the command to go on after its client had gone")


def test_a_cut_connection_ends_the_input_but_not_the_command(spot: Spot) -> None:
    mark = spot.root / "mark"
    with spot.login() as transport:
        channel = transport.open_session()
        channel.exec_command(f"echo up; cat >/dev/null; echo survived > {mark}")
        assert channel.recv(10) == b"up\n"
        spot.server.drop()
        until(mark.exists, 10, "the command to go on after the cut")


def test_stopping_the_server_ends_what_runs(tmp_path: Path) -> None:
    spot = Spot(tmp_path)
    with spot.server, spot.login() as transport:
        channel = transport.open_session()
        channel.exec_command("trap '' HUP; echo $$; sleep 1000")
        pid = int(channel.recv(20))
    assert not Path(f"/proc/{pid}").exists()
    assert not [t for t in threading.enumerate() if t.name.startswith("demo-")]


def test_a_key_that_was_not_given_is_refused(spot: Spot, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    with spot.transport() as transport, pytest.raises(paramiko.AuthenticationException):
        transport.auth_publickey("demo", paramiko.Ed25519Key(filename=str(tmp_path / "other")))


def test_a_password_is_accepted_and_a_wrong_one_refused(tmp_path: Path) -> None:
    spot = Spot(tmp_path, password=PASSWORD, user="demo")
    with spot.server, spot.transport() as transport:
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_password("demo", "wrong", fallback=False)
        transport.auth_password("demo", PASSWORD.reveal(), fallback=False)
        assert execute(transport, "echo in")[1] == b"in\n"


def test_the_right_password_of_another_user_is_refused(tmp_path: Path) -> None:
    spot = Spot(tmp_path, password=PASSWORD, user="demo")
    with (
        spot.server,
        spot.transport() as transport,
        pytest.raises(paramiko.AuthenticationException),
    ):
        transport.auth_password("other", PASSWORD.reveal(), fallback=False)


def test_a_password_is_asked_for_interactively(tmp_path: Path) -> None:
    spot = Spot(tmp_path, password=PASSWORD, interactive=True)
    with spot.server, spot.transport() as transport:
        with pytest.raises(paramiko.BadAuthenticationType):
            transport.auth_password("demo", PASSWORD.reveal(), fallback=False)
        transport.auth_interactive("demo", lambda *_: [PASSWORD.reveal()])
        assert transport.is_authenticated()


def test_key_and_password_are_asked_for_one_after_the_other(tmp_path: Path) -> None:
    key = make_key(tmp_path / "client")
    spot = Spot(tmp_path, keys=(key,), password=PASSWORD, interactive=True, both=True)
    with spot.server, spot.transport() as transport:
        left = transport.auth_publickey("demo", paramiko.Ed25519Key(filename=str(spot.client_key)))
        assert left == ["keyboard-interactive"]
        assert not transport.is_authenticated()
        transport.auth_interactive("demo", lambda *_: [PASSWORD.reveal()])
        assert transport.is_authenticated()


def test_a_demo_host_can_be_a_jump_host(spot: Spot, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    second = Spot(tmp_path / "second")
    with second.server, spot.login() as first:
        channel = first.open_channel(
            "direct-tcpip", ("127.0.0.1", second.server.port), ("127.0.0.1", 0)
        )
        inner = paramiko.Transport(channel)
        try:
            inner.start_client(timeout=20)
            inner.auth_publickey("demo", paramiko.Ed25519Key(filename=str(second.client_key)))
            assert execute(inner, "pwd")[1].decode().strip() == str(second.root)
        finally:
            inner.close()
            inner.join(10)


@needs_ssh
def test_openssh_runs_a_command_and_gets_status_and_streams(spot: Spot) -> None:
    done = spot.ssh("cat; echo problem >&2; exit 7", input=b"hello")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"hello", b"problem\n")


@needs_ssh
def test_openssh_carries_a_mebibyte_both_ways(spot: Spot) -> None:
    data = os.urandom(MIB)
    assert spot.ssh("cat", input=data).stdout == data


@needs_ssh
def test_openssh_is_refused_with_a_foreign_key(spot: Spot, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    spot.client_key = tmp_path / "other"
    done = spot.ssh("true")
    assert done.returncode == 255
    assert b"Permission denied (publickey)" in done.stderr


@needs_ssh
def test_openssh_works_sixteen_times_at_once(spot: Spot) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: spot.ssh(f"exit {n}").returncode, range(16)))
    assert found == list(range(16))
