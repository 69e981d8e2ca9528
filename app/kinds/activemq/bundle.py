"""What a person brings to a broker that we cannot reach: stores, and what to paste."""

from __future__ import annotations

from collections.abc import Mapping

from app.edits.activemq.snippet import snippet
from app.kinds.activemq.brokers import unit_name
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
    """Give Debian's layout with its only instance, or upstream's where site.yaml names a folder."""
    home, base, conf = (str(node.options[key]).rstrip("/") for key in ("home", "base", "conf"))
    base = base or home or conf.rpartition("/")[0]
    instance = "" if base else str(node.options["instance"]) or "main"
    if instance:
        folder, data = f"{AVAILABLE}/{instance}", f"{STATE}/{instance}/data"
    else:
        folder, data = conf or f"{base}/conf", f"{base}/data"
    facts = {
        "product": "ActiveMQ",
        "instance": instance,
        "config": f"{folder}/activemq.xml",
        "folder": folder,
        "data": data,
        "log": f"{data}/activemq.log",
        "owner": "root",
        "group": "activemq",
        "user": "activemq",
        "broker_name": "localhost",
        "unit": unit_name(str(node.options["service"])),
        "script": "" if instance else f"{home or base}/bin/activemq",
    }
    return Layout(facts, unique={"broker name": node.host})


def _restart(node: Node, facts: Mapping[str, str]) -> str:
    """Give the command that restarts a broker, for a person to type."""
    if node.options["start_command"]:
        stop = str(node.options["stop_command"])
        return "\n    ".join(filter(None, (stop, str(node.options["start_command"]))))
    if facts["unit"] or facts["instance"]:
        return f"systemctl restart {sh(facts['unit'] or 'activemq')}"
    return f"{sh(facts['script'])} restart"


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
        "group": sh(render.layout.facts["group"]),
        "restart": _restart(render.node, render.layout.facts),
        "snippet": SNIPPET,
        "bridges": bool(wanted.networks),
        "connectors": len(wanted.connectors),
        "listens": accepts(render.node, render.links),
        "closes": render.node.options["plain"] == "close",
    }
    shown = (text_piece(SNIPPET, files[0], text, secrets),)
    return bundle_of(files, facts, said, "activemq/bundle.txt.j2", shown=shown)
