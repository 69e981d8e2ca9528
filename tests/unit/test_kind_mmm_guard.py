"""The roles are held and let go on a monitor that runs, and never let go blindly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kinds.base import Guard
from app.observed import Output
from tests.unit.judges import need
from tests.unit.mmm_certificates import Issuer
from tests.unit.mmm_local import SHELLS, Local, local
from tests.unit.mmm_processes import SECONDS
from tests.until import until


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Local]:
    for tool in ("perl", "ss", *SHELLS):
        need(tool)
    with local(tmp_path) as found:
        yield found


def guard(site: Local, step: Guard, *, undoing: bool = False) -> Output:
    """Take a step of the frame up, and look whether it counts as done."""
    made = site.activation("mon", step)
    assert not made.restarts
    told = site.run("mon", made.start, undoing=undoing)
    seen = site.run("mon", made.check, undoing=undoing)
    assert (told.code == 0) == (seen.code == 0), (told, seen)
    return told


def mode(site: Local) -> str:
    return site.tell("mode").strip()


def test_it_is_held_let_go_and_undone(site: Local) -> None:
    site.write({p.name: site.certify(p.name) for p in site.farm.places()})
    site.farm.start_two()
    for site.shell in SHELLS:
        assert guard(site, "set").code == 0
        assert mode(site) == "MANUAL"
        assert guard(site, "set").code == 0
        assert guard(site, "set", undoing=True).code == 0
        assert mode(site) == "ACTIVE"
        assert guard(site, "lift", undoing=True).code == 0
        assert mode(site) == "MANUAL"
        assert guard(site, "lift").code == 0
        assert mode(site) == "ACTIVE"


def test_it_stays_held_while_the_monitor_warns(site: Local) -> None:
    site.write({})
    site.farm.start_two()
    assert guard(site, "set").code == 0
    site.farm.agents[1].stop()
    until(lambda: "# Warning" in site.tell("show"), SECONDS, "a warning")
    said = guard(site, "lift")
    assert (said.code, mode(site)) == (1, "MANUAL")
    assert "agent on host db2 is not reachable" in said.out
    assert said.out.splitlines()[-1].startswith("the monitor stays in mode MANUAL")


def test_it_is_not_let_go_where_it_would_not_warn(site: Local) -> None:
    """In mode PASSIVE a monitor says nothing of agents that it cannot reach."""
    site.write({})
    site.farm.start_two()
    site.tell("set_passive")
    assert guard(site, "lift").code == 1
    assert mode(site) == "PASSIVE"


def test_a_monitor_that_does_not_run_starts_as_its_files_say(site: Local) -> None:
    site.write({})
    for step in ("set", "lift"):
        said = guard(site, step)
        assert (said.code, "does not run" in said.out) == (0, True)


def test_one_that_answers_nobody_is_mended_and_not_let_go(site: Local) -> None:
    """Where all certificates have ended nobody can tell it anything, and a new one must come."""
    other = Issuer(site.folder, "other")
    site.write({p.name: site.certify(p.name) for p in site.farm.places()})
    site.farm.start_two()
    site.certify("mon", other)
    assert guard(site, "set").code == 0
    assert guard(site, "set", undoing=True).code == 0
    assert guard(site, "lift").code == 1
