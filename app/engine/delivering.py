"""Say what became of a bundle: it was delivered, or its host is not waited for any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.engine import opening
from app.engine.handover import nodes_on, opened, require_by_hand
from app.engine.record import save_deployed
from app.engine.sharing import sharers
from app.errors import UsageError
from app.kinds.base import Kind
from app.model import Site
from app.pki.secret import Secret
from app.plan.deployed import Deployed
from app.site.lock import site_lock
from app.site.places import Places


def mark_delivered(places: Places, site: Site, host: str, passphrase: Secret | None) -> bool:
    """Forget a host's keys, and record that it has them; False when that was so already.

    Raises UsageError where no bundle was made yet.
    """
    require_by_hand(site, host)
    kinds = opening.kinds_of(site)
    with site_lock(places, "export"):
        deployed = opening.deployed_of(places)
        _require_shared(site, kinds, host, deployed)
        keys = (f"{n.kind}/{n.host}" for _, n in nodes_on(site, kinds, host))
        found = [deployed.nodes[key] for key in keys if key in deployed.nodes]
        records = [one for one in found if one.delivery]
        if not records:
            raise UsageError(
                f"no bundle was made for {host} yet",
                hint=f"`tlswright export bundle {host}` makes one.",
            )
        from app.pki import keeping

        with opened(places, passphrase, deployed) as vault:
            forgotten = keeping.forget_credentials(vault, host)
            if forgotten:
                vault.save()
        done = (replace(one, delivery="delivered") for one in records)
        save_deployed(places.deployed, deployed.with_nodes(*done))
    return forgotten or any(one.delivery != "delivered" for one in records)


def forget(places: Places, site: Site, host: str, passphrase: Secret | None) -> bool:
    """Forget a host's keys and what was brought to it, as if it never had a bundle.

    Nothing waits for such a host, and nothing is proven of it.  False where nothing was known.
    """
    require_by_hand(site, host)
    kinds = opening.kinds_of(site)
    with site_lock(places, "export"):
        deployed = opening.deployed_of(places)
        keys = [f"{n.kind}/{n.host}" for _, n in nodes_on(site, kinds, host)]
        known = [key for key in keys if key in deployed.nodes]
        from app.pki import keeping

        with opened(places, passphrase, deployed) as vault:
            if keeping.forget_credentials(vault, host):
                vault.save()
        save_deployed(places.deployed, deployed.without(*known))
    return bool(known)


def _require_shared(site: Site, kinds: Mapping[str, Kind], host: str, deployed: Deployed) -> None:
    """Refuse to forget a shared key that hosts in reach are still to get."""
    for _, node in nodes_on(site, kinds, host):
        own = deployed.node(node.kind, node.host)
        if not node.shares or own is None:
            continue
        for other in sharers(site, kinds, node.shares):
            theirs = deployed.node(other.kind, other.host)
            if theirs is None or theirs.facts != own.facts:
                raise UsageError(
                    f"{other.host} shares the key of {host}, and does not have it yet",
                    hint="`tlswright apply` brings it there; then say that it was delivered.",
                )
