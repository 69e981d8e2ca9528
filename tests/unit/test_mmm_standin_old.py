"""The 1.x stand-in: where TLS is silently off, what passes through, and how its failures look."""

from __future__ import annotations

import signal
import socket
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.judges import need
from tests.unit.mmm_certificates import Issuer, Pair
from tests.unit.mmm_processes import AGENT, MONITOR, Place, listens
from tests.unit.mmm_sites import Site, install_one, site
from tests.until import until

if TYPE_CHECKING:
    from collections.abc import Iterator

WARNING = "WARNING!!! DAEMON IS NOT RUNNING. INFORMATION MAY NOT BE ACTUAL!!!\n"
PONG = ("OK: Pinged successfully!\n", 0)
ERROR = "Daemon: Error sending status command to db1. Result: '0'."
BASE = "usr/local/mmm"


@dataclass
class Old:
    """A site of 1.x with one agent; `lines` are those of each host's socket block."""

    site: Site
    ca: Issuer
    lines: dict[str, str] = field(default_factory=dict)
    debug: bool = True

    @property
    def agent(self) -> Place:
        """Give the only agent."""
        return self.site.agents[0]

    def block(self, place: Place, more: str = "", **how: object) -> str:
        """Give the block that a host needs, with a certificate of its own."""
        given = {"sans": [place.address], **how}
        return ssl_lines(self.ca.issue(place.name, **given), self.ca.file) + more  # type: ignore[arg-type]

    def good(self) -> Old:
        """Give every host what it needs."""
        self.lines = {place.name: self.block(place) for place in self.site.places()}
        return self

    def write(self) -> None:
        """Write every file."""
        agent, where = self.agent, self.site.monitor.address
        hosts = f"host db1\n    ip {agent.address}\n    mode master\n\n"
        for place in self.site.places():
            base = place.root / BASE
            common = f"debug {'yes' if self.debug else 'no'}\n"
            log = f"log all\n    file {base}/var/log\n\n"
            tls = self.lines.get(place.name, "")
            if place is agent:
                ports = f"pid_path {base}/var/mmmd_agent.pid\nbind_port {AGENT}\nthis db1\n"
                text = common + ports + log + hosts + tls
                place.write(f"{BASE}/etc/mmm_agent.conf", text)
                continue
            ports = f"pid_path {base}/var/mmmd.pid\nstatus_path {base}/var/mmmd.status\n"
            ports += f"monitor_ip {where}\nbind_port {MONITOR}\nagent_port {AGENT}\n"
            roles = "active_master_role writer\nrole writer\n    mode exclusive\n"
            roles += "    servers db1\n    ip 192.0.2.100\n"
            place.write(f"{BASE}/etc/mmm_mon.conf", common + ports + log + hosts + roles + tls)

    def start_agent(self) -> None:
        """Start the agent and wait for it."""
        self.agent.start("one/mmmd_agent")
        until(lambda: listens(self.agent.address, AGENT), 20, "the agent")

    def start_monitor(self) -> None:
        """Start the monitor and wait for it."""
        self.site.monitor.start("one/mmmd_mon")
        until(lambda: listens(self.site.monitor.address, MONITOR), 20, "the monitor")

    def start(self) -> None:
        """Write everything and start it."""
        self.write()
        self.start_agent()
        self.start_monitor()

    def control(self, *words: str, place: Place | None = None) -> tuple[str, int]:
        """Run mmm_control and give what it printed, and its code."""
        done = (place or self.site.monitor).run("one/mmm_control", *words)
        return done.stdout, done.returncode

    def log(self, place: Place) -> str:
        """Give a host's log."""
        path = place.root / BASE / "var/log"
        return path.read_text() if path.exists() else ""

    def fails_to_send(self) -> None:
        """Wait until the monitor has complained of the agent."""
        until(lambda: ERROR in self.log(self.site.monitor), 20, "a failed status command")


