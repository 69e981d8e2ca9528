"""What a credential should be: the part of a site that can be written down and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, cast, get_args

from app.errors import PkiError
from app.model import KeyType
from app.pki.names import COMMON_NAME_MAX, San

__all__ = ["IssueSpec", "KeyType", "Usage", "mismatches", "san_mismatches"]

Usage = Literal["peer", "client"]
KEY_TYPES: tuple[str, ...] = get_args(KeyType)
USAGES: tuple[str, ...] = get_args(Usage)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class IssueSpec:
    """Say what to issue; equal specs mean that an issued credential may stay.

    `subject` is the common name, `sans` the names that peers dial, `days` the life asked for (the
    issuer's own end may clip it), `issuer` the authority's name and `generation` its generation;
    for `self_signed` (pinned trust) the generation counts the credential itself.
    """

    subject: str
    sans: tuple[San, ...]
    usage: Usage
    key_type: KeyType
    days: int
    issuer: str
    generation: int
    self_signed: bool = False

    def __post_init__(self) -> None:
        for wrong, text in (
            (not 1 <= len(self.subject) <= COMMON_NAME_MAX, "needs a subject of 1 to 64 letters"),
            (not self.subject.isprintable(), "has a subject with control characters"),
            (self.usage not in USAGES, f"has the unknown usage {self.usage!r}"),
            (self.key_type not in KEY_TYPES, f"has the unknown key type {self.key_type!r}"),
            (not 1 <= self.days <= 36_500, f"asks for a life of {self.days} days"),
            (self.generation < 1, f"has the generation {self.generation}, they start at 1"),
            (self.usage == "peer" and not self.sans, "has no name that a peer could dial"),
        ):
            if wrong:
                raise PkiError(f"the certificate for {self.subject!r} {text}")

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON; `from_dict` reads them back."""
        return {
            "subject": self.subject,
            "sans": [str(san) for san in self.sans],
            "usage": self.usage,
            "key_type": self.key_type,
            "days": self.days,
            "issuer": self.issuer,
            "generation": self.generation,
            "self_signed": self.self_signed,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> IssueSpec:
        """Read a spec; raises PkiError when a field is missing or of the wrong type."""
        sans = _field(data, "sans", list)
        return cls(
            subject=_field(data, "subject", str),
            sans=tuple(San.parse(str(san)) for san in sans),
            usage=cast(Usage, _field(data, "usage", str)),
            key_type=cast(KeyType, _field(data, "key_type", str)),
            days=_field(data, "days", int),
            issuer=_field(data, "issuer", str),
            generation=_field(data, "generation", int),
            self_signed=_field(data, "self_signed", bool),
        )


def mismatches(recorded: IssueSpec, wanted: IssueSpec) -> tuple[str, ...]:
    """Return every way in which what was issued is not what is wanted now, in words.

    The order of names does not matter.  An empty result means that the credential may stay.
    """
    words: list[str] = []
    for label, have, want in (
        ("subject", recorded.subject, wanted.subject),
        ("usage", recorded.usage, wanted.usage),
        ("key type", recorded.key_type, wanted.key_type),
        ("life in days", recorded.days, wanted.days),
        ("issuer", recorded.issuer, wanted.issuer),
        ("generation", recorded.generation, wanted.generation),
        ("self-signed", recorded.self_signed, wanted.self_signed),
    ):
        if have != want:
            words.append(f"{label} is {have}, wanted {want}")
    words += san_mismatches(recorded.sans, wanted.sans)
    return tuple(words)


def san_mismatches(have: tuple[San, ...], want: tuple[San, ...]) -> tuple[str, ...]:
    """Return what is missing from, and what is too much among, the alternative names."""
    missing = [f"name {san.value} is missing" for san in want if san not in have]
    extra = [f"name {san.value} is no longer wanted" for san in have if san not in want]
    return tuple(missing + extra)


def _field(data: Mapping[str, object], key: str, kind: type[_T]) -> _T:
    value = data.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise PkiError(
            f"the recorded certificate spec has no valid {key!r}",
            hint="The record is damaged or of a newer version; a new certificate replaces it.",
        )
    return value
