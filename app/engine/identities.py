"""Short-lived certificates for probes: one that everybody should accept, one that nobody should."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from app.engine.keyring import Keyring
from app.errors import PkiError
from app.pki.spec import IssueSpec
from app.verify.checks import ClientCheck, LinkCheck
from app.verify.result import Identity

if TYPE_CHECKING:
    from app.pki.credential import Credential


class Identities:
    """Issue each of them once, for a day; no host ever sees their keys.

    `trusted` says which generation of the CA the acceptor of a check accepts: while the CA is
    changed, not all hosts accept the same.  `retired` gives the newest that it accepted once and
    does not any more, 0 for none.
    """

    def __init__(
        self,
        keyring: Keyring,
        clock: Callable[[], datetime],
        trusted: Callable[[LinkCheck | ClientCheck], int],
        retired: Callable[[LinkCheck | ClientCheck], int],
    ) -> None:
        self._keyring, self._clock, self._trusted = keyring, clock, trusted
        self._retired = retired
        self._made: dict[str, Identity] = {}

    def own(self, check: LinkCheck | ClientCheck) -> Identity | None:
        """Issue a client certificate of the site's authority; None where its key is not here."""
        if check.expected.pinned:
            return None
        return self._of(self._trusted(check))

    def _of(self, generation: int) -> Identity | None:
        name = f"own g{generation}"
        if name not in self._made:
            from app.pki.authority import issue

            authority = self._keyring.authority(generation)
            if authority is None or authority.key is None:
                return None
            spec = _spec(authority.name, generation)
            self._made[name] = _identity(issue(authority, spec, self._clock()))
        return self._made[name]

    def foreign(self, check: LinkCheck | ClientCheck) -> Identity:
        """Issue a client certificate of an authority that nobody should accept.

        Best of a CA that was left behind, which a stale service would still let in.
        """
        if generation := self._retired(check):
            try:
                found = self._of(generation)
            except PkiError:  # its end has come
                found = None
            if found is not None:
                return found
        if "foreign" not in self._made:
            from app.pki.authority import create_root, issue

            root = create_root("tlswright foreign probe", 1, "ec-p256", 1, self._clock())
            self._made["foreign"] = _identity(issue(root, _spec(root.name, 1), self._clock()))
        return self._made["foreign"]


def retired(authorities: Mapping[int, str], trusted: Collection[int]) -> int:
    """Give the newest generation before those that are trusted which is refused now, 0 for none.

    A CA that was renewed with its key, or that the new one has signed, is none: what it signed goes
    on to be let in, and nothing is wrong with that.
    """
    from app.pki.paths import vouches
    from app.pki.reading import load_pem

    now = [load_pem(authorities[one].encode()) for one in trusted]
    for one in sorted((g for g in authorities if g < min(trusted, default=0)), reverse=True):
        old = load_pem(authorities[one].encode())
        if not any(vouches(new, old) for new in now):
            return one
    return 0


def _spec(issuer: str, generation: int) -> IssueSpec:
    return IssueSpec("tlswright probe", (), "client", "ec-p256", 1, issuer, generation)


def _identity(credential: Credential) -> Identity:
    from app.pki import pem

    return Identity(pem.pem_chain(credential), pem.pem_key(credential))
