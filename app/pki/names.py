"""Normalise and validate the names that go into a certificate."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from app.errors import PkiError

SanKind = Literal["dns", "ip"]

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?", re.ASCII)
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
# IDNA 2003 maps these to other letters, IDNA 2008 keeps them: two different names.
_AMBIGUOUS = frozenset("\u00df\u03c2\u200c\u200d")
COMMON_NAME_MAX = 64


@dataclass(frozen=True, slots=True, order=True)
class San:
    """Name one subject alternative name: `value` is a lower-case A-label name or an address."""

    kind: SanKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> San:
        """Read back what `str` wrote, e.g. `dns:hub.example.com` or `ip:2001:db8::1`."""
        kind, _, value = text.partition(":")
        if kind == "dns":
            return cls("dns", dns_name(value, wildcard=True))
        if kind == "ip" and (address := _address(value)) is not None:
            return cls("ip", address)
        raise _bad(text, "is not a subject alternative name", "Write dns:NAME or ip:ADDRESS.")


def dns_name(text: str, *, wildcard: bool = False) -> str:
    """Return the DNS name in the one form that all peers compare: lower-case A-labels.

    One trailing dot is dropped (Java, Go and Python refuse it).  Underscores pass, see
    `name_warnings`.  Limits from RFC 1035: labels of 63, names of 253 octets.  Raises PkiError
    naming the value.
    """
    name = _ascii(text)
    star = name.startswith("*.")
    if star and not wildcard:
        raise _bad(text, "is a wildcard", "Name each host: several peers refuse wildcards.")
    labels = (name[2:] if star else name).split(".")
    if star and len(labels) < 2:
        raise _bad(text, "is a wildcard for a whole top-level domain")
    for label in labels:
        _check_label(text, label)
    if len(name) > 253:
        raise _bad(text, f"has {len(name)} characters, a DNS name has at most 253")
    if labels[-1].isdigit() or _address(name) is not None:
        raise _bad(text, "looks like an address, not like a name")
    return name


def san_entries(names: Iterable[str], *, wildcard: bool = False) -> tuple[San, ...]:
    """Turn names and addresses as a user writes them into entries, duplicates folded.

    The order of first appearance is kept, since the first name is what tools display.
    """
    entries = (_san(name, wildcard) for name in names)
    return tuple(dict.fromkeys(entries))


def common_name(fqdn: str) -> str:
    """Return what to put in the subject: the name itself, or its first label when too long.

    A common name holds 64 characters (RFC 5280, ub-common-name); it is never relied on, since a
    subject alternative name overrides it everywhere.
    """
    return fqdn if len(fqdn) <= COMMON_NAME_MAX else fqdn.split(".", 1)[0]


def name_warnings(sans: Iterable[San]) -> tuple[str, ...]:
    """Tell which names some peers refuse although DNS permits them."""
    return tuple(
        f"{san.value}: Java refuses names with an underscore"
        for san in sans
        if san.kind == "dns" and "_" in san.value
    )


def _san(text: str, wildcard: bool) -> San:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if (address := _address(bare)) is not None:
        return San("ip", address)
    if ":" in bare or "%" in bare or "/" in bare:
        raise _bad(text, "is neither a name nor an address", "No port, zone, prefix or URL here.")
    return San("dns", dns_name(text, wildcard=wildcard))


def _address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else address.compressed


def _ascii(text: str) -> str:
    if text.isascii():
        return text.lower().removesuffix(".")
    if _AMBIGUOUS & set(text.lower()):
        raise _bad(text, "reads as two different names", "Write it as an A-label (xn--…).")
    labels = _DOTS.split(text)
    if labels[-1] == "":
        labels.pop()
    try:
        return ".".join(label.encode("idna").decode("ascii").lower() for label in labels)
    except UnicodeError:
        raise _bad(text, "cannot be written as an A-label") from None


def _check_label(text: str, label: str) -> None:
    if not label:
        raise _bad(text, "has an empty part" if text else "is empty")
    if len(label) > 63:
        raise _bad(text, f"has a part of {len(label)} characters, at most 63 are allowed")
    if not _LABEL.fullmatch(label):
        raise _bad(text, "is not a DNS name", "Letters, digits, inner hyphens and dots only.")


def _bad(text: str, why: str, hint: str = "") -> PkiError:
    return PkiError(f"the name {text!r} {why}", hint=hint)
