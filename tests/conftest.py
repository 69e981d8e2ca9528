"""Fixtures and markers that every folder of tests shares."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.lab import requirements
from tests.lab.processes import children

if TYPE_CHECKING:
    from tests.lab.hosts import Lab

pytest_plugins = ["tests.faults"]
# The suite starts hundreds of Pythons; each would compile the same sources again for half a second.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Machines are shared: how long one example takes says nothing of the code. A run draws what the run
# before it drew, so that a red one tells of the change; others are drawn with TLSWRIGHT_DRAW=1.
drawn = os.environ.get("TLSWRIGHT_DRAW") != "1"
settings.register_profile("suite", deadline=None, max_examples=50, derandomize=drawn)
settings.load_profile("suite")
REQUIRED = "TLSWRIGHT_LAB_REQUIRED"
LAB_SECONDS = 1200
"""Real services of up to nine hosts share the machine's cores."""

LONGEST = (
    "test_faults_service.py", "test_faults_cut.py", "test_journey_rabbitmq.py",
    "test_rabbitmq_losses.py", "test_journey_mmm.py", "test_rabbitmq_choices.py",
    "test_journey_ca.py", "test_faults_killed.py", "test_rabbitmq_mistakes.py",
    "test_journey_pinned.py", "test_faults_files.py", "test_rabbitmq_names.py",
    "test_mmm_faults.py", "test_journey_killed.py", "test_journey_grown.py", "test_mmm_losses.py",
    "test_journey_stores.py", "test_faults_power.py", "test_journey_guarded.py",
    "test_mmm_wizard.py", "test_faults_hosts.py", "test_journey_wizard.py", "test_journey_hubs.py",
    "test_journey_failure.py", "test_journey_imported.py", "test_no_leak.py",
)  # fmt: skip
"""Files that take minutes, the longest first; other files of real hosts come behind them.

Faults and MMM mostly wait: they stand between those that keep a core busy, so that two workers
wait at most.
"""


def pytest_configure(config: pytest.Config) -> None:
    """Let SIGTERM and SIGHUP end a session as Ctrl-C does, and the workers of pytest-xdist too."""
    workers = config.getoption("numprocesses", None)

    def end(number: int, frame: FrameType | None) -> None:
        for pid in children(os.getpid()) if workers else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever asks for a lab, so that `-m lab` finds all of it, and put long files first.

    Last, they would keep one worker of pytest-xdist busy and the others idle.
    """
    for item in items:
        if {"lab", "fresh_lab"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("lab")
            item.add_marker(pytest.mark.timeout(LAB_SECONDS))
    files = {item.path for item in items if item.get_closest_marker("lab")}
    places = {name: place for place, name in enumerate(LONGEST)}
    behind = len(LONGEST)
    items.sort(key=lambda i: places.get(i.path.name, behind if i.path in files else behind + 1))


@pytest.fixture(autouse=True)
def no_secret_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Look for every secret of a site after each test on real hosts."""
    if not {"lab", "fresh_lab"} & set(request.fixturenames):
        yield
        return
    from tests import tmux
    from tests.lab import secrets, site

    site.MADE.clear()
    tmux.HISTORIES.clear()
    yield
    found = [leak for one in site.MADE for leak in secrets.leaks(one, tmux.HISTORIES)]
    site.MADE.clear()
    assert not found, found


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Real hosts hub, spoke-a and spoke-b, as the tests before this one left them."""
    reason = requirements.missing()
    if reason and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED}=1, but {reason}")
    if reason:
        pytest.skip(reason)
    from tests.lab.endings import guarded
    from tests.lab.hosts import Lab

    with guarded(Lab()) as hosts:
        yield hosts


@pytest.fixture
def fresh_lab(lab: Lab) -> Lab:
    """Real hosts, stock and just booted: those that were changed are reset before the test."""
    lab.clean()
    return lab
