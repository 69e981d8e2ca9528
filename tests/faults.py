"""Collect what each fault of the matrix came to, and print the table at the end of a session.

A test says what it saw with the fixture `faults`: `faults.saw("port taken", "old state back, exit
4; next apply finished")`.  The lines travel with the test's report, also from workers of
pytest-xdist; those of a test that failed are marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest

KEY = "fault"
TITLE = "fault matrix"


@dataclass(frozen=True)
class Faults:
    """Take down, for the table, what one test saw; `where` names product or part."""

    item: pytest.Item
    where: str

    def saw(self, fault: str, outcome: str) -> None:
        """Say in words as seen, not as hoped, how a fault ended."""
        self.item.user_properties.append((KEY, (self.where, fault, outcome)))


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> Faults:
    """Collect for the table of faults; the name of the test's file says for which product."""
    return Faults(request.node, _where(request.node.path.stem))


def _where(stem: str) -> str:
    """Name the product that a file of tests is about."""
    for product in ("rabbitmq", "mmm", "mcollective"):
        if product in stem:
            return product
    return "activemq" if stem.startswith("test_journey") else "any"


def table(reports: list[pytest.TestReport]) -> list[tuple[str, str, str]]:
    """Give the rows, product by product; of two lines about one fault in a test the last counts."""
    rows = []
    for report in reports:
        told = [tuple(map(str, cast(Any, v))) for k, v in report.user_properties if k == KEY]
        last = {(where, fault): outcome for where, fault, outcome in told}
        bad = "" if report.passed else "TEST FAILED after: "
        rows += [(where, fault, f"{bad}{outcome}") for (where, fault), outcome in last.items()]
    return sorted(rows, key=lambda row: row[0])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table where any fault was tried."""
    every = [r for group in ("passed", "failed") for r in terminalreporter.stats.get(group, [])]
    rows = table([r for r in every if getattr(r, "when", "") == "call"])
    if not rows:
        return
    terminalreporter.section(TITLE)
    wide = max(len(fault) for _, fault, _ in rows)
    for where, fault, outcome in rows:
        terminalreporter.write_line(f"{where:<9} {fault:<{wide}}  {outcome}")
