"""The lab keeps its own promises: real hosts, clean resets, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.lab import activemq, network, slots
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.until import until

ROOT = Path(__file__).parents[2]


def test_each_host_has_its_own_systemd_name_and_address(fresh_lab: Lab) -> None:
    for host in fresh_lab.hosts.values():
        said = host.ssh("hostname; systemctl is-system-running; ip -br -4 addr show eth0").stdout
        assert said.split()[:2] == [host.name, "running"]
        assert f"{host.address}/24" in said


def test_hosts_reach_each_other_by_name(fresh_lab: Lab) -> None:
    hub = fresh_lab["hub"]
    assert hub.run("getent hosts spoke-b").stdout.split()[0] == fresh_lab["spoke-b"].address
    hub.run(["bash", "-c", "exec 3<>/dev/tcp/spoke-a.lab.test/22"])


def test_the_login_of_a_user_with_a_sudo_password_needs_that_password(fresh_lab: Lab) -> None:
    host = fresh_lab["spoke-a"]
    host.add_user("ann", "pass word'1")
    assert host.ssh("sudo -n id -u", user="ann", check=False).returncode
    given = """printf '%s\\n' "pass word'1" | sudo -S -p '' id -u"""
    assert host.ssh(given, user="ann").stdout.strip() == "0"


def test_a_changed_host_is_reset_and_stays_the_same_host(fresh_lab: Lab) -> None:
    host = fresh_lab["spoke-b"]
    keys = host.host_keys
    host.ssh("echo changed > /etc/motd; touch /root/left")
    assert host.dirty()
    assert fresh_lab.clean() == ["spoke-b"]
    assert not host.path("/root/left").exists()
    assert host.path("/etc/motd").read_text() != "changed\n"
    assert host.host_keys == keys
    assert host.ssh("true").returncode == 0


def test_reading_does_not_make_a_host_dirty(fresh_lab: Lab) -> None:
    fresh_lab["hub"].ssh("cat /etc/passwd; systemctl status ssh")
    assert not fresh_lab["hub"].dirty()


def test_a_host_without_power_is_silent_and_keeps_its_disk(fresh_lab: Lab) -> None:
    host = fresh_lab["spoke-a"]
    host.ssh("echo kept > /root/kept; sync")
    host.power_off()
    assert host.ssh("true", check=False).returncode == 255
    host.power_on()
    host.ready()
    assert host.path("/root/kept").read_text() == "kept\n"


def test_a_cut_host_comes_back_without_a_boot(fresh_lab: Lab) -> None:
    host = fresh_lab["spoke-a"]
    leader = host.leader
    host.cut()
    with pytest.raises((TimeoutError, ConnectionError, OSError), match=r"timed out|No route"):
        socket.create_connection((host.address, host.port), timeout=1).close()
    host.mend()
    until(lambda: not host.ssh("true", check=False).returncode, 20, "the mended host")
    assert host.leader == leader


def test_a_service_stops_on_one_host_while_it_runs_on_another(fresh_lab: Lab) -> None:
    hosts = [fresh_lab["hub"], fresh_lab["spoke-a"]]
    activemq.start_all(hosts)
    _timed_stop(hosts[0])
    # Debian's script does not wait for the end of a broker that it has signalled.
    until(lambda: activemq.broker_pid(hosts[0]) is None, 30, "the end of the broker")
    assert activemq.broker_pid(hosts[1])


def _timed_stop(host: LabHost) -> None:
    # Shared control groups would make systemd wait for the other host's broker, five minutes.
    host.run(["systemctl", "stop", "activemq"], timeout=30)


@pytest.mark.slow
@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind_however_a_session_ends(ending: signal.Signals) -> None:
    command = [sys.executable, "-P", "-m", "tests.lab.hosts", "up", "--hosts", "solo"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as session:
        assert session.stdout is not None
        prefix = _read_until_up(session)
        session.send_signal(ending)
        session.wait(60)
    if ending is signal.SIGKILL:
        assert _traces(prefix), "a killed session cannot clean up after itself"
        with contextlib.suppress(slots.NoFreeSlot):
            slots.claim([int(prefix.strip("lab-"))]).release()
    assert _traces(prefix) == []


# A test that does not let go, so that its worker is killed in the end.
STUBBORN = """\
import pathlib, threading

def test_that_waits(lab):
    pathlib.Path("prefix").write_text(lab.slot.prefix)
    while True:
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
"""


@pytest.mark.slow
@pytest.mark.usefixtures("lab")
def test_nothing_is_left_behind_by_an_interrupted_worker(tmp_path: Path) -> None:
    (tmp_path / "test_stubborn.py").write_text(STUBBORN)
    words = ["-p", "tests.conftest", "-n", "1", "-c", os.devnull, "--rootdir", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *words, "test_stubborn.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    known = tmp_path / "prefix"
    with subprocess.Popen(command, cwd=tmp_path, env=environment) as session:
        try:
            until(lambda: known.exists() and known.read_text(), 120, "the lab of the worker")
            assert _traces(known.read_text())
            session.terminate()
            session.wait(60)
        finally:
            session.kill()
    assert _traces(known.read_text()) == []


def _read_until_up(session: subprocess.Popen[str]) -> str:
    assert session.stdout is not None
    guard = threading.Timer(120, session.kill)
    guard.start()
    try:
        for line in session.stdout:
            if line.startswith("slot "):
                return line.split()[1]
    finally:
        guard.cancel()
    raise AssertionError("the session ended before its host was up")


def _traces(prefix: str) -> list[str]:
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    groups = [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/{prefix}*")]
    processes = subprocess.run(["pgrep", "-af", prefix], capture_output=True, text=True).stdout
    return [
        *[line for line in mounts if prefix in line],
        *network.names(prefix),
        *groups,
        *[line for line in processes.splitlines() if "nspawn" in line],
    ]
