"""Take up the certificates of an outside CA: what hosts are to trust, and what is below it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import opening
from app.engine.asking import opened, require_outside
from app.engine.keyring import with_root
from app.engine.record import save_deployed
from app.engine.taking import read_files
from app.errors import UsageError
from app.model import Site
from app.pki.secret import Secret
from app.site.lock import site_lock
from app.site.places import Places
from app.site.write import save_site

if TYPE_CHECKING:
    from cryptography import x509

    from app.pki.authority import Authority
    from app.pki.facts import CertificateFacts
    from app.pki.flaw import Flaw
    from app.pki.vault import Vault


@dataclass(frozen=True, slots=True)
class Anchored:
    """Say which root hosts are to trust, and what will hurt one day."""

    facts: CertificateFacts
    generation: int
    notes: tuple[Flaw, ...]


def set_anchor(
    places: Places, site: Site, passphrase: Secret | None, paths: Iterable[Path], now: datetime
) -> Anchored:
    """Keep the outside CA's certificates in the vault, and say in site.yaml which root is meant.

    The files hold one root, and perhaps the CAs below it.  Another root than that which hosts run
    with is the next generation: `apply` leads them over.  Raises UsageError and PkiError, and
    changes nothing then.
    """
    from app.pki import keeping
    from app.pki.flaws import path_flaws

    made = read_anchor(site, paths, now)
    with site_lock(places, "take"):
        deployed = opening.deployed_of(places)
        with opened(places, passphrase, deployed) as vault:
            running = any(node.facts is not None for node in deployed.nodes.values())
            generation = _generation(vault, made, running=running)
            made = replace(made, generation=generation)
            keeping.forget_authority(vault, made.name, generation)
            keeping.store_authority(vault, made)
            vault.save()
        save_deployed(places.deployed, with_root(deployed, made))
        meant = replace(site.authority, anchor=made.facts().sha256, generation=generation)
        if meant != site.authority:
            save_site(replace(site, authority=meant), places.site)
    above = path_flaws((made.certificate, *made.above), now, leaf_days=site.authority.leaf_days)
    notes = tuple(flaw for flaw in above if not flaw.fatal)
    return Anchored(made.facts(), generation, notes)


def read_anchor(site: Site, paths: Iterable[Path], now: datetime) -> Authority:
    """Read and judge the certificates of an outside CA; changes nothing.

    Raises UsageError and PkiError.
    """
    require_outside(site)
    returned, _ = read_files(tuple(paths))
    return authority_of(site, tuple(one.certificate for one in returned), now)


def _generation(vault: Vault, made: Authority, *, running: bool) -> int:
    """Give the generation to keep it under.

    Never one whose key is here, for that would be lost, nor one of another root that hosts trust.
    """
    from app.pki import keeping

    wanted = made.generation
    while wanted in keeping.authority_generations(vault, made.name):
        kept = keeping.load_authority(vault, made.name, wanted)
        if kept.source == "outside" and (not running or kept.anchor == made.anchor):
            break
        wanted += 1
    return wanted


def authority_of(site: Site, given: tuple[x509.Certificate, ...], now: datetime) -> Authority:
    """Put the certificates of a CA in order: one root, and a path below it.

    Raises UsageError that says what is missing or too much.
    """
    from app.pki import chains
    from app.pki.authority import Authority
    from app.pki.flaws import path_flaws
    from app.pki.paths import self_signed, signed_by

    roots = [one for one in given if self_signed(one)]
    if len(roots) != 1:
        names = ", ".join(chains.words(one.subject) for one in roots or given)
        raise UsageError(
            f"the root is missing: there is {names}" if not roots
            else f"these are several roots: {names}",
            hint="Hosts trust one root: give the CA certificate that signed itself, with those "
            "between it and the certificates of hosts.",
        )  # fmt: skip
    root, below = roots[0], [one for one in given if one != roots[0]]
    lowest = [one for one in below if not any(signed_by(other, one) for other in below)]
    if len(lowest) > 1 or (below and not lowest):
        names = ", ".join(chains.words(one.subject) for one in lowest or below)
        raise UsageError(
            f"these are no single path below the root: {names}",
            hint="Give the root alone: the others come with each certificate.",
        )
    chain: tuple[x509.Certificate, ...] = ()
    if lowest:
        above = chains.path_to(lowest[0], below, root)
        if above is None:
            raise UsageError(f"{chains.broken_path(lowest[0], below, root).line}")
        chain = (lowest[0], *above)
    fatal = [flaw for flaw in path_flaws((*chain, root), now) if flaw.fatal]
    if fatal:
        raise UsageError(fatal[0].line, hint=fatal[0].remedy)
    spec = site.authority
    first, *others = (*chain, root)
    name = spec.name or site.name
    return Authority(name, spec.generation, first, None, tuple(others), "outside")
