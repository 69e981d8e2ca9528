"""Write a client's credential: key, certificate, and the CA, for whatever is none of the hosts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.errors import UsageError
from app.export.files import write_new
from app.model import Site
from app.pki.names import COMMON_NAME_MAX
from app.pki.spec import IssueSpec

if TYPE_CHECKING:
    from app.pki.credential import Credential
    from app.pki.vault import Vault


def client_spec(site: Site, name: str) -> IssueSpec:
    """Say which credential a client of this name is to have.

    Raises UsageError for a name that cannot be a subject, and under pinned trust, where a client
    would have to be imported into every host's store.
    """
    spec = site.authority
    if spec.trust != "ca":
        raise UsageError(
            "with pinned trust there is no CA that the hosts would accept a client by",
            hint="Choose trust by CA where clients use TLS too.",
        )
    if not 1 <= len(name) <= COMMON_NAME_MAX or not name.isprintable():
        raise UsageError("a client's name has 1 to 64 printable characters")
    issuer = spec.name or site.name
    return IssueSpec(name, (), "client", spec.key_type, spec.leaf_days, issuer, spec.generation)


def export_client(
    site: Site,
    vault: Vault,
    name: str,
    folder: Path,
    now: datetime,
    signed: Credential | None = None,
    others: Mapping[int, str] = MappingProxyType({}),
) -> tuple[Path, ...]:
    """Issue a credential for a client and write it to a new folder of mode 0700.

    One that others have `signed` is written as it is.  `others` are certificates (PEM) of further
    generations of the CA that hosts have certificates of, while the CA is changed.
    The folder holds PEM (key, certificate, CA) and PKCS12 stores for Java with their password in
    a file of its own.  Raises UsageError under pinned trust, where a client would have to be
    imported into every host's store, and where the folder exists.
    """
    from app.pki import keeping, pem, stores
    from app.pki.authority import issue
    from app.pki.passwords import new_password
    from app.pki.pem import read_bundle

    wanted = client_spec(site, name)
    alias = name.lower() if all(c.isalnum() or c in "._-" for c in name.lower()) else "client"
    authority = keeping.load_authority(vault, wanted.issuer, wanted.generation)
    credential = signed or issue(authority, wanted, now)
    password = new_password()
    more = {f"ca-g{g}": read_bundle(text.encode())["cert-1"] for g, text in others.items()}
    trusted = {"ca": authority.anchor_der, **more}
    files = {
        "client.key.pem": pem.pem_key(credential),
        "client.cert.pem": pem.pem_chain(credential),
        "ca.pem": b"".join(pem.pem_cert(der) for der in trusted.values()),
        "client.p12": stores.key_store(credential, "PKCS12", password, alias),
        "trust.p12": stores.trust_store(trusted, "PKCS12", password),
        "password": f"{password.reveal()}\n".encode(),
    }
    return _write(folder, files)


def _write(folder: Path, files: dict[str, bytes]) -> tuple[Path, ...]:
    try:
        folder.mkdir(mode=0o700, parents=False)
    except FileExistsError:
        raise UsageError(
            f"{folder} exists already", hint="Name another folder: --out FOLDER."
        ) from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from error
    try:
        return tuple(write_new(folder / name, data) for name, data in files.items())
    except OSError as error:
        # A part of it would hold a key and be of no use.
        shutil.rmtree(folder, ignore_errors=True)
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}") from error
