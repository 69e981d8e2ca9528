"""Encrypt one entry of a zip file as WinZip does (AE-2, AES-256), which 7-Zip and others open.

Source: WinZip's "AES Encryption Information", version 1.04.  The format fixes the derivation at
1000 rounds of PBKDF2 with SHA-1, far too few for a short password: hence the least length here.
Nothing hides an entry's name and size.
"""

from __future__ import annotations

import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.errors import UsageError
from app.pki.secret import Secret

METHOD = 99
"""The compression method that stands for "see the extra field"."""
EXTRA = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 0)
"""AE-2 (no CRC), AES-256, stored without compression."""
SALT_BYTES = 16
SHORTEST = 12
_KEY_BYTES, _ROUNDS, _BLOCK, _CODE_BYTES = 32, 1000, 16, 10


def seal(data: bytes, password: Secret, salt: bytes) -> bytes:
    """Give salt, password check, encrypted bytes and authentication code.

    `salt` are 16 random bytes, never used for another entry.
    """
    material = hashlib.pbkdf2_hmac(
        "sha1", password.reveal().encode("ascii"), salt, _ROUNDS, 2 * _KEY_BYTES + 2
    )
    key, code_key, check = (
        material[:_KEY_BYTES], material[_KEY_BYTES : 2 * _KEY_BYTES], material[2 * _KEY_BYTES :],
    )  # fmt: skip
    stream = _stream(key, len(data))
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
    sealed = mixed.to_bytes(len(data), "big")
    code = hmac.new(code_key, sealed, hashlib.sha1).digest()[:_CODE_BYTES]
    return salt + check + sealed + code


def check_password(password: Secret) -> None:
    """Refuse a password that is too short, or that unpackers read differently.

    Raises UsageError.
    """
    text = password.reveal()
    if not (text.isascii() and text.isprintable()):
        raise UsageError(
            "the password of the zip file may hold only ASCII letters, digits and signs",
            hint="Programs that open zip files do not agree on how others are encoded.",
        )
    if len(text) < SHORTEST:
        raise UsageError(
            f"the password of the zip file has {len(text)} characters, {SHORTEST} are the least",
            hint="The zip format makes guessing cheap: take five words, or 16 random letters.",
        )


def _stream(key: bytes, size: int) -> bytes:
    """Give the key stream: counter mode, but with a little-endian counter that starts at 1."""
    blocks = b"".join(n.to_bytes(_BLOCK, "little") for n in range(1, -(-size // _BLOCK) + 1))
    # Counter mode is made of single blocks; no library offers it with this byte order.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return (encryptor.update(blocks) + encryptor.finalize())[:size]
