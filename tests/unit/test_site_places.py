"""Where a site's files are, and who holds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import LockedError, UsageError
from app.site.lock import Holder, acquire, adopt, current, site_lock
from app.site.places import Places, find_site

ME = Holder("ops", "control", 42, "2026-11-22T06:00:00Z", "apply", "r1")


def test_the_flag_wins_over_the_variable_and_that_over_the_working_directory(
    tmp_path: Path,
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    environ = {"TLSWRIGHT_SITE": "b"}
    assert find_site("a", environ, tmp_path) == tmp_path / "a"
    assert find_site(None, environ, tmp_path) == tmp_path / "b"
    assert find_site(None, {}, tmp_path) == tmp_path


def test_a_site_file_means_its_directory(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("")
    assert find_site(str(tmp_path / "site.yaml"), {}, Path("/")) == tmp_path


def test_a_directory_that_does_not_exist_is_only_good_for_a_new_site(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_site(None, {"TLSWRIGHT_SITE": "x"}, tmp_path)
    assert caught.value.where == "$TLSWRIGHT_SITE"
    assert find_site("x", {}, tmp_path, new=True) == tmp_path / "x"
    (tmp_path / "x").write_text("")
    with pytest.raises(UsageError, match="not a directory"):
        find_site("x", {}, tmp_path, new=True)


def test_the_state_is_private_also_where_it_was_not(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.state.mkdir(mode=0o755)
    places.prepare()
    for directory in (places.state, places.plans, places.runs):
        assert directory.stat().st_mode & 0o777 == 0o700
    assert places.journal("20261122-0431") == places.runs / "20261122-0431" / "journal.jsonl"


@pytest.mark.parametrize("run", ["", "..", "a/b", ".x", "a b"])
def test_what_is_no_run_names_no_place(tmp_path: Path, run: str) -> None:
    with pytest.raises(UsageError):
        Places(tmp_path).run(run)


def test_a_link_or_a_file_in_the_place_of_the_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".tlswright").symlink_to("elsewhere")
    with pytest.raises(UsageError, match="not a directory"):
        Places(tmp_path).prepare()
    (tmp_path / ".tlswright").unlink()
    (tmp_path / ".tlswright").write_text("")
    with pytest.raises(UsageError, match="not a directory"):
        Places(tmp_path).prepare()


def test_a_second_holder_is_told_who_has_the_site(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with acquire(path, ME):
        assert current(path) == ME
        with pytest.raises(LockedError) as caught:
            acquire(path, ME)
        assert (
            "ops on control (apply r1, process 42) since 2026-11-22T06:00:00Z" in caught.value.text
        )
    assert current(path) is None
    acquire(path, ME).release()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_site_is_locked_by_its_places(tmp_path: Path) -> None:
    places = Places(tmp_path)
    when = datetime(2026, 11, 22, 6, tzinfo=UTC)
    with site_lock(places, "apply", now=lambda: when):
        holder = current(places.lock)
        assert holder is not None
        assert (holder.pid, holder.verb) == (os.getpid(), "apply")
        assert holder.since == "2026-11-22T06:00:00Z"


def test_the_lock_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys; from pathlib import Path; from app.site.lock import *; "
        "lock = acquire(Path(sys.argv[1]), Holder('a', 'b', 1, 'c')); print('held', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(LockedError, match="a on b"):
            acquire(path, ME)
        child.kill()
    acquire(path, ME).release()


def test_a_child_that_inherits_the_lock_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = acquire(path, ME)
    second = os.dup(lock.fileno())
    lock.close()
    assert current(path) == ME
    adopt(second).release()
    assert current(path) is None


def test_a_lock_without_words_is_still_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with acquire(path, ME):
        path.write_text("{torn")
        with pytest.raises(LockedError, match="another process"):
            acquire(path, ME)
        assert current(path) is not None
        path.write_text(json.dumps({"who": "x"}))
        with pytest.raises(LockedError):
            acquire(path, ME)
