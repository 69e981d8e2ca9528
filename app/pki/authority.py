"""Make an authority, and credentials: signed by it, or by themselves for pinned trust."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509

from app.errors import PkiError
from app.model import Source
from app.pki import profiles
from app.pki.credential import Credential
from app.pki.facts import CertificateFacts, authority_subject
from app.pki.keys import PrivateKey, new_key
from app.pki.names import COMMON_NAME_MAX
from app.pki.reading import der, facts_of
from app.pki.spec import IssueSpec, KeyType


@dataclass(frozen=True, slots=True)
class Authority:
    """Hold one generation of an authority: the certificates that lead to it, perhaps its key.

    `certificate` is that of the issuing CA, `above` those over it in the order in which one signed
    the other, the anchor last: empty where the issuing CA is itself what hosts trust.  `key` never
    leaves us; None where others sign.
    """

    name: str
    generation: int
    certificate: x509.Certificate
    key: PrivateKey | None = field(repr=False)
    above: tuple[x509.Certificate, ...] = ()
    source: Source = "own"

    @property
    def anchor(self) -> x509.Certificate:
        """Return the certificate that trust stores hold: the root."""
        return (self.certificate, *self.above)[-1]

    @property
    def presented(self) -> tuple[x509.Certificate, ...]:
        """Return what goes with every leaf: the issuing CA and those above it, never the anchor."""
        return (self.certificate, *self.above)[:-1]

    @property
    def cert_der(self) -> bytes:
        """Return the issuing CA's DER bytes."""
        return der(self.certificate)

    @property
    def anchor_der(self) -> bytes:
        """Return the anchor's DER bytes, as trust stores take them."""
        return der(self.anchor)

    def signing_key(self) -> PrivateKey:
        """Return the key; raises PkiError where others sign."""
        if self.key is None:
            raise PkiError(f"the key of {self.name!r} g{self.generation} is not here: others sign")
        return self.key

    def facts(self) -> CertificateFacts:
        """Return what is recorded of the anchor."""
        return facts_of(self.anchor_der)


def create_root(
    name: str, generation: int, key_type: KeyType, days: int, now: datetime
) -> Authority:
    """Make a new root whose name carries the generation; `now` is aware, `days` its life.

    Raises PkiError for a name that does not fit into a common name.
    """
    if generation < 1 or not 1 <= days <= 36_500:
        raise PkiError(f"an authority of generation {generation} for {days} days cannot be made")
    subject = authority_subject(name, generation)
    if not name.strip() or not name.isprintable() or len(subject) > COMMON_NAME_MAX:
        raise PkiError(
            f"the authority's name {name!r} is empty, too long or not printable",
            hint=f"At most {COMMON_NAME_MAX - len(subject) + len(name)} characters.",
        )
    key = new_key(key_type)
    start, end, _ = profiles.clip(_utc(now), days)
    return Authority(name, generation, profiles.root(subject, key, (start, end)), key)


def issue(authority: Authority, spec: IssueSpec, now: datetime) -> Credential:
    """Make a key and have the authority sign its certificate.

    A life beyond the end of any certificate above is clipped, and `Credential.clipped` says so.
    Raises PkiError where the spec is meant for another authority, or the authority is not valid
    now, or its key is not here.
    """
    if spec.self_signed or (spec.issuer, spec.generation) != (authority.name, authority.generation):
        asked = "itself" if spec.self_signed else f"{spec.issuer!r} g{spec.generation}"
        raise PkiError(
            f"{spec.subject} is to be signed by {asked}, "
            f"not by {authority.name!r} g{authority.generation}"
        )
    signing_key = authority.signing_key()
    moment, within = _utc(now), _life(authority)
    if not within[0] <= moment < within[1]:
        raise PkiError(
            f"the authority {authority.name!r} g{authority.generation} is valid from "
            f"{within[0]:%Y-%m-%d %H:%M} to {within[1]:%Y-%m-%d %H:%M} UTC, not now",
            hint="Check this machine's clock, or make a new generation of the authority.",
        )
    key = new_key(spec.key_type)
    start, end, clipped = profiles.clip(moment, spec.days, within)
    made = profiles.leaf(spec, key, (start, end), authority.certificate, signing_key)
    return Credential(made, key, authority.presented, clipped=clipped)


def self_sign(spec: IssueSpec, now: datetime) -> Credential:
    """Make a key and a certificate signed by itself, for peers that pin each other."""
    if not spec.self_signed:
        raise PkiError(f"{spec.subject} is to be signed by {spec.issuer!r}, not by itself")
    key = new_key(spec.key_type)
    start, end, _ = profiles.clip(_utc(now), spec.days)
    return Credential(profiles.self_signed(spec, key, (start, end)), key)


def _life(authority: Authority) -> tuple[datetime, datetime]:
    """Give the time in which every certificate from the issuing CA to the anchor is valid."""
    path = (authority.certificate, *authority.above)
    starts = (certificate.not_valid_before_utc for certificate in path)
    return max(starts), min(certificate.not_valid_after_utc for certificate in path)


def _utc(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    return now.astimezone(UTC)
