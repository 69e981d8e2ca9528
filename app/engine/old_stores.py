"""What front ends ask about stores that hosts use already, whoever made them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.engine import opening, retaining
from app.engine.adopted_files import load_adopted
from app.engine.adopting import Found, find_stores
from app.engine.gather import Say
from app.engine.journal import utc_now
from app.engine.request import Answers
from app.engine.retaining import Retained
from app.model import Site
from app.plan.adopted import Adopted
from app.site.places import Places


def _quiet(host: str, state: str, text: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class OldStores:
    """Answer for one site directory."""

    places: Places

    def find(
        self, site: Site, answers: Answers, hosts: Collection[str] = (), say: Say = _quiet
    ) -> Found:
        """Read the key stores and trust stores that hosts use now; changes nothing, keeps nothing.

        Those that the passwords in the hosts' own files open are open; needs no vault.
        """
        connector = opening.connector(answers.logins, site.hosts)
        deployed = opening.deployed_of(self.places)
        return find_stores(site, opening.kinds_of(site), connector, deployed, hosts, say)

    def keep(
        self,
        site: Site,
        answers: Answers,
        found: Found,
        *,
        trust: Collection[str] = (),
        keys: Collection[str] = (),
        alias: str = "",
    ) -> tuple[Retained, ...]:
        """Keep what some hosts trust now, and the keys of some; nothing is deployed by it."""
        return retaining.keep(
            self.places, site, answers.passphrase, found, utc_now(),
            trust=trust, keys=keys, alias=alias,
        )  # fmt: skip

    def let_go(
        self, site: Site, answers: Answers, *, trust: Collection[str], keys: Collection[str]
    ) -> tuple[str, ...]:
        """Keep no longer what some hosts trusted, or the keys of some; gives those that had it."""
        return retaining.let_go(self.places, site, answers.passphrase, trust=trust, keys=keys)

    def trusted(self, site: Site) -> Adopted:
        """Give what hosts trusted before and go on to trust."""
        return load_adopted(self.places, site, opening.kinds_of(site))

    def keys(self, site: Site, answers: Answers) -> frozenset[str]:
        """Give the hosts whose own keys wait in the vault for the next run."""
        return retaining.kept_keys(self.places, site, answers.passphrase)
