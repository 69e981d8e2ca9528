"""The ground of the fault matrix, once for a file: every fault goes back to a state by itself."""

from __future__ import annotations

import pytest

from tests.lab.ground import Ground
from tests.lab.hosts import Lab


@pytest.fixture(scope="module")
def ground(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Two hosts with the small service, and a site over them."""
    lab.clean()
    return Ground(tmp_path_factory.mktemp("ground"), lab)
