"""A run can be stopped at any point, and the next one does the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import UsageError
from tests.cli.embedded import embedded
from tests.unit.engine_site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with embedded(tmp_path / "demo") as place:
        yield Site(place)


@pytest.mark.parametrize("barrier", ["staging", "switching", "starting", "checking"])
def test_stopping_now_undoes_the_step_at_any_barrier(site: Site, barrier: str) -> None:
    before = site.files()
    run = site.start()
    for event in site.follow(run):
        if event.kind == "step" and event.state == barrier and event.step == "1.1":
            site.front.ask_stop(run, now=True)
            break
    view = site.end(run)
    assert view.stop == "stop-now"
    assert view.exit == 12, view.result
    assert site.files() == before
    assert site.apply().exit == 0


def test_stopping_keeps_what_is_done_and_the_next_run_does_the_rest(site: Site) -> None:
    run = site.start()
    for event in site.follow(run):
        if event.kind == "step" and event.step == "1.1":
            site.front.ask_stop(run, now=False)
            break
    view = site.end(run)
    assert view.exit == 13, view.result
    assert view.hosts["hub"].done == 1
    assert view.hosts["spoke-b"].done == 0
    again = site.apply()
    assert again.exit == 0
    assert again.hosts["hub"].state == "unchanged"
    with pytest.raises(UsageError, match="not running"):
        site.front.ask_stop(run, now=True)


def test_a_run_in_a_very_deep_directory_can_be_stopped(tmp_path: Path) -> None:
    with embedded(tmp_path / ("deep" * 20) / ("er" * 30) / "demo") as place:
        site = Site(place)
        run = site.start()
        for event in site.follow(run):
            if event.kind == "planned":
                site.front.ask_stop(run, now=False)
                break
        assert site.end(run).stop == "stop"
