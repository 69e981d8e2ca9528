"""Make the SSH keys of the demo: one for the client, one for each host."""

from __future__ import annotations

import os
from pathlib import Path


def make_key(path: Path) -> str:
    """Write a new ed25519 key, 0600 from its first byte, and return its public half.

    The public half is `type base64` and stands in `path`.pub as well.  A key that exists is kept.
    """
    public = path.with_name(path.name + ".pub")
    if path.exists() and public.exists():
        return public.read_text().strip()
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.OpenSSH, ser.NoEncryption())
    line = key.public_key().public_bytes(ser.Encoding.OpenSSH, ser.PublicFormat.OpenSSH).decode()
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private)
    public.write_text(line + "\n")
    return line
