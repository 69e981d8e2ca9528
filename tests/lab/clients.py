"""Clients that a broker should turn away: with a foreign key, without one, without TLS."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from app.pki import pem
from app.pki.authority import create_root, issue
from app.pki.spec import IssueSpec
from tests.lab import tls
from tests.lab.host import LabHost


def foreign_key(folder: Path, authority: str) -> Path:
    """Make a client's certificate and key in one file, of a CA named as the site's is."""
    now = datetime.now(UTC)
    root = create_root(authority, 1, "ec-p256", 30, now)
    spec = IssueSpec("hub", (), "client", "ec-p256", 7, root.name, 1)
    made = issue(root, spec, now)
    path = folder / "foreign.pem"
    path.write_bytes(pem.pem_chain(made) + pem.pem_key(made))
    return path


def strangers_let_in(host: LabHost, foreign: Path, port: int = 61617) -> list[str]:
    """Try each kind of stranger on a TLS port, and name those that were not refused."""
    place = (host.address, port)
    tried = {
        "without a certificate": tls.refused(*place),
        "of a foreign CA": tls.refused(*place, certificate=foreign),
        "without TLS": tls.plain_refused(*place),
    }
    return [what for what, refused in tried.items() if not refused]
