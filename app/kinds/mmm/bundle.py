"""What a person brings to a host that we cannot reach: key, certificates, and what to paste."""

from __future__ import annotations

from app.edits.mmm.v1.edit import snippet as snippet_one
from app.edits.mmm.v2.edit import snippet as snippet_two
from app.kinds.base import Render
from app.kinds.bundle import Bundle, bundle_of, text_piece
from app.kinds.mmm.files import credential_files, socket_want, ssl_want
from app.kinds.mmm.layout import FOLDERS
from app.kinds.resources import Layout
from app.model import Node
from app.pki.facts import CertificateFacts

ONE, TWO = "socket-1.x.conf", "socket-2.x.conf"


def assumed(node: Node) -> Layout:
    """Give what 2.x has by default; the page says where 1.x has it."""
    facts = {
        "product": "MySQL-MMM", "grammar": "2.x", "config": "", "folder": FOLDERS[0],
        "files": "", "logs": "", "this": "", "ip": node.names[0], "unit": "", "roles": "",
        "transport": "tls", "running": "",
    }  # fmt: skip
    return Layout(facts)


def bundle(render: Render, facts: CertificateFacts) -> Bundle:
    """Give the bundle of one node."""
    files = credential_files(render)
    said = {
        "site": render.site.name,
        "host": render.node.host,
        "product": "MySQL-MMM",
        "role": render.node.role,
        "folder": render.layout.facts["folder"],
        "base": f"{render.node.options['base']}/etc/ssl",
        "one": ONE,
        "two": TWO,
    }
    shown = (
        text_piece(TWO, files[0], snippet_two(socket_want(render))),
        text_piece(ONE, files[0], snippet_one(ssl_want(render))),
    )
    return bundle_of(files, facts, said, "mmm/bundle.txt.j2", shown=shown)
