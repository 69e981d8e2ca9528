"""Short-lived certificates for probes: one that everybody should accept, one that nobody should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from app.engine.keyring import Keyring
from app.pki.spec import IssueSpec
from app.verify.checks import ClientCheck, LinkCheck
from app.verify.result import Identity

if TYPE_CHECKING:
    from app.pki.credential import Credential


class Identities:
    """Issue each of them once, for a day; no host ever sees their keys."""

    def __init__(self, keyring: Keyring, clock: Callable[[], datetime]) -> None:
        self._keyring, self._clock = keyring, clock
        self._made: dict[str, Identity] = {}

    def own(self, check: LinkCheck | ClientCheck) -> Identity | None:
        """Issue a client certificate of the site's authority; None where its key is not here."""
        if check.expected.pinned:
            return None
        if "own" not in self._made:
            from app.pki.authority import issue

            authority = self._keyring.ensure_authority(self._clock())
            if authority is None or authority.key is None:
                return None
            spec = _spec(authority.name, authority.generation)
            self._made["own"] = _identity(issue(authority, spec, self._clock()))
        return self._made["own"]

    def foreign(self, check: LinkCheck | ClientCheck) -> Identity:
        """Issue a client certificate of an authority that nobody should accept."""
        if "foreign" not in self._made:
            from app.pki.authority import create_root, issue

            root = create_root("tlswright foreign probe", 1, "ec-p256", 1, self._clock())
            self._made["foreign"] = _identity(issue(root, _spec(root.name, 1), self._clock()))
        return self._made["foreign"]


def _spec(issuer: str, generation: int) -> IssueSpec:
    return IssueSpec("tlswright probe", (), "client", "ec-p256", 1, issuer, generation)


def _identity(credential: Credential) -> Identity:
    from app.pki import pem

    return Identity(pem.pem_chain(credential), pem.pem_key(credential))
