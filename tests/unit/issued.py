"""Specs, an authority and credentials for the tests of keys, certificates and stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from app.pki import profiles
from app.pki.authority import Authority, create_root, issue, self_sign
from app.pki.credential import Credential
from app.pki.keys import new_key
from app.pki.names import san_entries
from app.pki.pem import pem_cert
from app.pki.spec import IssueSpec, KeyType

NOW = datetime.now(UTC)
NAMES = ("hub.example.com", "hub-b.example.com", "192.0.2.7", "2001:db8::7")
PEER = IssueSpec(
    subject="hub.example.com",
    sans=san_entries(NAMES),
    usage="peer",
    key_type="ec-p256",
    days=397,
    issuer="Example",
    generation=1,
)
CLIENT = replace(PEER, subject="ops", sans=(), usage="client")
PINNED = replace(PEER, self_signed=True)


def authority(key_type: KeyType = "ec-p256", generation: int = 1) -> Authority:
    """Return an authority named Example, the same on every call."""
    return _authority(key_type, generation)


def issued(spec: IssueSpec = PEER) -> Credential:
    """Return a credential for a spec, from the authority of the same key type, always the same."""
    return _issued(spec)


@cache
def _authority(key_type: KeyType, generation: int) -> Authority:
    return create_root("Example", generation, key_type, 3650, NOW)


@cache
def _issued(spec: IssueSpec) -> Credential:
    if spec.self_signed:
        return self_sign(spec, NOW)
    return issue(authority(spec.key_type), spec, NOW)


def vouched() -> Credential:
    """Return a credential that somebody signed with the key of a pinned peer."""
    pinned, life = issued(PINNED), (NOW - timedelta(hours=1), NOW + timedelta(days=9))
    key = new_key("ec-p256")
    by = pinned.certificate
    return Credential(profiles.leaf(PEER, key, life, by, pinned.key), key, chain=(by,))


def pem_file(folder: Path, name: str, *ders: bytes) -> str:
    """Write certificates into one PEM file and return its path."""
    path = folder / f"{name}.pem"
    path.write_bytes(b"".join(pem_cert(der) for der in ders))
    return str(path)
