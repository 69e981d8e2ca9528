"""What hosts, disks, clocks and other people's site files do to us ends in words."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.cli.terminal import Terminal
from app.demo.keys import make_key
from app.demo.server import SshServer
from app.demo.session import Accept
from app.edits.diff import masked_diff
from app.engine.journal import Journal, read_events
from app.engine.opening import run_id
from app.engine.record import write_json
from app.errors import SiteError, StalePlanError, TlswrightError, UnreachableError
from app.model import Host
from app.pki.secret import Secret
from app.plan.saved import check_saved
from app.remote.base import Logins
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector
from app.site.load import load_site
from tests.cli.command import init, tlswright

SITE = """\
version: 1
site: t
hosts:
  hub: {{address: 10.0.0.1}}
  {spoke}: {{address: 10.0.0.2}}
topologies:
  - kind: activemq
    roles: {{hub: [hub], spoke: [{spoke}]}}
    options: {{bind: {bind}}}
"""


def load(folder: Path, *, spoke: str = "a", bind: str = "0.0.0.0") -> None:
    path = folder / "site.yaml"
    path.write_text(SITE.format(spoke=spoke, bind=json.dumps(bind)))
    load_site(path)


@pytest.mark.parametrize(
    "bind", ["0.0.0.0:7000?needClientAuth=false&x=", "a@b", "", "*", 'x"/>', "0.0.0.0/..", "a\x9bb"]
)
def test_an_address_to_listen_on_cannot_bring_options_of_its_own(tmp_path: Path, bind: str) -> None:
    load(tmp_path)
    load(tmp_path, bind="::")
    with pytest.raises(SiteError, match="bind"):
        load(tmp_path, bind=bind)


def test_no_host_is_named_as_the_trust_store(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="cannot be named trust"):
        load(tmp_path, spoke="trust")


@pytest.mark.parametrize("lines", [b"<a/>\n" * 100_000, b"\n" * 300_000, b"<a/>\n<b/>\n" * 50_000])
def test_a_file_of_equal_lines_is_compared_in_time(lines: bytes) -> None:
    diff = masked_diff(lines, b"<x/>\n" + lines, "f")
    assert "+<x/>" in diff
    assert len(diff) < 1000
    masked_diff(lines, b"<x/>\n" + lines[::-1], "f")


def test_a_diff_holds_no_control_character() -> None:
    diff = masked_diff(b"a\n", "a\n<!-- \x9b31m \u202e \x1b]0;x\x07 -->\n".encode(), "f")
    assert all(c.isprintable() or c == "\n" for c in diff)


@pytest.mark.parametrize("colour", [True, False])
def test_nothing_written_to_a_terminal_holds_a_control_character(*, colour: bool) -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(out, err, interactive=False, colour=colour)
    bad = "x\x1b]0;title\x07 \x9b2J \u202e\x1b[2J\r"
    terminal.print(terminal.paint("ok", bad))
    terminal.say(bad)
    terminal.complain(TlswrightError(bad, hint=bad))
    terminal.table(["a", "b"], [[bad, bad]])
    terminal.json({bad: bad})
    assert json.loads(out.getvalue().splitlines()[-2].strip().join("{}")) == {bad: bad}
    text = re.sub("\x1b\\[[0-9]*m", "", out.getvalue()) if colour else out.getvalue()
    assert all(c.isprintable() or c == "\n" for c in text + err.getvalue())


def test_runs_keep_their_order_when_the_clock_goes_back_or_stands() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert run_id(now, "ff") == "20260102-030405-ff"
    assert run_id(now, "00", "20260102-030405-ff") == "20260102-030406-00"
    assert run_id(now, "00", "20270101-235959-ff") == "20270102-000000-00"
    assert run_id(now, "00", "something else") == "20260102-030405-00"


def test_a_journal_on_a_full_disk_says_so_and_loses_only_the_line_that_did_not_fit(
    tmp_path: Path,
) -> None:
    path, kept = tmp_path / "journal.jsonl", resource.getrlimit(resource.RLIMIT_FSIZE)
    journal = Journal(path, "r")
    journal.emit("log", "first")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, kept[1]))
        for _ in range(2):
            with pytest.raises(OSError, match=r"space|large"):
                journal.emit("intent", "lost")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    journal.emit("log", "second")
    journal.close()
    assert [event.text for event in read_events(path)] == ["first", "second"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TlswrightError, match="cannot be written") as error:
        write_json(tmp_path / "file" / "plan.json", {})
    assert error.value.where == str(tmp_path / "file" / "plan.json")


def plan(*commands: list[str], files: bool) -> dict[str, object]:
    change = {"path": "/f", "before": "absent", "diff": "+x"}
    changes = [change] if files else []
    member = {"host": "h", "reason": "", "commands": list(commands), "changes": changes}
    wave = {"phase": "deploy", "steps": [{"members": [member]}]}
    return {"version": 1, "site": "t", "waves": [wave]}


@pytest.mark.parametrize("files", [True, False])
def test_a_saved_plan_runs_no_other_commands_than_it_says(*, files: bool) -> None:
    check_saved(plan(["stop_command", "x"], files=files), plan(["stop_command", "x"], files=files))
    with pytest.raises(StalePlanError, match="other commands"):
        check_saved(plan(["stop_command", "x"], files=files),
                    plan(["stop_command", "rm"], files=files))  # fmt: skip


LIAR = """\
import os, sys, time
while True:
    os.write(1, b"L x\\n")
    time.sleep(0.1)
