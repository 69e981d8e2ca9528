"""The names that peers dial: what a kind makes of the hosts' names, and how one comes first."""

from __future__ import annotations

from collections.abc import Mapping

from app.site.catalogue import Kinds
from app.site.convert import as_site
from app.site.draft import Draft, set_host


def dialled_first(draft: Draft, kinds: Kinds) -> Mapping[str, str]:
    """Give the name that peers are told to dial, by host; empty while no kind is chosen."""
    if draft.kind not in kinds.names():
        return {}
    site = as_site(draft)
    nodes = kinds.load(draft.kind).nodes(site, site.topologies[0])
    return {node.host: node.names[0] for node in nodes}


def with_first(draft: Draft, host: str, names: tuple[str, ...]) -> Draft:
    """Let names come first among those of a host, whose others stay."""
    known = draft.host(host)
    others = known.names or (known.address,)
    return set_host(draft, host, names=tuple(dict.fromkeys((*names, *others))))
