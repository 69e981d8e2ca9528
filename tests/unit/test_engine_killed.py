"""A run that is killed at any point is finished by the next one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.embedded import embedded
from tests.unit.engine_site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with embedded(tmp_path / "demo") as place:
        yield Site(place)


@pytest.mark.parametrize(
    ("kind", "number"),
    [("run-started", 1), ("planned", 1), ("intent", 1), ("step", 16), ("intent", 2), ("step", 30),
     ("finding", 1)],
)  # fmt: skip
def test_a_run_killed_anywhere_is_finished_by_the_next(site: Site, kind: str, number: int) -> None:
    run = site.start()
    site.kill_at(run, kind, number)
    assert site.end(run).exit == 13
    again = site.apply()
    assert again.exit == 0, again.result
    assert all(f["verdict"] != "fail" for f in again.findings)
    assert site.apply().result.startswith("nothing to do")
