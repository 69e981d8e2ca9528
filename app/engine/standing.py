"""Look at what stands on the hosts of a site, beside its record; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.engine.gather import gather
from app.errors import HostError, HostKeyError, LoginError
from app.kinds.base import Kind
from app.kinds.resources import Layout
from app.model import Site
from app.remote.base import Connector


@dataclass(frozen=True, slots=True)
class Noted:
    """Say one thing of one host: `fail` where something is to be done, `warn` where it is not."""

    host: str
    verdict: str
    text: str


def look(site: Site, kinds: Mapping[str, Kind], connector: Connector) -> tuple[Noted, ...]:
    """Ask every host that is reached over SSH, and give what should be known of it.

    Raises HostError where a login lacks something that can be asked for.
    """
    gathered = gather(site, kinds, connector, lambda host, state, text: None)
    try:
        for error in gathered.errors.values():
            if isinstance(error, HostKeyError | LoginError):
                raise error
        lost = [Noted(host, "fail", _unreached(e)) for host, e in sorted(gathered.errors.items())]
        found = [
            note
            for topology in site.topologies
            for node in kinds[topology.kind].nodes(site, topology)
            if node.host in gathered.observed
            for note in _notes(
                node.host,
                kinds[topology.kind].layout(site, node, gathered.observed[node.host]),
            )
        ]
    finally:
        gathered.close()
    return (*lost, *found)


def _unreached(error: HostError) -> str:
    return f"not reached: {error.text}"


def _notes(host: str, layout: Layout) -> Iterator[Noted]:
    for text in layout.problems:
        yield Noted(host, "fail", text)
    if layout.stale:
        yield Noted(host, "fail", layout.stale)
    for text in layout.warnings:
        if text != layout.stale:
            yield Noted(host, "warn", text)
