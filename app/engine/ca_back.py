"""Let site.yaml ask for the CA that hosts are back at, once a rollback took a change of it back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.record import read_json, write_json
from app.errors import TlswrightError
from app.model import Site
from app.plan.deployed import Deployed
from app.plan.succession import anchors
from app.site.atomic import write_atomic
from app.site.load import load_site
from app.site.places import Places
from app.site.write import save_site

if TYPE_CHECKING:
    from app.engine.run import Result


@contextmanager
def ca_changed(places: Places) -> Iterator[None]:
    """Remember what site.yaml was before the block lets it ask for the next CA.

    A rollback then gives it back byte for byte, where nobody edited it since.
    """
    before = places.site.read_bytes() if places.site.exists() else b""
    yield
    after = places.site.read_bytes() if before else b""
    if after == before:
        return
    found = read_json(_kept(places)) or {}
    generation = str(load_site(places.site).authority.generation)
    found[generation] = {
        "before": base64.b64encode(before).decode(), "after": hashlib.sha256(after).hexdigest()
    }  # fmt: skip
    write_json(_kept(places), found)


def _kept(places: Places) -> Path:
    return places.state / "ca-before.json"


def _before(places: Places, generation: int) -> bytes:
    """Give what site.yaml was before it asked for a CA; empty where it was edited since."""
    found = read_json(_kept(places))
    kept = found.get(str(generation)) if isinstance(found, dict) else None
    if not isinstance(kept, dict):
        return b""
    now = hashlib.sha256(places.site.read_bytes()).hexdigest()
    try:
        return base64.b64decode(str(kept.get("before", ""))) if kept.get("after") == now else b""
    except ValueError:
        return b""


def ca_as_before(
    places: Places, target: Path, site: Site, deployed: Deployed, result: Result
) -> Result:
    """Change the generation in site.yaml, where `rotate` had asked for the next one.

    Only once no host trusts that one any more: with the first of its runs.  A person may have
    edited the file while hosts went back: no more than the generation is changed in it, and where
    it cannot be, the result says what is to be written there.
    """
    asked, spec = read_json(target / "request.json") or {}, site.authority
    wanted = anchors(deployed)(f"ca:{spec.generation}")
    records = [r for r in deployed.nodes.values() if r.facts and r.spec]
    found = {r.spec.generation for r in records if r.spec}
    gone = not any(wanted in record.trust.values() for record in records)
    if asked.get("verb") != "rotate" or spec.source != "own" or len(found) != 1 or not gone:
        return result
    (was,) = found
    said = f"site.yaml asks for generation {was} of the CA"
    try:
        now, before = load_site(places.site), _before(places, spec.generation)
        if before and now.authority == spec:
            write_atomic(places.site, before, places.site.stat().st_mode & 0o7777)
        elif now.authority == spec:
            save_site(replace(now, authority=replace(spec, generation=was)), places.site)
        elif now.authority != replace(spec, generation=was):
            said = f"site.yaml was edited meanwhile: `generation: {was}` is the CA of the hosts"
    except TlswrightError as error:
        said = f"site.yaml could not be changed ({error.text}): `generation: {was}` belongs there"
    return replace(result, text=f"{result.text}; {said}")
