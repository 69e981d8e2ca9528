"""The files of 2.x: what the stand-in's reader takes, and in which words it refuses."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.judges import need
from tests.unit.mmm_processes import MONITOR, Place
from tests.unit.mmm_sites import Site, site

ETC = "/etc/mysql-mmm"
# Nobody listens: what gets that far has read its files.
CANNOT = ("ERROR: Can't connect to monitor daemon!\n", 1)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Site]:
    need("perl")
    with site(tmp_path, ("db1",)) as hosts:
        hosts.write_two()
        yield hosts


def _common(made: Site, more: str) -> str:
    """Add lines to mmm_common.conf and give what mmm_control says on standard error."""
    path = made.control.path(f"{ETC}/mmm_common.conf")
    path.write_text(path.read_text() + more)
    done = made.control.run("two/mmm_control", "ping")
    if not done.returncode or done.stdout:
        assert (done.stdout, done.returncode) == CANNOT
    return done.stderr


def _line(made: Site) -> str:
    path = made.control.path(f"{ETC}/mmm_common.conf")
    return f"in '{path}' on line {path.read_text().count(chr(10)) + 2}!"


def _socket(option: str) -> str:
    return f"<socket>\n{option}\n</socket>\n"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (_socket("verify_mode 1"), "Unknown variable verify_mode {at}"),
        (_socket("verify_mode 1\ntype ssl"), "Unknown variable verify_mode {at}"),
        ("# one\nsocket_type ssl\n", "Unknown variable socket_type {at}"),
        (
            "# one\n<socket ssl>\n</socket>\n",
            "Section name specified for unique section socket {at}",
        ),
        ("# one\nsocket ssl\n", "'socket' should be a section instead of a variable {at}"),
        (_socket("type tls"), "invalid value 'tls' allowed values are: 'plain', 'ssl'"),
        (_socket("type ssl # on"), "invalid value 'ssl # on' allowed values are: 'plain', 'ssl'"),
    ],
)
def test_what_is_refused_and_how(made: Site, lines: str, words: str) -> None:
    wanted = words.format(at=_line(made))
    assert wanted in _common(made, lines)
    done = made.control.run("two/mmm_control", "ping")
    assert done.returncode not in (0, 1)
    for daemon in ("two/mmm_mond", "two/mmm_agentd"):
        place = made.monitor if daemon == "two/mmm_mond" else made.agents[0]
        path = place.path(f"{ETC}/mmm_common.conf")
        path.write_text(path.read_text() + lines)
        assert place.run(daemon).returncode not in (0, 1)


@pytest.mark.parametrize(("mode", "word"), [(0o644, "readable"), (0o646, "writable")])
@pytest.mark.parametrize("name", ["mmm_mon.conf", "mmm_common.conf"])
def test_a_file_that_others_may_read_or_write_is_refused(
    made: Site, name: str, mode: int, word: str
) -> None:
    path = made.control.path(f"{ETC}/{name}")
    path.chmod(mode)
    done = made.control.run("two/mmm_control", "ping")
    assert done.returncode not in (0, 1)
    assert f"Configuration file {path} is world {word}!" in done.stderr
    path.chmod(0o640)
    assert made.two("ping", place=made.control) == CANNOT


def test_an_unknown_cluster_has_no_file(made: Site) -> None:
    done = made.control.run("two/mmm_control", "@east", "ping")
    assert done.returncode not in (0, 1)
    assert "mmm_mon_east.conf" in done.stderr


def test_parts_of_a_section_merge_and_the_last_value_wins(made: Site) -> None:
    where = made.control.address
    both = "<monitor>\nip 192.0.2.1\n</anything>\n"
    both += f"<monitor>\nip {where}\nport {MONITOR}\n</monitor>\n"
    config = made.control.path(f"{ETC}/mmm_mon.conf")
    config.write_text(config.read_text() + both)
    assert made.two("ping", place=made.control) == CANNOT
    assert _dialled(made.control) == f"{where}:{MONITOR}"


def test_blanks_and_carriage_returns_behind_a_value_are_cut(made: Site) -> None:
    config = made.control.path(f"{ETC}/mmm_mon.conf")
    crlf = config.read_text().replace("\n", "  \r\n")
    config.write_bytes(crlf.encode())
    assert _dialled(made.control) == f"{made.monitor.address}:{MONITOR}"


def test_the_first_folder_that_has_the_file_wins_and_for_includes_too(made: Site) -> None:
    where = made.control.address
    text = "include mmm_common\n<monitor>\nip 192.0.2.7\n</monitor>\n"
    made.control.write("/etc/mmm_mon.conf", text)
    made.control.write("/etc/mmm/mmm_common.conf", f"<monitor>\nport 17\nip {where}\n</monitor>\n")
    assert _dialled(made.control) == "192.0.2.7:17"


def test_an_absolute_include_is_not_found(made: Site) -> None:
    path = made.control.write("/etc/mysql-mmm/tls.conf", _socket("type plain"))
    assert str(path) in _common(made, f"include {path}\n")
    assert made.control.run("two/mmm_control", "ping").returncode not in (0, 1)


def _dialled(place: Place) -> str:
    """Give the address that the reader finds for the monitor."""
    code = "my $m = MMM::Common::Config->read('mmm_mon')->{monitor}; print qq($m->{ip}:$m->{port})"
    done = subprocess.run(
        ["perl", "-MMMM::Common::Config", "-e", code], env=place.environment(),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout
