"""Keys that wait in the vault for the certificate of an outside CA."""

from __future__ import annotations

from urllib.parse import quote, unquote

from app.pki.keys import PrivateKey, load_private_der, private_der
from app.pki.vault import Vault

_PREFIX = "request/"


def store_key(vault: Vault, name: str, key: PrivateKey) -> None:
    """Keep the key of a request; that of an older request of the same name is forgotten."""
    vault.put(_name(name), private_der(key))


def load_key(vault: Vault, name: str) -> PrivateKey | None:
    """Return the key of a request, None when the vault does not hold it."""
    data = vault.get(_name(name))
    where = f"the key of the request for {name} in the vault"
    return None if data is None else load_private_der(data, where=where, sealed=True)


def forget_key(vault: Vault, name: str) -> None:
    """Remove the key of a request: it was delivered, or nobody wants it any more."""
    vault.delete(_name(name))


def waiting_names(vault: Vault) -> tuple[str, ...]:
    """Return the names of the credentials whose keys wait."""
    names = vault.keys()
    return tuple(unquote(n.removeprefix(_PREFIX)) for n in names if n.startswith(_PREFIX))


def _name(name: str) -> str:
    return f"{_PREFIX}{quote(name, safe='')}"
