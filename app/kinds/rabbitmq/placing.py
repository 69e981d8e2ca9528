"""Where the files of one node stand, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping

from app.kinds.base import Render
from app.kinds.resources import FileResource, Want

MODE = 0o640
VERSIONS: Mapping[str, tuple[str, ...]] = {
    "1.3+1.2": ("tlsv1.3", "tlsv1.2"),
    "1.3": ("tlsv1.3",),
    "1.2": ("tlsv1.2",),
}


def paths(render: Render) -> Mapping[str, str]:
    """Give the place of each file of a node's credentials."""
    return places(render.layout.facts["folder"])


def places(folder: str) -> Mapping[str, str]:
    """Give the place of each file of a node's credentials below its configuration's folder.

    Names stay over a rotation: Erlang reads files of the same name again without a restart.
    """
    folder = f"{folder}/tls"
    return {
        "ca": f"{folder}/ca.pem",
        "chain": f"{folder}/node.pem",
        "key": f"{folder}/node.key",
        "combined": f"{folder}/combined.pem",
        "client-chain": f"{folder}/client.pem",
        "client-key": f"{folder}/client.key",
    }


def file_of(
    render: Render,
    path: str,
    want: Want,
    label: str,
    notes: tuple[str, ...] = (),
    *,
    check: str = "",
) -> FileResource:
    """Give a file that root writes, and that the node may read."""
    facts = render.layout.facts
    return FileResource(
        host=render.node.host,
        node=render.node.name,
        path=path,
        owner=facts["owner"],
        group=facts["group"],
        mode=MODE,
        want=want,
        label=label,
        check=check,
        notes=notes,
    )
