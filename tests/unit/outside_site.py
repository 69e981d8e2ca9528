"""A site directory whose CA is outside, and what is asked of it there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.engine import asking, taking
from app.engine.anchoring import set_anchor
from app.engine.asking import Asked
from app.engine.taking import Taken
from app.model import Site
from app.pki.awaiting import waiting_names
from app.pki.secret import Secret
from app.pki.vault import Vault
from app.site.load import load_site
from app.site.places import Places

WORD = Secret("correct horse battery staple")
# A little later than anything that is made here begins to be valid.
NOW = datetime.now(UTC) + timedelta(hours=1)
TEXT = """\
version: 1
site: rmq
authority: {source: outside}
hosts:
  r1: {address: 198.18.7.11, names: [r1]}
  r2: {address: 198.18.7.12, names: [r2, r2.lab.test], reach: bundle}
topologies:
  - kind: rabbitmq
    roles: {node: [r1, r2]}
"""


@dataclass
class OutsideSite:
    """A site directory whose CA is outside."""

    folder: Path
    word: Secret = field(default=WORD)

    def __post_init__(self) -> None:
        Vault.create(self.places.vault, self.word, log2_n=10).close()
        self.write(TEXT)

    def write(self, text: str) -> None:
        """Write site.yaml."""
        self.places.site.write_text(text)

    @property
    def places(self) -> Places:
        """The files of the site."""
        return Places(self.folder)

    @property
    def site(self) -> Site:
        """The site as it is now."""
        return load_site(self.places.site)

    def anchor(self, *paths: Path) -> str:
        """Give the CA's own certificates."""
        return set_anchor(self.places, self.site, self.word, paths, NOW).facts.subject

    def ask(
        self, *hosts: str, new: bool = False, folder: Path | None = None, days: int = 0,
        client: str = "",
    ) -> Asked:  # fmt: skip
        """Write requests."""
        return asking.write_requests(
            self.places, self.site, self.word, NOW + timedelta(days=days), hosts=hosts,
            clients=[client] if client else [], new=new, folder=folder,
        )  # fmt: skip

    def take(self, *paths: Path) -> Taken:
        """Take certificates in, a little after they were made."""
        return taking.take(self.places, self.site, self.word, paths, NOW + timedelta(minutes=9))

    def csr(self, name: str) -> bytes:
        """Read a request."""
        return (self.folder / "requests" / f"{name}.csr").read_bytes()

    def keys(self) -> list[str]:
        """Name the requests whose keys the vault holds."""
        with Vault.open(self.places.vault, self.word) as vault:
            return sorted(waiting_names(vault))
