"""Let site.yaml ask for the CA that hosts are back at, once a rollback took a change of it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.engine.record import read_json
from app.engine.run import Result
from app.errors import SiteError
from app.model import Site
from app.plan.deployed import Deployed
from app.plan.succession import anchors
from app.site.load import load_site
from app.site.places import Places
from app.site.write import save_site


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
        now = load_site(places.site)
        if now.authority == spec:
            save_site(replace(now, authority=replace(spec, generation=was)), places.site)
        elif now.authority != replace(spec, generation=was):
            said = f"site.yaml was edited meanwhile: `generation: {was}` is the CA of the hosts"
    except SiteError as error:
        said = f"site.yaml could not be changed ({error.text}): `generation: {was}` belongs there"
    return replace(result, text=f"{result.text}; {said}")
