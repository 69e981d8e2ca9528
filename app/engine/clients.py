"""A credential for a client of the hosts: issued here, or signed by an outside CA."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.engine import opening
from app.engine.given import change_clients, load_clients
from app.engine.requests import load_requests, save_requests
from app.engine.returning import credential_of
from app.errors import UsageError
from app.export.client import client_spec, export_client
from app.model import Site
from app.pki.secret import Secret
from app.plan.deployed import Deployed, fingerprint
from app.plan.given import Clients, Given, with_given, with_newest, without
from app.quoting import sh
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
    """Write a client's credential to a new folder, and record that it has one; gives the files.

    One that an outside CA has signed is forgotten here once it is written.  Raises UsageError, and
    PkiError where the outside CA has not signed yet.
    """
    load_clients(places.clients)  # one that cannot be recorded is not to leave with a key
    files = _export(places, site, name, passphrase, folder, now)
    end = _end(next(path for path in files if path.name == "client.cert.pem"))
    given = Given(name, site.authority.generation, end, now.isoformat(timespec="seconds"))
    change_clients(places, lambda clients: with_given(clients, given))
    return files


def mark_delivered(places: Places, name: str) -> bool:
    """Record that a client uses its newest certificate alone; False when that was so already.

    Raises UsageError for one that was given none.
    """
    return _changed(places, name, with_newest)


def forget(places: Places, name: str) -> bool:
    """Forget a client that is in use no more: nothing waits for it from now on."""
    return _changed(places, name, without)


def _changed(places: Places, name: str, change: Callable[[Clients, str], Clients]) -> bool:
    if not any(one.client == name for one in load_clients(places.clients)):
        raise UsageError(
            f"no client {name!r} is known here",
            hint=f"`tlswright export client {sh(name)}` gives it a key and a certificate.",
        )
    return change_clients(places, lambda clients: change(clients, name))


def _end(path: Path) -> datetime:
    from app.pki.pem import read_bundle
    from app.pki.reading import facts_of

    return facts_of(next(iter(read_bundle(path.read_bytes()).values()))).not_after


def _export(
    places: Places,
    site: Site,
    name: str,
    passphrase: Secret | None,
    folder: Path,
    now: datetime,
) -> tuple[Path, ...]:
    from app.pki import awaiting, keeping

    outside, deployed = site.authority.source == "outside", opening.deployed_of(places)
    vault = opening.open_vault(places, passphrase, deployed, write=outside)
    if vault is None:
        raise UsageError("this site has no vault yet", hint="`tlswright apply` makes it.")
    others = _others(site, deployed)
    with vault:
        if not outside:
            return export_client(site, vault, name, folder, now, others=others)
        with site_lock(places, "export"):
            spec, request = client_spec(site, name), f"{CLIENT}{name}"
            requests = load_requests(places.requests)
            authority = keeping.load_authority(vault, spec.issuer, spec.generation)
            made = credential_of(vault, requests, request, spec, authority, now)
            files = export_client(site, vault, name, folder, now, made, others)
            requests.pop(request)
            awaiting.forget_key(vault, request)
            vault.save()
            save_requests(places.requests, requests)
            return files


def _others(site: Site, deployed: Deployed) -> dict[int, str]:
    """Give the CAs beside the wanted one that hosts still have certificates of.

    Raises UsageError while hosts do not trust the wanted one yet.
    """
    if site.authority.trust != "ca":
        return {}
    wanted = deployed.authorities.get(site.authority.generation, "")
    running = [record for record in deployed.nodes.values() if record.facts]
    for record in running:
        if not wanted or fingerprint(wanted) not in record.trust.values():
            how = "`tlswright apply` lets the hosts trust it."
            if record.delivery:
                how = f"`tlswright export bundle {record.host}`, and --delivered when it is there."
            raise UsageError(
                f"{record.host} does not trust the new CA yet, and would refuse the client",
                hint=how,
            )
    found = {r.spec.generation for r in running if r.spec and not r.spec.self_signed}
    found.discard(site.authority.generation)
    texts = {g: deployed.authorities[g] for g in sorted(found) if g in deployed.authorities}
    return {g: text for g, text in texts.items() if text != wanted}
