"""Fixtures and markers that every folder of tests shares."""

from __future__ import annotations

import atexit
import os
import signal
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

import pytest

from tests.lab import requirements

if TYPE_CHECKING:
    from tests.lab.hosts import Lab

REQUIRED = "TLSWRIGHT_LAB_REQUIRED"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever asks for a lab, so that `-m lab` finds all of it."""
    for item in items:
        if {"lab", "fresh_lab"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("lab")


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Real hosts hub, spoke-a and spoke-b, as the tests before this one left them."""
    reason = requirements.missing()
    if reason and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED}=1, but {reason}")
    if reason:
        pytest.skip(reason)
    from tests.lab.hosts import Lab

    before = {number: signal.signal(number, _interrupt) for number in _ENDINGS}
    hosts = Lab()
    atexit.register(hosts.stop)
    try:
        with hosts:
            yield hosts
    finally:
        atexit.unregister(hosts.stop)
        for number, action in before.items():
            signal.signal(number, action)


@pytest.fixture
def fresh_lab(lab: Lab) -> Lab:
    """Real hosts, stock and just booted: those that were changed are reset before the test."""
    lab.clean()
    return lab


_ENDINGS = (signal.SIGTERM, signal.SIGHUP)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End the session as Ctrl-C does, so that the lab is taken down."""
    raise KeyboardInterrupt(signal.Signals(number).name)