def ssl_lines(pair: Pair, ca: Path | None) -> str:
    """Give the block, with indented options."""
    text = f"socket_type ssl\n    cert_file {pair.cert}\n\tkey_file  {pair.key}\n"
    return text + (f"    ca_file   {ca}\n" if ca else "")


@contextmanager
def _old(folder: Path, without_tls: tuple[str, ...] = ()) -> Iterator[Old]:
    need("perl")
    with site(folder, ("db1",)) as made:
        for place in made.places():
            install_one(place, tls=place.name not in without_tls)
        yield Old(made, Issuer(folder, "ca"))


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Old]:
    with _old(tmp_path) as made:
        yield made


def _speaks_tls(old: Old, port: int, where: str) -> bool:
    """Ask in plain text: who speaks TLS gives no answer."""
    with socket.create_connection((where, port), 5) as raw:
        raw.sendall(b"PING:\n")
        try:
            return not raw.recv(100).startswith(b"OK: Pinged")
        except ConnectionResetError:
            return True


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_it_works(old: Old, tls: bool) -> None:
    if tls:
        old.good()
    old.start()
    assert _speaks_tls(old, AGENT, old.agent.address) == tls
    assert _speaks_tls(old, MONITOR, old.site.monitor.address) == tls
    assert old.control("ping") == PONG
    assert old.control("ping", place=old.site.control) == PONG
    assert old.control("set_online", "db1")[0].startswith("OK: ")
    role = "writer(192.0.2.100;)"
    until(lambda: old.agent.vips("db1") == [role], 20, "the role on the agent")
    said, code = old.control("show", place=old.site.control)
    row = f"  db1({old.agent.address}) master/ONLINE. Roles: {role}\n"
    assert (said, code) == (
        f"Config file: mmm_mon.conf\nDaemon is running!\nServers status:\n{row}",
        0,
    )
    assert f"Added: {role}" in old.log(old.agent)
    old.site.monitor.stop()
    assert old.control("show") == (f"{WARNING}{row}", 0)
    assert old.control("show", place=old.site.control) == (WARNING, 0)


SILENT: Mapping[str, str] = {
    "nothing below": "socket_type ssl\n",
    "not indented": "socket_type ssl\ncert_file {c}\nkey_file {k}\nca_file {a}\n",
    "plain": "socket_type plain\n    cert_file {c}\n    key_file {k}\n    ca_file {a}\n",
    "below another": "socket_type ssl\ncluster_if eth0\n    cert_file {c}\n    key_file {k}\n",
}


@pytest.mark.parametrize("what", [*SILENT, "a release"])
def test_tls_is_silently_off(tmp_path: Path, what: str) -> None:
    with _old(tmp_path, ("db1", "mon") if what == "a release" else ()) as old:
        old.good()
        if what != "a release":
            pair = old.ca.issue("x")
            text = SILENT[what].format(c=pair.cert, k=pair.key, a=old.ca.file)
            old.lines = {"db1": text, "mon": text}
        old.start()
        assert not _speaks_tls(old, AGENT, old.agent.address)
        assert old.control("ping") == PONG


def test_blanks_and_comments_behind_a_value_count(old: Old) -> None:
    old.good().write()
    for behind in (" ", " # the CA", "\r"):
        text = old.block(old.site.control).rstrip("\n") + behind
        old.lines["control"] = text + "\n"
        old.write()
        done = old.site.control.run("one/mmm_control", "ping")
        # Reading as text makes a line end of the carriage return.
        shown = behind.replace("\r", "\n")
        words = f"SSL_ca_file {old.ca.file}{shown} can't be used: No such file or directory at "
        assert done.stderr.startswith(words)
        assert (done.stdout, done.returncode) == ("", 2)


def test_a_line_of_neither_kind_is_an_error(old: Old) -> None:
    old.lines["control"] = "socket_type ssl # on\n"
    old.write()
    done = old.site.control.run("one/mmm_control", "ping")
    number = old.site.control.path(f"{BASE}/etc/mmm_mon.conf").read_text().count("\n")
    assert done.stderr == f"Invalid config line #{number}!\n"
    assert done.returncode


