"""The vault's bytes: sealed and opened, without touching a file.

    magic      8   TLSWVALT
    version    2   1
    log2 N     1   scrypt (RFC 7914), 17 by default: 128 MiB and 0.3 s
    r, p       1+1 8 and 1
    salt      16
    nonce     12   new for every seal
    length     8   of the sealed part
    sealed     …   AES-256-GCM over JSON, everything above as its authenticated data
    checksum  32   SHA-256 over all of the above, so that damage is told from a wrong passphrase

Integers are big-endian.  The JSON is `{"generation": N, "items": {key: base64}}`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.errors import VaultError
from app.pki.secret import Secret

MAGIC = b"TLSWVALT"
VERSION = 1
DEFAULT_LOG2_N = 17
_HEADER = struct.Struct(">8sHBBB16s12sQ")
_CHECKSUM = hashlib.sha256().digest_size
_MEMORY_MAX = 1 << 29


@dataclass(frozen=True, slots=True)
class Cost:
    """Hold scrypt's parameters and the salt: what turns the passphrase into the key."""

    log2_n: int
    r: int
    p: int
    salt: bytes

    @classmethod
    def new(cls, log2_n: int = DEFAULT_LOG2_N) -> Cost:
        """Return the cost of new vaults, with a fresh salt."""
        return cls(log2_n, 8, 1, os.urandom(16))

    @property
    def bearable(self) -> bool:
        """Tell whether a header's cost is one that we would ever write: up to 512 MiB."""
        n = 1 << self.log2_n
        return 4 <= self.log2_n <= 22 and 1 <= self.p <= 16 and 0 < 128 * n * self.r <= _MEMORY_MAX


@dataclass(frozen=True, slots=True)
class Sealed:
    """Hold a file that has passed its checksum, but is not yet decrypted."""

    cost: Cost
    header: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Payload:
    """Hold what is inside: the items, and how often the vault was saved."""

    generation: int
    items: Mapping[str, bytes] = field(repr=False)


def derive(passphrase: Secret, cost: Cost) -> bytes:
    """Derive the key, once per opening; composed and decomposed letters count as the same."""
    text = unicodedata.normalize("NFC", passphrase.reveal()).encode("utf-8", "surrogatepass")
    return Scrypt(cost.salt, 32, 1 << cost.log2_n, cost.r, cost.p).derive(text)


def seal(payload: Payload, key: bytes, cost: Cost) -> bytes:
    """Return the whole file for a payload."""
    nonce = os.urandom(12)
    plain = _plain(payload)
    header = _HEADER.pack(
        MAGIC, VERSION, cost.log2_n, cost.r, cost.p, cost.salt, nonce, len(plain) + 16
    )
    data = header + AESGCM(key).encrypt(nonce, plain, header)
    return data + hashlib.sha256(data).digest()


def parse(data: bytes, where: str) -> Sealed:
    """Check everything that can be checked without the passphrase.

    Raises VaultError, another text for each: not a vault, newer version, truncated, damaged.
    """
    if not data or data[: len(MAGIC)] != MAGIC[: len(data)]:
        raise VaultError(
            "the file is empty" if not data else "the file is not a vault",
            where=where,
            hint="Name the right site directory with -C DIR, or restore the vault from a backup.",
        )
    if len(data) < len(MAGIC) + 2:
        raise _truncated(where)
    version = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 2], "big")
    if version != VERSION:
        raise VaultError(
            f"the vault has the format version {version}, this tlswright knows {VERSION}",
            where=where,
            hint="Update tlswright on this machine; the vault was not touched.",
        )
    if len(data) < _HEADER.size:
        raise _truncated(where)
    return _parse_body(data, where)


def unseal(sealed: Sealed, key: bytes, where: str) -> Payload:
    """Decrypt; since the checksum holds, a failure means another passphrase.  Raises VaultError."""
    try:
        plain = AESGCM(key).decrypt(sealed.nonce, sealed.body, sealed.header)
    except InvalidTag:
        raise VaultError(
            "the passphrase does not open the vault",
            where=where,
            hint="Check the passphrase and its source; the vault itself is undamaged.",
        ) from None
    return _payload(plain, where)


def _parse_body(data: bytes, where: str) -> Sealed:
    _, _, log2_n, r, p, salt, nonce, length = _HEADER.unpack_from(data)
    whole = _HEADER.size + length + _CHECKSUM
    if len(data) < whole:
        raise _truncated(where)
    body, checksum = data[: whole - _CHECKSUM], data[whole - _CHECKSUM :]
    cost = Cost(log2_n, r, p, salt)
    if hashlib.sha256(body).digest() != checksum or not cost.bearable or length < 16:
        raise VaultError(
            "the vault is damaged: its checksum is wrong",
            where=where,
            hint="Restore it from a backup (`tlswright vault backup` makes them).",
        )
    return Sealed(cost, body[: _HEADER.size], nonce, body[_HEADER.size :])


def _truncated(where: str) -> VaultError:
    return VaultError(
        "the vault is truncated: its end is missing",
        where=where,
        hint="Restore it from a backup (`tlswright vault backup` makes them).",
    )


def _plain(payload: Payload) -> bytes:
    items = {key: base64.b64encode(value).decode() for key, value in payload.items.items()}
    document = {"generation": payload.generation, "items": items}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _payload(plain: bytes, where: str) -> Payload:
    try:
        document = json.loads(plain)
        items = {str(k): base64.b64decode(v, validate=True) for k, v in document["items"].items()}
        return Payload(int(document["generation"]), items)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise VaultError("the vault's content is not understood", where=where) from None
