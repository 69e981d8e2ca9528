"""Merge the URI of a networkConnector: the wanted targets, foreign options kept."""

from __future__ import annotations

from dataclasses import replace

from app.edits.activemq.listen import VERIFY
from app.edits.uri import Composite, Uri, merge_options, parse_composite, parse_uri


def merge_dial(existing: str, wanted: str) -> tuple[str, list[str]]:
    """Bring an existing bridge URI to what is wanted, with notes on what was dropped.

    An existing URI of another shape is replaced as a whole.  Options of a target that stays are
    kept, but for verifyHostName: off, it lets anybody pose as the peer, and ActiveMQ refuses the
    spelling with `transport.` on this side.
    """
    there, want = parse_composite(existing), parse_composite(wanted)
    if existing == wanted:
        return existing, []
    if there is None or want is None or there.scheme != want.scheme:
        return wanted, [f"its uri was {existing!r}"] if existing else []
    notes: list[str] = []
    targets = tuple(_target(there, raw, notes) for raw in want.targets)
    kept = {uri.host: uri for uri in want.dialled if uri}
    for raw, uri in zip(there.targets, there.dialled, strict=True):
        if uri is None or uri.host not in kept or uri.port != kept[uri.host].port:
            notes.append(f"it no longer dials {raw.strip()}")
    merged = replace(there, targets=targets, options=merge_options(there.options, want.options))
    return (existing if merged == there else str(merged)), notes


def _target(there: Composite, raw: str, notes: list[str]) -> str:
    """Give a wanted target with the options that the same address has already."""
    wanted = parse_uri(raw)
    for old, uri in zip(there.targets, there.dialled, strict=True):
        if wanted and uri and (uri.host, uri.port) == (wanted.host, wanted.port):
            merged = _merge(uri, wanted, notes)
            return old if merged == uri else str(merged)
    return raw


def _merge(existing: Uri, wanted: Uri, notes: list[str]) -> Uri:
    foreign = [key for key in VERIFY if existing.values(key) and not wanted.values(key)]
    for key in foreign:
        notes.append(f"{key} is taken out, so that the name of {existing.host} is checked")
    bare = existing.without(foreign)
    options = merge_options(bare.options, wanted.options)
    return replace(bare, scheme=wanted.scheme, options=options)
