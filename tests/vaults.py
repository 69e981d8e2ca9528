"""Vaults for tests of other things: a key that is derived in a millisecond."""

from __future__ import annotations

from pathlib import Path

from app.pki.secret import Secret
from app.pki.vault import Vault

LOG2_N = 10
"""New vaults have 17, 0.4 s of a core at each opening; each vault says itself what it has."""


def make_cheap(site: Path, passphrase: str) -> None:
    """Put an empty vault where a site has it or will have it, which opens fast."""
    site.mkdir(exist_ok=True)
    Vault.create(site / "vault", Secret(passphrase), log2_n=LOG2_N).close()


def cheapen(site: Path, passphrase: str) -> None:
    """Put what a site's vault holds into one that opens fast."""
    path = site / "vault"
    with Vault.open(path, Secret(passphrase)) as old:
        names = old.keys()
        items = {name: old.get(name) or b"" for name in names}
    path.unlink()
    with Vault.create(path, Secret(passphrase), log2_n=LOG2_N) as new:
        for name, value in items.items():
            new.put(name, value)
        new.save()
