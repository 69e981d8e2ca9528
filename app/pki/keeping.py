"""What the vault keeps of the PKI: authorities, store passwords, keys that wait for delivery."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import cast, get_args
from urllib.parse import quote

from app.errors import PkiError
from app.model import Source
from app.pki.authority import Authority
from app.pki.credential import Credential, matches
from app.pki.keys import load_private_der, private_der
from app.pki.passwords import new_password
from app.pki.reading import der, load_der
from app.pki.secret import Secret
from app.pki.vault import Vault


def store_authority(vault: Vault, authority: Authority) -> None:
    """Put one generation into the vault; call `save` before anything it signed leaves.

    Raises PkiError rather than replace a generation by another key.
    """
    key = _authority_key(authority.name, authority.generation)
    if vault.get(key) is not None:
        kept = load_authority(vault, authority.name, authority.generation)
        if (kept.certificate, kept.above) == (authority.certificate, authority.above):
            return
        raise PkiError(
            f"the vault already holds {authority.name!r} g{authority.generation}",
            hint="A new key is a new generation.",
        )
    parts = {
        "key": b"" if authority.key is None else private_der(authority.key),
        "certificate": authority.cert_der,
        "source": authority.source.encode(),
    }
    parts |= {f"above {n}": der(one) for n, one in enumerate(authority.above)}
    vault.put(key, _packed(parts))


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
    parts = _unpacked(data, where, "key", "certificate")
    source = parts.pop("source", b"own").decode()
    if source not in get_args(Source):
        raise PkiError("the record in the vault is of a newer version", where=where)
    key = parts.pop("key")
    authority = Authority(
        name,
        generation,
        load_der(parts.pop("certificate"), where=where),
        load_private_der(key, where=where, sealed=True) if key else None,
        tuple(load_der(parts[name], where=where) for name in sorted(parts)),
        cast(Source, source),
    )
    if authority.key is not None and not matches(authority.certificate, authority.key):
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


def store_credential(vault: Vault, host: str, name: str, credential: Credential) -> None:
    """Keep a credential of a host until it is delivered there; one that is kept is replaced."""
    parts = {"key": private_der(credential.key), "certificate": credential.cert_der}
    parts |= {f"chain {n}": der(one) for n, one in enumerate(credential.chain)}
    vault.put(_credential_key(host, name), _packed(parts))


def load_credential(vault: Vault, host: str, name: str) -> Credential | None:
    """Return a credential that waits for delivery, None when there is none.

    Raises PkiError when it is not whole.
    """
    where = f"the credential {name!r} of {host} in the vault"
    data = vault.get(_credential_key(host, name))
    if data is None:
        return None
    parts = _unpacked(data, where, "key", "certificate")
    key, certificate = parts.pop("key"), parts.pop("certificate")
    credential = Credential(
        load_der(certificate, where=where), load_private_der(key, where=where, sealed=True),
        tuple(load_der(parts[name], where=where) for name in sorted(parts)),
    )  # fmt: skip
    if not credential.key_matches:
        raise PkiError("the key does not belong to the certificate", where=where)
    return credential


def forget_credential(vault: Vault, host: str, name: str) -> None:
    """Remove one credential of a host."""
    vault.delete(_credential_key(host, name))


def forget_credentials(vault: Vault, host: str) -> bool:
    """Remove every credential that waits for delivery to a host; False when there is none."""
    names = vault.keys()
    kept = [key for key in names if key.startswith(_credential_key(host, ""))]
    for key in kept:
        vault.delete(key)
    return bool(kept)


def _packed(parts: Mapping[str, bytes]) -> bytes:
    return json.dumps({k: base64.b64encode(data).decode() for k, data in parts.items()}).encode()


def _unpacked(data: bytes, where: str, *needed: str) -> dict[str, bytes]:
    """Read what `_packed` wrote; raises PkiError when it is damaged or lacks a part."""
    try:
        parts = {k: base64.b64decode(v, validate=True) for k, v in json.loads(data).items()}
    except (ValueError, TypeError, AttributeError):
        parts = {}
    if not all(name in parts for name in needed):
        raise PkiError("the record in the vault is damaged", where=where)
    return parts


def _credential_key(host: str, name: str) -> str:
    return f"credential/{quote(host, safe='')}/{quote(name, safe='')}"


def _authority_key(name: str, generation: int) -> str:
    return f"authority/{quote(name, safe='')}/g{generation}"


def _password_key(host: str, store: str) -> str:
    return f"password/{quote(host, safe='')}/{quote(store, safe='')}"