def test_every_option_passes_through(old: Old) -> None:
    """A listener takes no verify_mode from its file; a sender does, and unknown names are lost."""
    old.good()
    for name in ("db1", "mon"):
        old.lines[name] += "    verify_mode 0\n    no_such_option 1\n"
    old.start()
    assert old.control("ping", place=old.site.control) == PONG
    old.lines["control"] = ssl_lines(Issuer(old.ca.folder, "other").issue("o"), old.ca.file)
    old.write()
    assert old.control("ping", place=old.site.control) == (WARNING, 0)
    pair = old.ca.issue("c")
    lines = ssl_lines(pair, None)
    for more, works in (("", False), ("    verify_mode 0\n", True), ("    verify_mode 1\n", False)):
        old.lines["control"] = lines + more
        old.write()
        assert (old.control("ping", place=old.site.control) == PONG) == works


def test_a_node_named_certificate_needs_the_name_check_off(old: Old) -> None:
    """The guide's recipe: a common name and no alternative name."""
    old.good()
    old.lines["mon"] = old.block(old.site.monitor, cn="node1", sans=[])
    old.start()
    assert old.control("ping") == (WARNING, 0)
    for more, works in (
        ("", False),
        ("    verifycn_scheme none\n", True),
        ("    verify_mode 0\n", True),
    ):
        old.lines["control"] = old.block(old.site.control, more)
        old.write()
        assert (old.control("ping", place=old.site.control) == PONG) == works


def test_a_revoked_certificate_is_refused_by_a_listener(old: Old) -> None:
    old.good()
    pair = old.ca.issue("revoked")
    crl = old.ca.revoke(pair)
    old.lines["mon"] += f"    check_crl 1\n    crl_file {crl}\n"
    old.lines["control"] = ssl_lines(pair, old.ca.file)
    old.start()
    assert old.control("ping", place=old.site.control) == (WARNING, 0)
    old.lines["control"] = old.block(old.site.control)
    old.write()
    assert old.control("ping", place=old.site.control) == PONG


def test_a_monitor_whose_agent_is_wrong_says_that_it_cannot_send(old: Old) -> None:
    old.good()
    old.lines["db1"] = old.block(old.agent, expired=True)
    old.start()
    old.fails_to_send()
    assert old.control("ping") == PONG


def test_a_plain_agent_dies_of_a_monitor_with_tls(old: Old) -> None:
    """And nobody starts it again."""
    old.good()
    del old.lines["db1"]
    old.write()
    old.start_agent()
    old.start_monitor()
    (running,) = old.agent.processes
    assert running.process.wait(20) == -signal.SIGPIPE
    old.fails_to_send()


def test_an_agent_with_bad_files_goes_silently(old: Old) -> None:
    old.good()
    none = old.ca.folder / "none.pem"
    old.lines["db1"] = ssl_lines(Pair(none, none), old.ca.file)
    old.debug = False
    old.write()
    running = old.agent.start("one/mmmd_agent")
    assert running.process.wait(20) == 0
    assert running.text == ""
    pid = old.agent.root / BASE / "var/mmmd_agent.pid"
    until(lambda: pid.exists() and pid.read_text().strip(), 10, "the pid file")
    until(lambda: not Path(f"/proc/{pid.read_text().strip()}").exists(), 10, "its end")
    assert old.log(old.agent) == ""
    old.debug = True
    old.write()
    running = old.agent.start("one/mmmd_agent")
    assert running.process.wait(20) == 2
    assert f"SSL_cert_file {none} can't be used: No such file or directory at " in running.text


def test_a_monitor_runs_on_without_its_port(old: Old) -> None:
    old.good()
    old.lines["mon"] = ssl_lines(Pair(old.ca.issue("a").cert, old.ca.issue("b").key), old.ca.file)
    old.write()
    running = old.site.monitor.start("one/mmmd_mon")
    until(lambda: "Listener: " in old.log(old.site.monitor), 20, "the listener's end")
    old.fails_to_send()
    assert running.process.poll() is None
    assert old.control("ping") == (WARNING, 0)
