"""Make an authority of what somebody hands us: find its key and its path, and judge both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from app.errors import GivenError, PkiError
from app.pki.authority import Authority
from app.pki.credential import matches
from app.pki.facts import CertificateFacts
from app.pki.flaw import Flaw, short
from app.pki.flaws import path_flaws
from app.pki.given import Given
from app.pki.keys import PrivateKey, supported
from app.pki.names import San
from app.pki.paths import best_path
from app.pki.reading import der, facts_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold a CA that may be imported: its path, the issuing CA first, its key, and what hurts.

    `unused` are the certificates that were given and are no part of the path.
    """

    path: tuple[x509.Certificate, ...]
    key: PrivateKey = field(repr=False)
    flaws: tuple[Flaw, ...] = ()
    unused: tuple[x509.Certificate, ...] = ()

    @property
    def facts(self) -> tuple[CertificateFacts, ...]:
        """Give what is shown of each certificate, the issuing CA first and the root last."""
        return tuple(facts_of(der(one)) for one in self.path)

    @property
    def usable(self) -> bool:
        """Tell whether nothing forbids it."""
        return not any(flaw.fatal for flaw in self.flaws)

    def authority(self, name: str, generation: int) -> Authority:
        """Give it as a generation of the site's authority; raises GivenError that says all."""
        fatal = [flaw for flaw in self.flaws if flaw.fatal]
        if fatal:
            raise GivenError(
                f"this CA cannot be used: {fatal[0].what}",
                hint=fatal[0].remedy,
                problems=tuple(f"{flaw.line} {flaw.remedy}" for flaw in fatal),
            )
        first, *above = self.path
        return Authority(name, generation, first, self.key, tuple(above), "imported")


def examine(
    given: Given,
    now: datetime,
    *,
    names: Sequence[San] = (),
    leaf_days: int = 0,
    notes: Sequence[Flaw] = (),
    where: str = "",
) -> Candidate:
    """Find the CA among what was given, and judge it.

    `names` are those that its leaves are to hold, `leaf_days` their life; `notes` are flaws that
    are known already, of the files themselves.  Raises GivenError where there is no certificate, no
    key, or none of the certificates belongs to the key.
    """
    if not given.certificates:
        raise GivenError(
            "there is a private key, but no certificate",
            where=where,
            hint="Give the CA's certificate, with those above it.",
        )
    if not given.keys:
        raise GivenError(
            f"there is no private key beside the certificate of {short(given.certificates[0])}",
            where=where,
            hint="Name the file that holds it: --ca-key FILE.",
        )
    key, first = _keyed(given, where)
    path = best_path(first, given.certificates)
    unused = tuple(one for one in given.certificates if one not in path)
    left = tuple(
        Flaw(
            False, f"{short(one)} is no part of the CA's path",
            "It is left out.", "",
        )
        for one in unused
        if one not in first
    )  # fmt: skip
    judged = path_flaws(path, now, names, leaf_days)
    return Candidate(path, key, (*judged, *notes, *left), unused)


def _keyed(given: Given, where: str) -> tuple[PrivateKey, list[x509.Certificate]]:
    """Give the key that belongs to a certificate, and those that it belongs to."""
    for found in given.keys:
        try:
            key = supported(found, where=where)
        except PkiError as error:
            raise GivenError(error.text, where=where, hint=error.hint) from None
        first = [one for one in given.certificates if _belongs(one, key)]
        if first:
            return key, first
    names = ", ".join(short(one) for one in given.certificates[:3])
    raise GivenError(
        f"the private key does not belong to {names}",
        where=where,
        hint="Give the key that was made with the CA's certificate: `openssl x509 -noout -pubkey` "
        "and `openssl pkey -pubout` show the same for both.",
    )


def _belongs(one: x509.Certificate, key: PrivateKey) -> bool:
    try:
        return matches(one, key)
    except Exception:  # a public key of a kind that is not known here
        return False
