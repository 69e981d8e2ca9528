"""Read OpenSSH certificates and judge those of hosts.  Format: PROTOCOL.certkeys of OpenSSH.

What comes from a host is checked field by field before anything is believed, and the CA's signature
last of all parsing: a certificate that does not verify is no certificate.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import paramiko

from app.quoting import calm
from app.remote.sshconf.words import matches

SUFFIX: Final = "-cert-v01@openssh.com"
_PARTS: Final = {
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}
"""How many fields the public key of each type has."""
SIGNATURES: Final = (
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "rsa-sha2-256", "rsa-sha2-512",
)  # fmt: skip
"""With what a CA may sign: no SHA-1, as with OpenSSH 8.2 and later."""


class CertificateProblem(ValueError):
    """Say why a certificate is not good."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Hold what a certificate says; times are seconds since 1970, `key` and `ca` public keys."""

    key_type: str
    key: bytes
    ca_type: str
    ca: bytes
    for_host: bool
    name: str
    principals: tuple[str, ...]
    after: int
    before: int
    critical: tuple[str, ...]
    algorithm: str

    @property
    def ca_line(self) -> str:
        """Give the CA's key as known_hosts lists it: `type base64`."""
        return f"{self.ca_type} {b64encode(self.ca).decode()}"

    @property
    def key_line(self) -> str:
        """Give the certified key without its certificate: `type base64`."""
        return f"{self.key_type} {b64encode(self.key).decode()}"

    def ended(self, now: float) -> str:
        """Say that it has ended or not begun; empty where it is valid now."""
        if now < self.after:
            return f"is valid from {_day(self.after)} only"
        return f"has ended at {_day(self.before)}" if now >= self.before else ""

    def judge_host(self, name: str, now: float, allowed: tuple[str, ...] = SIGNATURES) -> None:
        """Raise CertificateProblem unless it certifies a host of this name, now.

        The name is the one that is dialled, without a port; whose CA it is, is judged elsewhere.
        `allowed` are the algorithms that a CA may sign with.
        """
        if not self.for_host:
            raise CertificateProblem("is a user's certificate, not a host's")
        ended = self.ended(now)
        if ended:
            raise CertificateProblem(ended)
        if not any(matches(name, principal) for principal in self.principals):
            listed = calm(", ".join(self.principals), 200) or "nobody"
            raise CertificateProblem(f"is not for {name} but for {listed}")
        if self.critical:
            told = calm(", ".join(self.critical), 200)
            raise CertificateProblem(f"has critical options that are not known: {told}")
        if self.algorithm not in allowed:
            raise CertificateProblem(f"is signed with {calm(self.algorithm, 60)}")


def read_certificate(blob: bytes) -> Certificate:
    """Read a certificate and verify its signature; raises CertificateProblem."""
    fields = _Fields(blob)
    kind = fields.text()
    plain = kind.removesuffix(SUFFIX)
    plain = f"{plain}@openssh.com" if plain.startswith("sk-") else plain
    if not kind.endswith(SUFFIX) or plain not in _PARTS:
        raise CertificateProblem(f"is of a type that is not known: {calm(kind, 60)}")
    fields.string()  # the nonce
    parts = [fields.string() for _ in range(_PARTS[plain])]
    key = b"".join(map(_packed, [plain.encode(), *parts]))
    fields.number(8)  # the serial number
    sort = fields.number(4)
    name = fields.text()
    principals = _Fields(fields.string()).all()
    after, before = fields.number(8), fields.number(8)
    critical = _Fields(fields.string()).all()[::2]
    fields.string()  # extensions: of users only
    fields.string()  # reserved
    ca = fields.string()
    signed = blob[: fields.place]
    signature = fields.string()
    proof = _Fields(signature)
    ca_type, algorithm, _ = _Fields(ca).text(), proof.text(), proof.string()
    if fields.left or proof.left or sort not in (1, 2):
        raise CertificateProblem("is not well-formed")
    _verify(ca_type, ca, signed, signature)
    return Certificate(
        plain, key, ca_type, ca, sort == 2, name, principals, after, before, critical, algorithm
    )


def _verify(ca_type: str, ca: bytes, signed: bytes, signature: bytes) -> None:
    try:
        key = paramiko.PKey.from_type_string(ca_type, ca)
        good = key.verify_ssh_sig(signed, paramiko.Message(signature))
    except Exception as error:  # numbers of all kinds make the key readers trip in their own ways
        raise CertificateProblem(
            f"is signed by a CA key that cannot be read here: {calm(ca_type, 60)}"
        ) from error
    if not good:
        raise CertificateProblem("has a signature that is not its CA's, or one with SHA-1")


class _Fields:
    """Take fields off a blob in order; raises CertificateProblem where it is cut off."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0

    @property
    def left(self) -> int:
        return len(self._data) - self.place

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise CertificateProblem("is cut off")
        self.place += size
        return self._data[self.place - size : self.place]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def string(self) -> bytes:
        return self.take(self.number(4))

    def text(self) -> str:
        return self.string().decode("utf-8", "replace")

    def all(self) -> tuple[str, ...]:
        found = []
        while self.left:
            found.append(self.text())
        return tuple(found)


def _packed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _day(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return "a time beyond all calendars"
