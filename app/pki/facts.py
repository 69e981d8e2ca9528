"""What is known of an issued certificate, as plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.errors import PkiError
from app.pki.names import San

_GENERATION = re.compile(r" CA g([1-9][0-9]*)$")


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """Hold what status, plans and the deployed record say of one certificate.

    `subject` and `issuer` are RFC 4514 strings (`CN=hub.example.com`), `serial_hex` and `sha256`
    lower-case hex without colons, times aware and in UTC.  `generation` is that of the authority
    which signed it, None where its issuer's name carries none (foreign or self-signed).
    """

    subject: str
    issuer: str
    serial_hex: str
    sha256: str
    not_before: datetime
    not_after: datetime
    sans: tuple[San, ...]
    generation: int | None
    key_type: str

    @property
    def common_name(self) -> str:
        """Return the subject's CN when it is all there is, otherwise the whole subject."""
        return self.subject.removeprefix("CN=")

    @property
    def self_signed(self) -> bool:
        """Tell whether the certificate names itself as its issuer."""
        return self.subject == self.issuer

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON; `from_dict` reads them back."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "serial": self.serial_hex,
            "sha256": self.sha256,
            "not_before": self.not_before.isoformat(),
            "not_after": self.not_after.isoformat(),
            "sans": [str(san) for san in self.sans],
            "generation": self.generation,
            "key_type": self.key_type,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> CertificateFacts:
        """Read facts back; raises PkiError when a field is missing or malformed."""
        generation = data.get("generation")
        sans = data.get("sans")
        if not isinstance(sans, list) or not (generation is None or type(generation) is int):
            raise _damaged("sans" if not isinstance(sans, list) else "generation")
        return cls(
            subject=_text(data, "subject"),
            issuer=_text(data, "issuer"),
            serial_hex=_text(data, "serial"),
            sha256=_text(data, "sha256"),
            not_before=_time(data, "not_before"),
            not_after=_time(data, "not_after"),
            sans=tuple(_recorded_san(str(san)) for san in sans),
            generation=generation,
            key_type=_text(data, "key_type"),
        )


def authority_subject(name: str, generation: int) -> str:
    """Return the common name of one generation of an authority.

    It is unique per generation: two authorities of one name confuse path building.
    """
    return f"{name} CA g{generation}"


def generation_of(issuer: str) -> int | None:
    """Read the generation back from an issuer's name, None when it has none."""
    found = _GENERATION.search(issuer)
    return int(found[1]) if found else None


def _recorded_san(text: str) -> San:
    # Foreign certificates hold names that we would not issue: keep them as they are.
    kind, _, value = text.partition(":")
    return San("ip" if kind == "ip" else "dns", value)


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        raise _damaged(key)
    return value


def _time(data: Mapping[str, object], key: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(data, key))
    except ValueError:
        raise _damaged(key) from None
    if moment.tzinfo is None:
        raise _damaged(key)
    return moment.astimezone(UTC)


def _damaged(key: str) -> PkiError:
    return PkiError(
        f"the recorded certificate has no valid {key!r}",
        hint="The record is damaged or of a newer version; `tlswright status` reads the hosts.",
    )
