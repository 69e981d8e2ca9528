"""Let Java judge many key stores against their trust stores, in one process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from app.pki.secret import Secret
from app.pki.stores import StoreFormat
from tests.unit.judges import judge, need
from tests.unit.test_pki_java import JUDGE

Stores = tuple[StoreFormat, bytes, bytes]


def java_takes(folder: Path, stores: Sequence[Stores], password: Secret) -> list[tuple[bool, bool]]:
    """Say of each (format, key store, trust store) whether it is taken of a server, of a client."""
    need("javac")
    (folder / "Judge.java").write_text(JUDGE)
    words: list[str] = []
    for number, (fmt, *both) in enumerate(stores):
        words.append(fmt)
        for name, data in zip(("keys", "trust"), both, strict=True):
            path = folder / f"{name}-{number}"
            path.write_bytes(data)
            words.append(str(path))
    done = judge(need("java"), str(folder / "Judge.java"), *words, secret=password.reveal())
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [(one["server"] == "taken", one["client"] == "taken") for one in found]
