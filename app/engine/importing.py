"""Take in a CA that was made elsewhere: read its files, judge it for this site, keep it.

The key goes into the vault and nowhere else.  Every CA is a generation of its own, so that what was
issued before it stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import opening
from app.engine.keyring import with_root
from app.engine.record import save_deployed
from app.errors import PkiError, UsageError
from app.model import Site
from app.pki.names import San, san_entries
from app.pki.secret import Secret
from app.plan.stage import stage
from app.site.catalogue import KindFacts
from app.site.lock import site_lock
from app.site.places import Places

if TYPE_CHECKING:
    from app.pki.importing import Candidate
    from app.pki.vault import Vault


@dataclass(frozen=True, slots=True)
class CaFiles:
    """Name the files of a CA: `key` is empty where the first one holds the key too."""

    certificate: str
    key: str = ""
    password: Secret | None = field(default=None, repr=False)


def read_ca(files: CaFiles, site: Site, kinds: Mapping[str, KindFacts], now: datetime) -> Candidate:
    """Read and judge a CA; changes nothing.

    Raises PasswordError, whose `where` names the file that is encrypted, and GivenError.
    """
    from app.pki.flaw import Flaw
    from app.pki.given import Given, read_given
    from app.pki.given_file import read_given_file
    from app.pki.importing import examine

    given, notes = Given(), list[Flaw]()
    for name in dict.fromkeys(filter(None, (files.certificate, files.key))):
        found = read_given_file(Path(name))
        part = read_given(found.data, files.password, where=found.path)
        if part.keys and found.open_to:
            text = f"{found.path} holds the CA's key, and {found.open_to}"
            why = "Whoever has it can sign for these hosts."
            notes.append(Flaw(False, text, why, f"chmod 600 {found.path}"))
        given += part
    return examine(
        given, now, names=names_of(site, kinds), leaf_days=site.authority.leaf_days, notes=notes,
        where=files.certificate,
    )  # fmt: skip


def names_of(site: Site, kinds: Mapping[str, KindFacts]) -> tuple[San, ...]:
    """Give every name that the site's certificates are to hold."""
    found: list[San] = []
    for topology in site.topologies:
        for node in kinds[topology.kind].nodes(site, topology):
            for name in node.certified:
                try:
                    found += san_entries((name,), wildcard=True)
                except PkiError:
                    continue  # a name that is not valid is told of where it stands
    return tuple(dict.fromkeys(found))


def keep_ca(places: Places, site: Site, passphrase: Secret, candidate: Candidate) -> Site:
    """Keep a CA in the vault, which is made where there is none; gives the site that uses it.

    The caller writes the site to its file.  One that is there already is not kept twice; hosts go
    over from another one by `apply`.  Raises GivenError for one that cannot be used, and UsageError
    under pinned trust.
    """
    from app.pki import keeping

    _require_ca(site)
    deployed = opening.deployed_of(places)
    vault = opening.open_vault(places, passphrase, deployed, write=True)
    if vault is None:
        vault = opening.create_vault(places, passphrase)
    name = site.authority.name or site.name
    with vault:
        generation = _generation(vault, name, candidate)
        authority = candidate.authority(name, generation)
        keeping.store_authority(vault, authority)
        vault.save()
    places.prepare()
    save_deployed(places.deployed, with_root(deployed, authority))
    return with_ca(site, candidate, generation)


def import_ca(places: Places, site: Site, passphrase: Secret, candidate: Candidate) -> Site:
    """Keep a CA and let site.yaml say that it is the one; gives the new site."""
    from app.site.write import save_site

    with site_lock(places, "ca import"):
        changed = keep_ca(places, site, passphrase, candidate)
        save_site(changed, places.site)
    return changed


def with_ca(site: Site, candidate: Candidate, generation: int) -> Site:
    """Give the site whose CA is the imported one."""
    authority = replace(
        site.authority, source="imported", anchor=candidate.facts[-1].sha256, generation=generation
    )
    return replace(site, authority=authority)


def next_ca(places: Places, site: Site) -> Site:
    """Let site.yaml ask for the next generation of the own CA; gives the new site.

    Where the last change of the CA is still under way, that one goes on: nothing is written.
    Raises UsageError for a CA that is not made here.
    """
    from app.engine.ca_back import ca_changed
    from app.site.write import save_site

    _require_ca(site)
    spec = site.authority
    if spec.source != "own":
        other = {
            "imported": "`tlswright ca import FILE` takes the next one in",
            "outside": "`tlswright take --anchor FILE` takes the next one's certificate in",
        }[spec.source]
        raise UsageError(
            f"the CA of this site is {spec.source}: it is not made here",
            hint=f"{other}; `tlswright apply` leads the hosts over to it.",
        )
    with site_lock(places, "rotate ca"):
        deployed = opening.deployed_of(places)
        if spec.generation not in deployed.authorities or stage(site, deployed) is not None:
            return site
        changed = replace(site, authority=replace(spec, generation=spec.generation + 1))
        with ca_changed(places):
            save_site(changed, places.site)
    return changed


def _require_ca(site: Site) -> None:
    if site.authority.trust != "ca":
        raise UsageError(
            "this site has pinned trust, which needs no CA",
            hint="Set `trust: ca` under `authority` in site.yaml.",
        )


def _generation(vault: Vault, name: str, candidate: Candidate) -> int:
    """Give the generation under which the CA is kept already, or the next one."""
    from app.pki import keeping

    held = keeping.authority_generations(vault, name)
    for generation in held:
        known = keeping.load_authority(vault, name, generation)
        if (known.certificate, *known.above) == candidate.path and known.source == "imported":
            return generation
    return max(held, default=0) + 1
