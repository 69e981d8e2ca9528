"""Files that were deployed before and that nothing wants any more, as after a change of format.

A key store that is referred to no longer still holds a private key: it goes.
"""

from __future__ import annotations

from app.kinds.resources import AbsentWant, FileResource
from app.model import Node
from app.plan.diff import Standing
from app.plan.specs import EDITED


def leftovers(
    node: Node, wanted: tuple[FileResource, ...], standing: Standing
) -> tuple[FileResource, ...]:
    """Want gone what was made for a node and is wanted no more, behind the file that named it.

    What somebody changed since is theirs, and is kept, and so is what was theirs before us.
    """
    if not wanted:
        return ()
    paths = {resource.path for resource in wanted}
    found: list[FileResource] = []
    for path, (digest, made) in standing.made.items():
        fact = standing.files.get(path)
        kept = path in paths or made.startswith(EDITED)
        if kept or fact is None or fact.state != digest or fact.type == "absent":
            continue
        owner, group, mode = fact.owner, fact.group, fact.mode
        found.append(
            FileResource(node.host, node.name, path, owner, group, mode, AbsentWant(), "left over")
        )
    return tuple(found)
