"""Ask the user's RevokedHostKeys files about a key: lists of keys, and binary lists (KRL).

A binary list is read by OpenSSH's own `ssh-keygen -Q`, which knows of serial numbers, key ids and
fingerprints: it makes such lists, so whoever has one has the tool.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Final

from app.quoting import calm
from app.remote.known_hosts import HostKey

_MAGIC: Final = b"SSHKRL\n"
_SECONDS: Final = 30.0


def revoked_by(path: Path, *keys: HostKey) -> bool:
    """Tell whether a list revokes one of the keys (a certificate is one); raises OSError."""
    data = path.read_bytes()
    if data.startswith(_MAGIC):
        return any(_in_binary(path, key) for key in keys)
    lines = data.decode("utf-8", "replace").splitlines()
    listed = {HostKey.parse(line) for line in lines if not line.lstrip().startswith("#")}
    return any(key in listed for key in keys)


def _in_binary(path: Path, key: HostKey) -> bool:
    """Ask ssh-keygen, which takes keys from files only."""
    with tempfile.NamedTemporaryFile("w", suffix=".pub") as file:
        file.write(f"{key.line}\n")
        file.flush()
        try:
            done = subprocess.run(
                ["ssh-keygen", "-Q", "-f", str(path), file.name], stdin=subprocess.DEVNULL,
                capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False,
            )  # fmt: skip
        except FileNotFoundError:
            raise OSError("a binary list (KRL) needs ssh-keygen, which is not here") from None
        except subprocess.TimeoutExpired:
            raise OSError(f"ssh-keygen took longer than {_SECONDS:.0f} seconds") from None
    if done.returncode == 0:
        return False
    if done.stdout.rstrip().endswith("REVOKED"):
        return True
    said = " ".join(calm(done.stderr.replace(file.name, "the key"), 300).split())
    raise OSError(f"ssh-keygen cannot tell: {said}")
