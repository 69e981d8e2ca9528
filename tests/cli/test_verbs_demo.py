"""Every verb on hosts that answer: exit codes, data on stdout, narration on stderr."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.demo.place import Place
from app.events import fold, from_line
from tests.cli.embedded import embedded, run

NODES = {"hub", "spoke-a", "spoke-b"}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with embedded(tmp_path_factory.mktemp("fresh"), vault=False) as place:
        yield place


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Hosts that were deployed to by one `apply --json`."""
    with embedded(tmp_path_factory.mktemp("applied")) as place:
        done = run(place, "apply", "--yes", "--json")
        assert done.returncode == 0, done.stderr
        (place.dir / "applied.json").write_text(done.stdout)
        yield place


def document(done: subprocess.CompletedProcess[str]) -> Any:
    """Read stdout as one JSON document."""
    assert "\x1b" not in done.stdout + done.stderr
    return json.loads(done.stdout)


def test_a_first_plan_answers_3_and_makes_no_vault(fresh: Place) -> None:
    done = run(fresh, "plan")
    assert done.returncode == 3, done.stderr
    assert "Wave 1 of 1" in done.stdout
    data = document(run(fresh, "plan", "--json"))
    steps = data["waves"][0]["steps"]
    assert [step["members"][0]["host"] for step in steps] == ["hub", "spoke-a", "spoke-b"]
    assert not (fresh.site / "vault").exists()


def test_a_plan_is_saved_for_its_owner_only_and_shown_without_diffs(fresh: Place) -> None:
    out = fresh.dir / "a plan.json"
    done = run(fresh, "plan", "--no-diff", "-o", out)
    assert done.returncode == 3
    assert str(out) in done.stderr
    assert "sslContext" not in done.stdout
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_text())["version"] == 1


def test_a_plan_that_the_checks_refuse_answers_6(fresh: Place) -> None:
    config = fresh.root("spoke-b") / "etc/activemq/instances-available/main/activemq.xml"
    text = config.read_text()
    config.write_text(text.replace("</broker>", ""))
    try:
        done = run(fresh, "plan")
        assert done.returncode == 6, done.stdout + done.stderr
        assert "spoke-b" in done.stdout + done.stderr
        assert "activemq.xml" in done.stdout + done.stderr
        done = run(fresh, "apply", "--yes")
        assert done.returncode == 6, done.stdout + done.stderr
    finally:
        config.write_text(text)


def test_apply_as_json_is_one_document_of_the_run(applied: Place) -> None:
    view = json.loads((applied.dir / "applied.json").read_text())
    assert view["exit"] == 0
    assert {host["state"] for host in view["hosts"].values()} == {"done"}
    assert set(view["hosts"]) == NODES
    assert all(finding["verdict"] != "fail" for finding in view["findings"])


def test_nothing_to_do_is_said_with_0_by_plan_and_apply(applied: Place) -> None:
    done = run(applied, "plan")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing to do" in done.stdout
    done = run(applied, "apply", "--yes", "--json")
    assert done.returncode == 0
    assert {h["state"] for h in document(done)["hosts"].values()} == {"unchanged"}


def test_events_as_lines_fold_to_the_run(applied: Place) -> None:
    done = run(applied, "attach", "--jsonl")
    events = [from_line(line) for line in done.stdout.splitlines()]
    assert all(event is not None for event in events)
    view = fold(event for event in events if event is not None)
    assert view.exit == done.returncode == 0
    assert set(view.hosts) == NODES


def test_status_asks_the_hosts_on_request(applied: Place) -> None:
    done = run(applied, "status", "--ask")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing went stale" in done.stdout
    config = next((applied.dir / "hosts/spoke-a").rglob("activemq.xml"))
    text = config.read_text()
    config.write_text("<broken")
    try:
        done = run(applied, "status", "--ask", "--json")
    finally:
        config.write_text(text)
    assert done.returncode == 3
    said = document(done)
    assert {row["subject"] for row in said["certificates"]} >= NODES
    assert [(note["host"], note["verdict"]) for note in said["hosts"]] == [("spoke-a", "fail")]
    assert "activemq.xml" in said["hosts"][0]["text"]


