"""A credential for a client of the hosts: issued here, or signed by an outside CA."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from app.engine import opening
from app.engine.requests import load_requests, save_requests
from app.engine.returning import credential_of
from app.errors import UsageError
from app.export.client import client_spec, export_client
from app.model import Site
from app.pki.secret import Secret
from app.site.lock import site_lock
from app.site.places import Places

CLIENT = "client:"
"""How the name of a client's request begins; no host's name holds a colon."""


def export(
    places: Places,
    site: Site,
    name: str,
    passphrase: Secret | None,
    folder: Path,
    now: datetime,
) -> tuple[Path, ...]:
    """Write a client's credential to a new folder; gives the files.

    One that an outside CA has signed is forgotten here once it is written.  Raises UsageError, and
    PkiError where the outside CA has not signed yet.
    """
    from app.pki import awaiting, keeping

    outside = site.authority.source == "outside"
    vault = opening.open_vault(places, passphrase, opening.deployed_of(places), write=outside)
    if vault is None:
        raise UsageError("this site has no vault yet", hint="`tlswright apply` makes it.")
    with vault:
        if not outside:
            return export_client(site, vault, name, folder, now)
        with site_lock(places, "export"):
            spec, request = client_spec(site, name), f"{CLIENT}{name}"
            requests = load_requests(places.requests)
            authority = keeping.load_authority(vault, spec.issuer, spec.generation)
            made = credential_of(vault, requests, request, spec, authority, now)
            files = export_client(site, vault, name, folder, now, made)
            requests.pop(request)
            awaiting.forget_key(vault, request)
            vault.save()
            save_requests(places.requests, requests)
            return files
