"""What a person brings to a broker that we cannot reach: stores, and what to paste."""

from __future__ import annotations

from app.edits.activemq.snippet import snippet
from app.kinds.activemq.debian import AVAILABLE, STATE
from app.kinds.activemq.files import broker_edit, store_files
from app.kinds.activemq.topology import accepts
from app.kinds.base import Render
from app.kinds.bundle import Bundle, bundle_of, text_piece
from app.kinds.resources import Layout
from app.model import Node
from app.pki.facts import CertificateFacts
from app.quoting import sh

SNIPPET = "snippet.xml"


def assumed(node: Node) -> Layout:
    """Give Debian's layout, with its only instance where site.yaml names none."""
    instance = str(node.options.get("instance", "")) or "main"
    folder = f"{AVAILABLE}/{instance}"
    facts = {
        "product": "ActiveMQ",
        "instance": instance,
        "config": f"{folder}/activemq.xml",
        "folder": folder,
        "data": f"{STATE}/{instance}/data",
        "log": f"{STATE}/{instance}/data/activemq.log",
        "owner": "root",
        "group": "activemq",
        "user": "activemq",
        "broker_name": "localhost",
    }
    return Layout(facts, unique={"broker name": node.host})


def bundle(render: Render, facts: CertificateFacts) -> Bundle:
    """Give the bundle of one broker; the snippet holds the passwords of its stores."""
    wanted, files = broker_edit(render), store_files(render)
    text = snippet(wanted, masked=False)
    secrets = (render.passwords("key"), render.passwords("trust"), *render.secrets.values())
    said = {
        "site": render.site.name,
        "host": render.node.host,
        "product": "ActiveMQ",
        "port": render.node.port,
        "config": sh(render.layout.facts["config"]),
        "snippet": SNIPPET,
        "bridges": bool(wanted.networks),
        "connectors": len(wanted.connectors),
        "listens": accepts(render.node, render.links),
        "closes": render.node.options["plain"] == "close",
    }
    shown = (text_piece(SNIPPET, files[0], text, secrets),)
    return bundle_of(files, facts, said, "activemq/bundle.txt.j2", shown=shown)
