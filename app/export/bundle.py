"""Put a bundle's files into the folder of a zip file, with a manifest of their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from app.export.archive import Entry
from app.kinds.bundle import PAGE, SCRIPT, Bundle

MANIFEST = "SHA256SUMS"


def entries(folder: str, bundle: Bundle, contents: Mapping[str, bytes]) -> tuple[Entry, ...]:
    """Give page, script and manifest, then the pieces in their order.

    `contents` gives the bytes of each piece by its name.  The manifest has the form that
    `sha256sum -c` reads, with the line ends of Unix, since no other program checks it.
    """
    found = [Entry(PAGE, bundle.page.encode(), 0o644)]
    if bundle.script:
        found.append(Entry(SCRIPT, bundle.script.encode(), 0o700))
    found += [Entry(piece.name, contents[piece.name]) for piece in bundle.pieces]
    rows = [f"{hashlib.sha256(entry.data).hexdigest()}  {entry.name}\n" for entry in found]
    found.insert(len(found) - len(bundle.pieces), Entry(MANIFEST, "".join(rows).encode(), 0o644))
    return tuple(Entry(f"{folder}/{entry.name}", entry.data, entry.mode) for entry in found)
