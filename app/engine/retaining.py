"""Keep of a host's old stores what the user chooses: what it trusts, or its own key.

What it trusts is public: it lies in `adopted/KIND/HOST.pem` beside site.yaml.  Its key goes into
the vault, waits there for the next `apply`, and is forgotten once its host has it from us.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.engine import opening
from app.engine.adopted_files import adopted_path, drop_adopted, load_adopted, write_adopted
from app.engine.adopting import Found, FoundStore
from app.engine.asking import nodes_of, opened
from app.engine.waiting import fitted, own_key, waiting_keys
from app.errors import PkiError, PreflightError, UsageError
from app.model import Site
from app.pki.secret import Secret
from app.plan.adopted import MOST_KEPT, KeptCertificate, alias_of, kept_text
from app.plan.deployed import Deployed
from app.plan.specs import spec_of
from app.site.lock import site_lock
from app.site.places import Places

if TYPE_CHECKING:
    from app.pki.adopted import Entry
    from app.pki.credential import Credential
    from app.pki.vault import Vault

NEW_INSTEAD = "Leave it out: without --keep key a new key and certificate are made."


@dataclass(frozen=True, slots=True)
class Retained:
    """Say what is kept of one host: certificates that it trusts, the subject of its own key."""

    host: str
    trust: tuple[KeptCertificate, ...] = ()
    key: str = ""


def keep(
    places: Places,
    site: Site,
    passphrase: Secret | None,
    found: Found,
    now: datetime,
    *,
    trust: Collection[str] = (),
    keys: Collection[str] = (),
    alias: str = "",
) -> tuple[Retained, ...]:
    """Keep what hosts trust, and the keys of hosts; nothing is kept where one of them is refused.

    `alias` names the key of a store that holds several.  Raises GivenError for a store that was not
    opened, UsageError where there is nothing to keep, PreflightError that says all that is wrong
    with a key.
    """
    from app.pki import keeping

    kinds = opening.kinds_of(site)
    taken = {old[0].host: (old[0], _trusted(old)) for old in _stores(found, "trust", trust)}
    chosen = {old[0].host: (old[0], _entry(old[0], alias)) for old in _stores(found, "key", keys)}
    with site_lock(places, "adopt"):
        deployed = opening.deployed_of(places)
        if chosen:
            with opened(places, passphrase, deployed) as vault:
                made = {
                    host: (one.node, _fitting(site, vault, deployed, one, entry, now))
                    for host, (one, entry) in chosen.items()
                }
                for node, credential in made.values():
                    keeping.store_credential(vault, node.host, own_key(node), credential)
                vault.save()
        for one, kept in taken.values():
            write_adopted(adopted_path(places, one.node), kept_text(one.host, kept))
    adopted = load_adopted(places, site, kinds)
    return tuple(
        Retained(
            node.host,
            adopted.get(f"{node.kind}/{node.host}", ()),
            chosen[node.host][1].facts.subject if node.host in chosen else "",
        )
        for node in nodes_of(site, kinds)
        if node.host in taken or node.host in chosen
    )


def let_go(
    places: Places,
    site: Site,
    passphrase: Secret | None,
    *,
    trust: Collection[str],
    keys: Collection[str],
) -> tuple[str, ...]:
    """Keep no longer what hosts trusted, or their keys; gives those of which it was kept."""
    from app.pki import keeping

    gone = []
    nodes = nodes_of(site, opening.kinds_of(site))
    with site_lock(places, "adopt"):
        for node in nodes:
            if node.host in trust and drop_adopted(adopted_path(places, node)):
                gone.append(node.host)
        if keys and places.vault.exists():
            with opened(places, passphrase, opening.deployed_of(places)) as vault:
                for node in nodes:
                    known = keeping.load_credential(vault, node.host, own_key(node))
                    if node.host in keys and known is not None:
                        keeping.forget_credential(vault, node.host, own_key(node))
                        gone.append(node.host)
                vault.save()
    return tuple(dict.fromkeys(gone))


def kept_keys(places: Places, site: Site, passphrase: Secret | None) -> frozenset[str]:
    """Give the hosts whose own keys wait in the vault; none where there is no vault yet."""
    deployed = opening.deployed_of(places)
    vault = opening.open_vault(places, passphrase, deployed, write=False)
    if vault is None:
        return frozenset()
    with vault:
        nodes = nodes_of(site, opening.kinds_of(site))
        held = waiting_keys(vault, nodes, deployed)
        return frozenset(node.host for node in nodes if node.credential in held)


def _stores(found: Found, role: str, hosts: Collection[str]) -> Iterator[list[FoundStore]]:
    """Give the old stores of one role, for each of the hosts that are named.

    One that uses several files of certificates has as many.
    """
    for host in hosts:
        mine = [one for one in found.stores if one.host == host and one.role == role]
        if host in found.errors:
            raise found.errors[host]
        if not mine:
            notes = [text for name, text in found.notes if name == host]
            what = notes[0] if notes else f"its configuration names no {role} store"
            raise UsageError(f"{host}: {what}", hint="There is nothing to keep of it.")
        old = [one for one in mine if not one.own and not one.aside]
        one = (old or mine)[0]
        if not old and one.aside and not one.own:
            raise UsageError(f"{one.place}: {one.aside}", hint="There is nothing to keep of it.")
        if one.own:
            raise UsageError(
                f"{one.place} is the {role} store that this site put there",
                hint="There is nothing older to keep: only before the first apply, or after a "
                "rollback, the configuration names other stores.",
            )
        for closed in (one for one in old if one.opened is None):
            error = closed.error
            assert error is not None, "a store that was not opened says why"
            if closed.locked and not error.hint:
                error.hint = "Give --store-password-file FILE with its password."
            raise error
        yield old


def _trusted(old: Sequence[FoundStore]) -> tuple[KeptCertificate, ...]:
    """Give what trust stores trust: Java counts the first certificate of a key there too.

    Of files of certificates those of CAs count.
    """
    from app.pki.pem import pem_cert
    from app.pki.reading import der

    one, kept, known = old[0], dict[str, KeptCertificate](), set[bytes]()
    entries = [entry for each in old if each.opened for entry in each.opened.entries]
    for entry in sorted(entries, key=lambda e: e.kind != "trusted"):
        data = der(entry.certificate)
        if data not in known and not (entry.kind == "trusted" and entry.problem):
            alias = alias_of(entry.alias, kept)
            kept[alias] = KeptCertificate(alias, pem_cert(data).decode())
            known.add(data)
    if not kept:
        raise UsageError(f"{one.place} trusts nobody", hint="There is nothing to keep of it.")
    if len(kept) > MOST_KEPT:
        raise UsageError(
            f"{one.place} trusts {len(kept)} certificates, as Java's own list of public CAs does",
            hint="Whoever has a certificate of any of those would be let in: make a store of the "
            "few that peers need, or leave it out.",
        )
    return tuple(kept.values())


def _entry(one: FoundStore, alias: str) -> Entry:
    assert one.opened is not None
    keys = [entry for entry in one.opened.entries if entry.kind == "key"]
    named = [entry for entry in keys if not alias or entry.alias == alias]
    if len(named) == 1:
        return named[0]
    names = ", ".join(entry.alias or "(no name)" for entry in keys) or "none"
    raise UsageError(
        f"{one.place} has no key {alias!r}" if alias and keys
        else f"{one.place} holds {len(keys)} keys" if keys else f"{one.place} holds no key",
        hint=f"There is {names}: --alias ALIAS says which.",
    )  # fmt: skip


def _fitting(
    site: Site, vault: Vault, deployed: Deployed, one: FoundStore, entry: Entry, now: datetime
) -> Credential:
    """Give the key and chain of a host; raises PreflightError with all that forbids their use."""
    from app.engine.keyring import Keyring

    where = f"{one.place}, {entry.alias or 'its key'}"
    try:
        credential = entry.credential
    except PkiError as error:
        raise PreflightError(f"{where}: {error.text}", hint=NEW_INSTEAD) from None
    if one.node.shares:
        raise PreflightError(f"{where}: the site gives its hosts a shared key", hint=NEW_INSTEAD)
    spec = spec_of(site, one.node, deployed.node(one.node.kind, one.host))
    credential, faults = fitted(Keyring(site, vault), spec, credential, now)
    if faults:
        raise PreflightError(
            f"{where}: this key and certificate cannot be kept",
            problems=tuple(flaw.line for flaw in faults),
            hint=NEW_INSTEAD,
        )
    return credential
