"""Read key files and make of them, and of an agent's keys, what can sign a login.

A file is opened once for all hosts: the key that guards an encrypted one is slow to derive on
purpose.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from paramiko.pkey import PublicBlob

from app.pki.secret import Secret

Sign = Callable[[bytes, str], bytes]
"""Sign data with an algorithm: gives the SSH signature, its name included."""

_HASHES: Final[dict[str, Any]] = {
    "rsa-sha2-256": hashes.SHA256, "rsa-sha2-512": hashes.SHA512,
    "ecdsa-sha2-nistp256": hashes.SHA256, "ecdsa-sha2-nistp384": hashes.SHA384,
    "ecdsa-sha2-nistp521": hashes.SHA512,
}  # fmt: skip
_OPENSSH: Final = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_MAGIC: Final = b"openssh-key-v1\0"
_LARGEST: Final = 256 * 1024


class KeyProblem(ValueError):
    """Say why a key file cannot be used."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Hold a public key or certificate with the way to sign for it, as paramiko asks for it."""

    type: str
    blob: bytes
    sign: Sign

    @property
    def public_blob(self) -> Any:
        """Give the public part as it is sent to the host."""
        return PublicBlob(self.type, self.blob)

    def get_name(self) -> str:
        """Give the type of the key."""
        return self.type

    def asbytes(self) -> bytes:
        """Give the public part."""
        return self.blob

    def sign_ssh_data(self, data: bytes, algorithm: str | None = None) -> bytes:
        """Sign, with the algorithm that both sides know."""
        return self.sign(data, algorithm or self.type)

    def certified(self, type_: str, blob: bytes) -> Signer:
        """Give the same key as a certificate shows it."""
        return Signer(type_, blob, self.sign)


class KeyRing:
    """Open key files, each once, with the passphrases that were given before the run."""

    def __init__(self, passphrases: Mapping[str, Secret]) -> None:
        self._passphrases = passphrases
        self._lock = threading.Lock()
        self._found: dict[Path, Signer | Exception] = {}

    def signer(self, path: Path) -> Signer:
        """Give the key in a file; raises KeyProblem, or OSError where it cannot be read."""
        with self._lock:
            if path not in self._found:
                try:
                    self._found[path] = read_key(path, self._passphrases.get(str(path)))
                except (KeyProblem, OSError) as error:
                    self._found[path] = error
            found = self._found[path]
        if isinstance(found, Exception):
            raise found
        return found


def read_key(path: Path, passphrase: Secret | None) -> Signer:
    """Read a private key; a passphrase that it does not need does no harm.

    Raises KeyProblem, whose text names no secret, or OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(_LARGEST)
    if (public := openssh_public(data)) and public[0].startswith("sk-"):
        raise KeyProblem("is of a FIDO token: give it to an agent (ssh-add), which can use it")
    word = passphrase.reveal().encode() if passphrase is not None and passphrase.reveal() else None
    try:
        return _signer(_opened(data, word))
    except TypeError as error:
        if word is None:
            raise KeyProblem("needs its passphrase") from error
        return read_key(path, None)
    except (ValueError, UnsupportedAlgorithm) as error:
        locked = word is not None and encrypted(data)
        text = "wrong passphrase, or no private key" if locked else "no private key we can read"
        raise KeyProblem(text) from error


def encrypted(data: bytes) -> bool:
    """Tell whether a private key file wants a passphrase."""
    if data.lstrip().startswith(_OPENSSH):
        body = _openssh_body(data)
        return bool(body) and not body[len(_MAGIC) :].startswith(b"\0\0\0\x04none")
    return b"ENCRYPTED" in data


def openssh_public(data: bytes) -> tuple[str, bytes] | None:
    """Give type and blob of the public key in a private key file of OpenSSH, encrypted or not."""
    body = _openssh_body(data)
    try:
        place = len(_MAGIC)
        for _ in range(3):
            place += 4 + int.from_bytes(body[place : place + 4], "big")
        place += 4
        size = int.from_bytes(body[place : place + 4], "big")
        blob = body[place + 4 : place + 4 + size]
        name = blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode("ascii")
    except UnicodeDecodeError:
        return None
    return (name, blob) if name and len(blob) == size else None


def public_line(text: str) -> tuple[str, bytes] | None:
    """Read `type base64 [comment]`, of a `.pub` file or a certificate; None when it is none."""
    words = text.split(None, 2)[:2]
    try:
        return words[0], base64.b64decode(words[1], validate=True)
    except (IndexError, binascii.Error, ValueError):
        return None


def _openssh_body(data: bytes) -> bytes:
    lines = data.strip().splitlines()
    if not lines or lines[0].strip() != _OPENSSH:
        return b""
    try:
        body = base64.b64decode(b"".join(lines[1:-1]))
    except (binascii.Error, ValueError):
        return b""
    return body if body.startswith(_MAGIC) else b""


def _opened(data: bytes, word: bytes | None) -> Any:
    if data.lstrip().startswith(_OPENSSH):
        if word is None and encrypted(data):
            raise TypeError("the key is encrypted")
        return serialization.load_ssh_private_key(data.lstrip(), word)
    return serialization.load_pem_private_key(data, word)


def _signer(key: Any) -> Signer:
    if not isinstance(
        key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    ):
        raise ValueError("a key of this type cannot log in")
    line = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    name, blob = line.split()[:2]
    return Signer(name.decode(), base64.b64decode(blob), lambda data, how: _sign(key, data, how))


def _sign(key: Any, data: bytes, algorithm: str) -> bytes:
    name = algorithm.split("-cert-")[0]
    if isinstance(key, rsa.RSAPrivateKey):
        proof = key.sign(data, padding.PKCS1v15(), _HASHES[name]())
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        pair = paramiko.Message()
        for number in decode_dss_signature(key.sign(data, ec.ECDSA(_HASHES[name]()))):
            pair.add_mpint(number)
        proof = pair.asbytes()
    else:
        proof = key.sign(data)
    message = paramiko.Message()
    message.add_string(name)
    message.add_string(proof)
    return bytes(message.asbytes())
