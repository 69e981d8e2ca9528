"""The demo's hosts come up once, stay while they are needed, and leave no process behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import paramiko
import pytest

from app.demo.__main__ import main
from app.demo.active import run_is_active
from app.demo.broker import PID_FILE
from app.demo.front import start, stop
from app.demo.headless import state
from app.demo.place import Place, free_ports, is_free
from app.errors import LockedError, TlswrightError, UsageError
from tests.until import until

SECONDS = 20


def broker_pids(place: Place) -> list[int]:
    return [int((place.root(host.name) / PID_FILE).read_text()) for host in place.hosts()]


def running(pid: int) -> bool:
    """Tell whether a process lives; one that nobody has collected does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def all_gone(place: Place, pids: list[int]) -> bool:
    ports = [port for h in place.hosts() for port in (h.ssh, h.plain, h.tls)]
    return not any(running(pid) for pid in pids) and all(is_free(port) for port in ports)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "a demo")
    yield made
    if pid := made.pid():
        os.kill(pid, signal.SIGKILL)
        until(lambda: not made.pid(), SECONDS, "the hosts to be killed")


def test_hosts_are_up_with_their_site_and_end_without_a_trace(place: Place) -> None:
    with place.lock("front", shared=True):
        start(place)
        pids = [place.pid(), *broker_pids(place)]
        assert all(running(pid) for pid in pids)
        for host in place.hosts():
            assert log_in(place, host.name, "hostname >&2; pwd") == str(place.root(host.name))
            with socket.create_connection(("127.0.0.1", host.plain), 10) as client:
                assert b"ActiveMQ" in client.recv(100)
    assert stop(place)
    until(lambda: all_gone(place, pids), 2, "the last traces of the hosts")
    assert place.pid() == 0
    assert not stop(place)


def test_a_second_start_uses_the_hosts_that_are_up(place: Place) -> None:
    with place.lock("front", shared=True):
        start(place)
        pids = [place.pid(), *broker_pids(place)]
        start(place)
        assert [place.pid(), *broker_pids(place)] == pids
    stop(place)


def test_a_later_start_has_the_same_ports_keys_and_files(place: Place) -> None:
    site = place.site / "site.yaml"
    with place.lock("front", shared=True):
        start(place)
        hosts, text = place.hosts(), site.read_text()
        mark = place.root("hub") / "etc/activemq/instances-available/main/mark"
        mark.write_text("kept")
        stop(place)
        site.write_text(text + "# edited\n")
        start(place)
        assert place.hosts() == hosts
        assert site.read_text() == text + "# edited\n"
        assert mark.read_text() == "kept"
        assert log_in(place, "hub", "pwd") == str(place.root("hub"))
    stop(place)


def test_hosts_end_by_themselves_when_the_front_end_has_gone(place: Place) -> None:
    with place.lock("front", shared=True):
        start(place)
        pids = [place.pid(), *broker_pids(place)]
    until(lambda: all_gone(place, pids), SECONDS, "the hosts to end without a front end")


def test_hosts_stay_while_a_run_is_active_and_end_after_it(place: Place) -> None:
    run = place.site / ".tlswright" / "runs" / "r1"
    with place.lock("front", shared=True):
        start(place)
        pids = [place.pid(), *broker_pids(place)]
        run.mkdir(parents=True)
        journal = os.open(run / "journal.jsonl", os.O_CREAT | os.O_WRONLY)
        fcntl.flock(journal, fcntl.LOCK_EX)
    try:
        assert run_is_active(place.site)
        with pytest.raises(LockedError):
            stop(place)
        with pytest.raises(TimeoutError):
            until(lambda: not place.pid(), 2.5, "hosts that must stay")
    finally:
        os.close(journal)
    until(lambda: all_gone(place, pids), SECONDS, "the hosts to end after the run")


def test_kept_hosts_stay_until_they_are_stopped(place: Place) -> None:
    with place.lock("front", shared=True):
        start(place)
        place.keep.touch()
    with pytest.raises(TimeoutError):
        until(lambda: not place.pid(), 2.5, "hosts that must stay")
    pids = [place.pid(), *broker_pids(place)]
    assert main(["--dir", str(place.dir), "--stop"]) == 0
    until(lambda: all_gone(place, pids), 2, "the last traces of the hosts")
    assert not place.keep.exists()


def test_killing_the_hosts_process_ends_the_brokers_too(place: Place) -> None:
    with place.lock("front", shared=True):
        start(place)
        pids = [place.pid(), *broker_pids(place)]
        os.kill(pids[0], signal.SIGKILL)
        until(lambda: all_gone(place, pids), SECONDS, "brokers to notice that their host is gone")


def test_hosts_end_when_their_directory_is_removed_under_them(place: Place) -> None:
    with place.lock("front", shared=True):
        start(place)
        pids, hosts = [place.pid(), *broker_pids(place)], place.hosts()
        shutil.rmtree(place.dir)
        until(lambda: not any(running(pid) for pid in pids), SECONDS, "the hosts to end")
    assert all(is_free(host.ssh) for host in hosts)


def test_secrets_of_the_demo_are_private(place: Place) -> None:
    with place.lock("front", shared=True):
        start(place)
    secrets = [place.passphrase, place.client_key, *map(place.host_key, ("hub", "spoke-a"))]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secrets)
    stop(place)


def test_a_port_that_was_taken_meanwhile_is_named(place: Place) -> None:
    with place.lock("front", shared=True):
        start(place)
        stop(place)
        port = place.hosts()[1].tls
        with (
            socket.create_server(("127.0.0.1", port)),
            pytest.raises(TlswrightError, match=str(port)),
        ):
            start(place)


def test_a_folder_that_is_no_demo_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    assert main(["--dir", str(tmp_path), "--fresh"]) == UsageError.exit_code
    assert (tmp_path / "precious").exists()


def test_state_tells_a_file_that_was_written_again(place: Place) -> None:
    with place.lock("front", shared=True):
        start(place)
        before = state(place)
        assert state(place) == before
        config = place.root("hub") / "etc/activemq/instances-available/main/activemq.xml"
        config.write_bytes(config.read_bytes())
        assert state(place) != before
        stop(place)


def test_free_ports_are_distinct_and_free() -> None:
    ports = free_ports(9, Random(1))
    assert len(set(ports)) == 9
    assert all(is_free(port) for port in ports)


def test_help_starts_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app.demo", "--help"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "--headless" in done.stdout
    assert not list(tmp_path.iterdir())


def log_in(place: Place, name: str, command: str) -> str:
    """Run a command on a demo host as the site says: its key, its pinned host key."""
    host = next(h for h in place.hosts() if h.name == name)
    with socket.create_connection(("127.0.0.1", host.ssh), 10) as connection:
        transport = paramiko.Transport(connection)
        try:
            transport.start_client(timeout=20)
            key = transport.get_remote_server_key()
            assert f"{key.get_name()} {key.get_base64()}" in (place.site / "site.yaml").read_text()
            transport.auth_publickey("demo", paramiko.Ed25519Key(filename=str(place.client_key)))
            channel = transport.open_session(timeout=20)
            channel.exec_command(command)
            said = channel.makefile("rb").read().decode().strip()
            channel.close()
            return str(said)
        finally:
            transport.close()
            transport.join(10)
