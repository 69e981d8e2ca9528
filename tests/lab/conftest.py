"""What a file of tests shares: the ground of the fault matrix, or one RabbitMQ cluster."""

from __future__ import annotations

import pytest

from tests.lab import site
from tests.lab.cluster import Cluster
from tests.lab.ground import Ground
from tests.lab.hosts import Lab


@pytest.fixture(scope="module")
def laid(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Two hosts with the small service, and a site over them: each fault goes back by itself."""
    lab.clean()
    return Ground(tmp_path_factory.mktemp("ground"), lab)


@pytest.fixture
def ground(laid: Ground) -> Ground:
    """The file's ground; its secrets are looked for behind each fault."""
    site.MADE.append(laid.site)
    return laid


@pytest.fixture(scope="module")
def formed(
    request: pytest.FixtureRequest, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Cluster:
    """A plain cluster on the hosts that a file names as NODES: its starts cost half a minute."""
    lab.clean()
    return Cluster(tmp_path_factory.mktemp("cluster"), lab, request.module.NODES)


@pytest.fixture
def cluster(formed: Cluster) -> Cluster:
    """The file's cluster as the test before has left it; its secrets are looked for behind each."""
    site.MADE.append(formed.site)
    return formed