"""


def test_an_answer_that_drips_for_ever_is_not_waited_for(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    shell = tmp_path / "liar"
    shell.write_text(f"#!{sys.executable}\n{LIAR}")
    shell.chmod(0o755)
    make = ParamikoConnector(
        Logins(passwords={"h": Secret("pw")}), KnownHosts(), home=tmp_path, use_agent=False,
        shell=str(shell),
    )  # fmt: skip
    with SshServer(tmp_path, tmp_path / "key", Accept(password=Secret("pw"))) as server:
        host = Host("h", "127.0.0.1", port=server.port, user="u", host_key=server.host_key)
        remote = make.connect(host)
        process = remote._start(b"")
        with pytest.raises(TimeoutError):
            list(process.lines(1.0))
        process.close()
        remote.close()


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (Host("h", "a..b", user="u"), "a..b"),
        (Host("h", "127.0.0.1", user="u", jump="j:99999"), "port"),
        (Host("h", "x" * 70, user="u"), "x"),
    ],
)
def test_a_name_or_port_that_cannot_be_dialled_is_said_in_words(
    tmp_path: Path, host: Host, text: str
) -> None:
    make = ParamikoConnector(Logins(), KnownHosts(), home=tmp_path, use_agent=False)
    with pytest.raises(UnreachableError, match=re.escape(text)):
        make.connect(host)


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_no_harm(tmp_path: Path, closed: str) -> None:
    init(tmp_path)
    shell = ("/bin/sh", "-c", f'exec "$@" {closed}', "sh")
    program = (*shell, sys.executable, "-P", "-m", "app.cli.main")
    done = tlswright("runs", cwd=tmp_path, program=program)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("" if ">&- 2" in closed else "No runs yet.\n")
    assert not done.stderr


def test_an_output_that_knows_few_characters_gets_what_it_bears(tmp_path: Path) -> None:
    line = "caf\u00e9 \u2026: Received fatal alert: unknown_ca"
    for flags in ((), ("--json",)):
        done = tlswright("explain", line, *flags, cwd=tmp_path, PYTHONIOENCODING="ascii")
        assert done.returncode == 0, done.stderr
        assert "unknown_ca" in done.stdout
    assert "caf\u00e9" in json.dumps(json.loads(done.stdout), ensure_ascii=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_user_without_name_and_home_is_a_number() -> None:
    code = "; ".join(
        (
            "import os, sys",
            "from app.account import Path, expand, home, user_name",
            "os.setresuid(54321, 54321, 54321)",
            "print(user_name(), home(), expand(Path('~/x')))",
        )
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "54321 /nonexistent ~/x\n", done.stderr


def test_a_credential_that_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    from app.export.client import _write

    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, kept[1]))
        with pytest.raises(TlswrightError, match="cannot be written"):
            _write(tmp_path / "c", {"small": b"x", "large": b"x" * 2000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert not (tmp_path / "c").exists()
