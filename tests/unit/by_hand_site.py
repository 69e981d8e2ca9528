"""Sites with hosts that a person brings files to, and what is made for them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.engine import delivering, handover
from app.engine.handover import HandOver
from app.engine.record import load_deployed
from app.model import Site
from app.pki.secret import Secret
from app.pki.vault import Vault
from app.plan.deployed import DeployedNode
from app.site.load import parse_site
from app.site.places import Places

NOW = datetime(2026, 5, 4, 12, 34, 56, tzinfo=UTC)
WORD = Secret("correct horse battery staple")

CLUSTER = """\
version: 1
site: rmq
hosts:
  r1: {address: 198.18.7.11, names: [r1]}
  r2: {address: 198.18.7.12, names: [r2, r2.lab.test], reach: bundle}
  win: {address: 198.18.7.13, names: [win], reach: bundle, system: windows}
topologies:
  - kind: rabbitmq
    roles: {node: [r1, r2, win]}
    nodes: {win: {windows_user: John Smith}}
"""
BROKERS = """\
version: 1
site: amq
hosts:
  hub: {address: 198.18.7.11, names: [hub.amq.test]}
  far: {address: 198.18.7.12, names: [far.amq.test], reach: bundle}
topologies:
  - kind: activemq
    roles: {hub: [hub], spoke: [far]}
"""


@dataclass
class ByHand:
    """A site directory with a vault, and the bundles that were made in it."""

    folder: Path
    text: str = CLUSTER
    word: Secret = field(default=WORD)

    def __post_init__(self) -> None:
        Vault.create(self.places.vault, self.word, log2_n=10).close()

    @property
    def places(self) -> Places:
        """The files of the site."""
        return Places(self.folder)

    @property
    def site(self) -> Site:
        """The site as its text has it now."""
        return parse_site(self.text, "site.yaml")

    def export(
        self, host: str, now: datetime = NOW, *, new: bool = False, password: Secret | None = None
    ) -> HandOver:
        """Make a bundle."""
        return handover.export_bundle(
            self.places, self.site, host, self.word, now, new=new, password=password
        )

    def deliver(self, host: str) -> bool:
        """Say that it was installed."""
        return delivering.mark_delivered(self.places, self.site, host, self.word)

    def record(self, host: str) -> DeployedNode:
        """Give what is recorded of a host."""
        (found,) = (
            one for one in load_deployed(self.places.deployed).nodes.values() if one.host == host
        )
        return found

    def kept(self) -> list[str]:
        """Name the credentials that the vault keeps."""
        with Vault.open(self.places.vault, self.word) as vault:
            names = vault.keys()
            return [name for name in names if name.startswith("credential/")]


def files(made: HandOver) -> dict[str, bytes]:
    """Give the files of a bundle that is not encrypted, without its folder."""
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
