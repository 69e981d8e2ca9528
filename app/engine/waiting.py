"""Keys that hosts had before and keep: they wait in the vault until their hosts have them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from app.engine import opening
from app.errors import UsageError
from app.model import Node, Site
from app.plan.adopted import OwnKey
from app.plan.deployed import Deployed
from app.plan.specs import spec_of
from app.site.places import Places

if TYPE_CHECKING:
    from app.engine.keyring import Keyring
    from app.pki.credential import Credential
    from app.pki.flaw import Flaw
    from app.pki.spec import IssueSpec
    from app.pki.vault import Vault


def own_key(node: Node) -> str:
    """Give the name under which the vault keeps the key that a node had before."""
    return f"adopted/{node.kind}"


def waiting_keys(vault: Vault, nodes: Iterable[Node], deployed: Deployed) -> dict[str, Credential]:
    """Give the keys that are not on their hosts yet, by the name of the credential."""
    from app.pki import keeping

    found = {}
    for node in nodes:
        credential = keeping.load_credential(vault, node.host, own_key(node))
        if credential is not None and not _has(deployed, node, credential):
            found[node.credential] = credential
    return found


def settle_keys(places: Places, vault: Vault, nodes: Iterable[Node]) -> None:
    """Forget each key that its host has from us, once the record says so."""
    from app.pki import keeping

    deployed, gone = opening.deployed_of(places), False
    for node in nodes:
        credential = keeping.load_credential(vault, node.host, own_key(node))
        if credential is not None and _has(deployed, node, credential):
            keeping.forget_credential(vault, node.host, own_key(node))
            gone = True
    if gone:
        vault.save()


def own_keys(
    site: Site, keyring: Keyring, nodes: Iterable[Node], deployed: Deployed, now: datetime
) -> dict[str, OwnKey]:
    """Judge every key that waits once more: names, times and the CA may have changed since."""
    found = {}
    for node in nodes:
        credential = keyring.held(node.credential)
        if credential is not None:
            spec = spec_of(site, node, deployed.node(node.kind, node.host))
            _, faults = fitted(keyring, spec, credential, now)
            found[node.credential] = OwnKey(credential.facts(), tuple(flaw.line for flaw in faults))
    return found


def fitted(
    keyring: Keyring, spec: IssueSpec, credential: Credential, now: datetime
) -> tuple[Credential, tuple[Flaw, ...]]:
    """Judge the key and chain of a host as if a CA had given them back just now.

    Gives it with the chain that it is to present.  Raises UsageError where the CA is not here.
    """
    from app.pki.judging import judge, judge_alone
    from app.pki.paths import self_signed

    if spec.self_signed:
        above = tuple(one for one in credential.chain if not self_signed(one))
        faults = judge_alone(credential.certificate, spec, now)
        return replace(credential, chain=above), faults
    authority = keyring.authority(spec.generation)
    if authority is None:
        raise UsageError(
            "the site's CA is not here yet, so that it cannot be told whose certificate this is",
            hint="`tlswright ca import FILE` or `tlswright take --anchor FILE` comes first.",
        )
    pool = (*credential.chain, authority.certificate, *authority.above)
    judged = judge(credential.certificate, spec, pool, authority.anchor, now)
    return replace(credential, chain=judged.chain), judged.faults


def _has(deployed: Deployed, node: Node, credential: Credential) -> bool:
    record = deployed.node(node.kind, node.host)
    return record is not None and record.facts == credential.facts()
