"""What of the PKI is kept in the vault: authority generations and store passwords."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

from app.errors import PkiError
from app.pki.authority import Authority
from app.pki.credential import matches
from app.pki.keys import load_private_der, private_der
from app.pki.passwords import new_password
from app.pki.reading import load_der
from app.pki.secret import Secret
from app.pki.vault import Vault


def store_authority(vault: Vault, authority: Authority) -> None:
    """Put one generation into the vault; call `save` before anything it signed leaves.

    Raises PkiError rather than replace a generation by another key.
    """
    key = _authority_key(authority.name, authority.generation)
    if vault.get(key) is not None:
        kept = load_authority(vault, authority.name, authority.generation)
        if kept.cert_der == authority.cert_der:
            return
        raise PkiError(
            f"the vault already holds {authority.name!r} g{authority.generation}",
            hint="A new key is a new generation.",
        )
    parts = {"key": private_der(authority.key), "certificate": authority.cert_der}
    text = json.dumps({name: base64.b64encode(data).decode() for name, data in parts.items()})
    vault.put(key, text.encode())


def load_authority(vault: Vault, name: str, generation: int) -> Authority:
    """Return one generation; raises PkiError when the vault does not hold it whole."""
    where = f"authority {name!r} g{generation}"
    data = vault.get(_authority_key(name, generation))
    if data is None:
        raise PkiError(
            "the vault does not hold this authority",
            where=where,
            hint="Check the authority's name in site.yaml: its key is kept under that name.",
        )
    try:
        parts = {k: base64.b64decode(v, validate=True) for k, v in json.loads(data).items()}
        key, certificate = parts["key"], parts["certificate"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PkiError("the authority's record in the vault is damaged", where=where) from None
    authority = Authority(
        name,
        generation,
        load_der(certificate, where=where),
        load_private_der(key, where=where),
    )
    if not matches(authority.certificate, authority.key):
        raise PkiError("the authority's key does not belong to its certificate", where=where)
    return authority


def authority_generations(vault: Vault, name: str) -> tuple[int, ...]:
    """Return the generations that the vault holds, oldest first."""
    prefix = f"authority/{quote(name, safe='')}/g"
    names = vault.keys()
    found = (key.removeprefix(prefix) for key in names if key.startswith(prefix))
    return tuple(sorted(int(text) for text in found if text.isdecimal()))


def forget_authority(vault: Vault, name: str, generation: int) -> None:
    """Remove one generation, once no store trusts it any more."""
    vault.delete(_authority_key(name, generation))


def store_password(vault: Vault, host: str, store: str, password: Secret) -> None:
    """Keep the password of one store on one host."""
    vault.put(_password_key(host, store), password.reveal().encode())


def password(vault: Vault, host: str, store: str) -> Secret | None:
    """Return the password of one store on one host, None when there is none yet."""
    data = vault.get(_password_key(host, store))
    return None if data is None else Secret(data.decode())


def password_for(
    vault: Vault, host: str, store: str, make: Callable[[], Secret] = new_password
) -> Secret:
    """Return the kept password, or make one and put it in the vault, still to be saved."""
    kept = password(vault, host, store)
    if kept is None:
        kept = make()
        store_password(vault, host, store, kept)
    return kept


def forget_password(vault: Vault, host: str, store: str) -> None:
    """Remove the password of a store that is gone."""
    vault.delete(_password_key(host, store))


def _authority_key(name: str, generation: int) -> str:
    return f"authority/{quote(name, safe='')}/g{generation}"


def _password_key(host: str, store: str) -> str:
    return f"password/{quote(host, safe='')}/{quote(store, safe='')}"
