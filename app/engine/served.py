"""Ask a node from outside which certificate it presents."""

from __future__ import annotations

import hashlib

from app.engine.opening import address_of
from app.model import Node, Site

SECONDS = 5.0


def served(site: Site, node: Node) -> str:
    """Give the SHA-256 of the certificate that a node presents now; empty when it cannot be asked.

    No trust is judged here: only what is presented counts, and nothing is sent to the peer.
    """
    from app.verify.probe import probe_tls

    host = site.hosts[node.host]
    result = probe_tls(
        address_of(host), node.port, name=node.names[0], trust=None, seconds=SECONDS, quiet=0.05
    )
    return hashlib.sha256(result.peer).hexdigest() if result.peer else ""