def test_status_answers_by_the_day_that_it_is_asked_for(applied: Place) -> None:
    rows = document(run(applied, "status", "--json"))
    assert {row["subject"] for row in rows} >= NODES
    ends = max(row["expires"] for row in rows if row["role"] != "authority")[:10]
    year = int(ends[:4])
    assert run(applied, "status").returncode == 0
    done = run(applied, "status", "--at", ends)
    assert done.returncode in (8, 9)
    assert run(applied, "status", "--at", f"{year + 1}-12-31").returncode == 9
    soon = run(applied, "status", "--at", f"{year}-{ends[5:7]}-01", "--json")
    assert soon.returncode == 8
    assert any(row["due"] for row in document(soon))


def test_verify_is_one_document_of_findings(applied: Place) -> None:
    done = run(applied, "verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = document(done)
    assert {finding["verdict"] for finding in found} <= {"ok", "skip", "warn"}
    assert {finding["subject"] for finding in found} == {"spoke-a>hub", "spoke-b>hub"}
    assert done.stderr
    quiet = run(applied, "verify", "--json", "--quiet")
    assert quiet.stderr == ""


def test_verify_answers_7_when_a_broker_is_down(applied: Place) -> None:
    script = applied.root("hub") / "etc/init.d/activemq"
    subprocess.run([script, "stop"], check=True, capture_output=True)
    try:
        done = run(applied, "verify")
        assert done.returncode == 7, done.stdout + done.stderr
        assert "cause:" in done.stdout
    finally:
        subprocess.run([script, "start"], check=True, capture_output=True)


def test_a_run_is_listed_with_its_end(applied: Place) -> None:
    rows = document(run(applied, "runs", "--json"))
    assert rows[-1]["verb"] == "apply"
    assert rows[-1]["exit"] == 0
    assert not rows[-1]["live"]
    assert rows[-1]["run"] in run(applied, "runs").stdout


def test_a_client_is_written_for_its_owner_only(applied: Place) -> None:
    folder = applied.dir / "client c"
    done = run(applied, "export", "client", "c", "--out", folder)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    written = [Path(line) for line in done.stdout.splitlines()]
    assert written
    assert all(path.is_file() for path in written)
    found = document(run(applied, "export", "client", "d", "--out", applied.dir / "d", "--json"))
    assert all(Path(path).is_file() for path in found["files"])
    again = run(applied, "export", "client", "c", "--out", folder)
    assert again.returncode == 2, again.stdout + again.stderr


def test_the_vault_answers_as_one_document(applied: Place) -> None:
    said = document(run(applied, "vault", "check", "--json"))
    assert isinstance(said, dict)
    assert said["entries"] >= 7
    copy = applied.dir / "copy"
    assert document(run(applied, "vault", "backup", copy, "--json")) == {"backup": str(copy)}
    assert copy.is_file()


def test_a_run_that_is_left_to_itself_is_named_and_ends(applied: Place) -> None:
    name = document(run(applied, "apply", "--yes", "--detach", "--json"))["run"]
    assert document(run(applied, "attach", name, "--json"))["exit"] == 0


def test_a_reader_that_goes_away_is_no_error(applied: Place) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-P", "-m", "app.cli.main", "-C", str(applied.site), "status"]
    done = subprocess.run(
        words, stdout=writer, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}], ids=str)
def test_colour_is_for_terminals_that_want_it(applied: Place, environment: dict[str, str]) -> None:
    said = on_terminal([*_words(applied), "status"], environment)
    assert ("\x1b[" in said) == (not environment)
    assert "\x1b[" not in on_terminal([*_words(applied), "status", "--no-color"], {})


def _words(place: Place) -> list[str]:
    return [sys.executable, "-P", "-m", "app.cli.main", "-C", str(place.site)]


def on_terminal(words: list[str], environment: dict[str, str]) -> str:
    """Run a command on a terminal of its own and give what it wrote there."""
    ours, theirs = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm", **environment}
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=environ) as child:
        os.close(theirs)
        said = b""
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:
                break
            if not data:
                break
            said += data
        child.wait(60)
    os.close(ours)
    return said.decode()
