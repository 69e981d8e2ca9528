"""What a person brings to a host that we cannot reach: key, certificates, and what to paste."""

from __future__ import annotations

import posixpath

from app.edits.mmm.names import start_file
from app.edits.mmm.v1.edit import snippet as snippet_one
from app.edits.mmm.v2.edit import snippet as snippet_two
from app.kinds.base import Render
from app.kinds.bundle import Bundle, bundle_of, text_piece
from app.kinds.mmm.files import credential_files, socket_want, ssl_want
from app.kinds.mmm.layout import AGENT_AT, FOLDERS, UNITS
from app.kinds.mmm.topology import ADDRESS, AGENT, CONTROL, MONITOR
from app.kinds.resources import Layout
from app.model import Node
from app.pki.facts import CertificateFacts

ONE, TWO = "socket-1.x.conf", "socket-2.x.conf"


def assumed(node: Node) -> Layout:
    """Give what 2.x has by default; 1.x finds the same files by their whole paths."""
    ip = next(filter(ADDRESS.fullmatch, node.names), node.names[0])
    facts = {
        "product": "MySQL-MMM", "grammar": "2.x", "config": "", "folder": FOLDERS[0],
        "files": "", "logs": "", "this": "", "ip": ip, "unit": "", "roles": "", "hosts": "",
        "transport": "tls", "running": "",
    }  # fmt: skip
    return Layout(facts, unique={AGENT_AT: ip} if node.role == AGENT else {})


def bundle(render: Render, facts: CertificateFacts) -> Bundle:
    """Give the bundle of one node."""
    files, cluster = credential_files(render), str(render.node.options["cluster"])
    node = render.node
    said = {
        "site": render.site.name,
        "host": node.host,
        "product": "MySQL-MMM",
        "role": node.role,
        "folder": render.layout.facts["folder"],
        "etc": posixpath.dirname(render.layout.facts["folder"]),
        "file": "mmm_agent.conf" if node.role == AGENT else start_file("mon", cluster),
        "control": f"mmm_control @{cluster}" if cluster else "mmm_control",
        "unit": node.options["service"] or UNITS.get((True, node.role), ""),
        "port": node.port,
        "put": 3 if node.role == CONTROL else 4,
        "next": {AGENT: 8, MONITOR: 9}.get(node.role, 7),
        "one": ONE,
        "two": TWO,
    }
    shown = (
        text_piece(TWO, files[0], snippet_two(socket_want(render))),
        text_piece(ONE, files[0], snippet_one(ssl_want(render))),
    )
    return bundle_of(files, facts, said, "mmm/bundle.txt.j2", shown=shown)
