"""Any set of entries, applied and taken back by any of the ways, leaves the same tree."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.remote.base import FileEntry
from app.remote.ssh import SshRemote
from tests.ssh.conftest import Connect
from tests.ssh.steps import apply, carry, delete, litter, put, restore, step, tree

NAMES = ("a", "b c", "d/e", "d/f/g", "h'i", "link")
CONTENT = st.one_of(st.none(), st.binary(max_size=300))
SETS = st.fixed_dictionaries({name: st.tuples(CONTENT, CONTENT) for name in NAMES})
numbers = itertools.count()


@pytest.fixture
def remote(connect: Connect, root: Path) -> SshRemote:
    return connect(root)


def populate(root: Path, sets: dict[str, tuple[bytes | None, bytes | None]], mode: int) -> None:
    """Make the tree as it stands before."""
    shutil.rmtree(root / "etc")
    (root / "etc/behind").mkdir(parents=True)
    for name, (old, _) in sets.items():
        if old is None:
            continue
        path = root / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "link":
            (root / "etc/behind/file").write_bytes(old)
            path.symlink_to("behind/file")
        else:
            path.write_bytes(old)
            path.chmod(mode)
            os.utime(path, (1, 1))


def entries(sets: dict[str, tuple[bytes | None, bytes | None]]) -> list[FileEntry]:
    """Give the entries that bring the new contents."""
    found = []
    for name, (old, new) in sets.items():
        if new is not None:
            found.append(put(f"/etc/{name}", new, old, mode=0o640))
        elif old is not None and name != "link":
            found.append(delete(f"/etc/{name}", old))
    return found


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sets=SETS, mode=st.sampled_from([0o600, 0o644, 0o755, 0o4711]))
def test_applied_and_taken_back_the_tree_is_the_same(
    remote: SshRemote,
    root: Path,
    sets: dict[str, tuple[bytes | None, bytes | None]],
    mode: int,
) -> None:
    populate(root, sets, mode)
    before, number = tree(root), next(numbers)
    wanted = entries(sets)
    acks = carry(remote, step(*wanted, id=f"r{number}"), "stage", "switch", "rollback")
    assert acks[-1].ok
    assert tree(root) == before
    apply(remote, step(*wanted, id=f"a{number}"))
    for name, (_, new) in sets.items():
        if new is not None:
            assert (root / "etc" / name).read_bytes() == new
    back = [
        restore(entry.path, f"a{number}", entry.data if entry.action == "put" else None)
        for entry in wanted
    ]
    apply(remote, step(*back, id=f"b{number}"))
    assert tree(root) == before
    assert litter(root) == []
