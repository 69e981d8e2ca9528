"""Each row of what mmm_control of 2.x says when TLS to the monitor goes wrong."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.verify.explain import explain
from tests.unit.judges import need
from tests.unit.mmm_certificates import CLIENT, SERVER, Issuer, Pair
from tests.unit.mmm_processes import MONITOR, block, listens, open_folder
from tests.unit.mmm_sites import Site, site
from tests.until import until

CANNOT = ("ERROR: Can't connect to monitor daemon!\n", 1)
EMPTY = ("\n", 0)
PONG = ("OK: Pinged successfully!\n\n", 0)


@dataclass
class Fixed:
    """A monitor with TLS whose agents are not there, and CAs."""

    site: Site
    ca: Issuer
    other: Issuer

    def control(self, options: dict[str, str]) -> tuple[str, int]:
        """Ask from the remote host with this socket block."""
        self.site.write_common(self.site.control, options)
        return self.site.two("ping", place=self.site.control)


@contextmanager
def monitored(folder: Path, options: Callable[[Site, Issuer], dict[str, str]]) -> Iterator[Fixed]:
    """Run a monitor alone with this socket block, and wait until it has tried to listen."""
    need("perl")
    ca, other = Issuer(folder, "ca"), Issuer(folder, "other")
    with site(folder) as made:
        made.write_two({"mon": options(made, ca)})
        made.monitor.start("two/mmm_mond")
        until(
            lambda: listens(made.monitor.address, MONITOR)
            or "Listener: " in made.monitor.log("mmm_mond"), 20, "the monitor",
        )  # fmt: skip
        yield Fixed(made, ca, other)


@pytest.fixture(scope="module")
def good() -> Iterator[Fixed]:
    def options(made: Site, ca: Issuer) -> dict[str, str]:
        return block(ca.issue("mon", sans=[made.monitor.address]), ca.file)

    with open_folder() as folder, monitored(folder, options) as fixed:
        yield fixed


def test_a_control_with_all_that_it_needs_is_answered(good: Fixed) -> None:
    assert good.control(block(good.ca.issue("c"), good.ca.file)) == PONG
    assert good.control(block(good.ca.issue("c", usage=CLIENT), good.ca.file)) == PONG


def test_a_control_that_the_monitor_refuses_prints_nothing(good: Fixed) -> None:
    """Timing may turn it into the other message, but never into an answer."""
    ca, other = good.ca, good.other
    refused = [
        block(None, ca.file),
        block(other.issue("o"), ca.file),
        block(ca.issue("e", expired=True), ca.file),
        block(ca.issue("s", usage=SERVER), ca.file),
        {},
    ]
    said = [good.control(options) for options in refused]
    assert EMPTY in said
    assert {*said} <= {EMPTY, CANNOT}


def test_a_control_that_refuses_or_cannot_load_says_that_it_cannot_connect(good: Fixed) -> None:
    ca, one, two = good.ca, good.ca.issue("one"), good.ca.issue("two")
    for options in (
        block(one, good.other.file),
        block(one),
        block(Pair(one.cert, two.key), ca.file),
        block(ca.issue("weak", bits=1024), ca.file),
    ):
        assert good.control(options) == CANNOT


def test_an_encrypted_key_asks_for_its_password(good: Fixed) -> None:
    locked = block(good.ca.issue("locked", password="secret"), good.ca.file)
    assert good.control(locked) == CANNOT
    done = good.site.control.run("two/mmm_control", "ping")
    assert "Enter PEM pass phrase:" in done.stderr


def test_a_missing_or_unreadable_file_is_named(good: Fixed) -> None:
    one, none = good.ca.issue("one"), good.ca.folder / "none.pem"
    at = "at /usr/share/perl5/IO/Socket/SSL.pm line"
    place = good.site.control
    for options, name, line in (
        (block(Pair(none, one.key), good.ca.file), "cert", 2369),
        (block(Pair(one.cert, none), good.ca.file), "key", 2369),
        (block(one, none), "ca", 464),
    ):
        assert good.control(options) == ("", 2)
        words = f"SSL_{name}_file {none} can't be used: No such file or directory {at} {line}.\n"
        assert place.run("two/mmm_control", "ping").stderr == words
    unreadable = good.ca.folder / "unreadable.key"
    unreadable.write_bytes(one.key.read_bytes())
    unreadable.chmod(0o000)
    good.site.write_common(place, block(Pair(one.cert, unreadable), good.ca.file))
    place.demote()
    done = place.run("two/mmm_control", "ping")
    place.user = None
    assert done.returncode == 13
    assert f"SSL_key_file {unreadable} can't be used: Permission denied {at}" in done.stderr


def test_a_missing_entry_is_only_logged(good: Fixed) -> None:
    good.control({"type": "ssl", "cert_file": str(good.ca.issue("c").cert)})
    done = good.site.control.run("two/mmm_control", "ping")
    wanted = "Config entry 'socket->key_file' is required because of 'type ssl', but missing"
    assert wanted in done.stderr
    assert "ca_file" not in done.stderr
    assert (done.stdout, done.returncode) == CANNOT


def test_an_idle_client_holds_the_port(good: Fixed) -> None:
    pair = good.ca.issue("idle")
    context = ssl.create_default_context(cafile=str(good.ca.file))
    context.load_cert_chain(pair.cert, pair.key)
    where = good.site.monitor.address
    fine = block(good.ca.issue("c"), good.ca.file)
    with (
        socket.create_connection((where, MONITOR), 5) as raw,
        context.wrap_socket(raw, server_hostname=where),
    ):
        assert good.control(fine) == CANNOT
    assert good.control(fine) == PONG


@pytest.mark.parametrize(
    "what", ["down", "mismatch", "other CA", "expired", "wrong name", "for clients only", "plain"]
)
def test_a_monitor_that_cannot_be_reached(what: str, tmp_path: Path) -> None:
    def options(made: Site, ca: Issuer) -> dict[str, str]:
        sans = [made.monitor.address]
        pair = ca.issue("mon", sans=sans)
        if what == "other CA":
            pair = Issuer(tmp_path, "third").issue("mon", sans=sans)
        if what == "mismatch":
            pair = Pair(pair.cert, ca.issue("x").key)
        if what == "expired":
            pair = ca.issue("mon", sans=sans, expired=True)
        if what == "wrong name":
            pair = ca.issue("mon", cn="node1")
        if what == "for clients only":
            pair = ca.issue("mon", sans=sans, usage=CLIENT)
        return {} if what == "plain" else block(pair, ca.file)

    with monitored(tmp_path, options) as fixed:
        if what == "down":
            fixed.site.monitor.stop()
        assert fixed.control(block(fixed.ca.issue("c"), fixed.ca.file)) == CANNOT
        if what == "mismatch":
            (running,) = fixed.site.monitor.processes
            assert running.process.poll() is None
            assert "key values mismatch" in fixed.site.monitor.log("mmm_mond")
            assert "Child exited" not in fixed.site.monitor.log("mmm_mond")


def test_the_librarys_debug_output_names_the_cause_without_a_change(good: Fixed) -> None:
    """What the remedy of `Can't connect to monitor daemon!` tells the user to run."""
    debug = {"PERL5OPT": "-MIO::Socket::SSL=debug2"}
    for options, row in (
        (block(good.ca.issue("c"), good.other.file), "mmm-dials-untrusted"),
        (block(good.ca.issue("locked", password="secret"), good.ca.file), "mmm-key-locked"),
        (block(good.ca.issue("c"), good.ca.file), ""),
    ):
        good.site.write_common(good.site.control, options)
        done = good.site.control.run("two/mmm_control", "mode", more=debug)
        found = [why.id for why in explain(done.stderr.splitlines(), "mmm")]
        assert [why for why in found if why != "mmm-key-asks"] == ([row] if row else [])


def test_the_librarys_debug_output_names_a_wrong_name(tmp_path: Path) -> None:
    def options(made: Site, ca: Issuer) -> dict[str, str]:
        return block(ca.issue("mon", cn="node1"), ca.file)

    with monitored(tmp_path, options) as fixed:
        assert fixed.control(block(fixed.ca.issue("c"), fixed.ca.file)) == CANNOT
        debug = {"PERL5OPT": "-MIO::Socket::SSL=debug2"}
        done = fixed.site.control.run("two/mmm_control", "mode", more=debug)
        found = [why.id for why in explain(done.stderr.splitlines(), "mmm")]
        assert found == ["mmm-dials-name"]
