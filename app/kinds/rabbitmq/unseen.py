"""What is taken for granted of a node on a host that we cannot look at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.kinds.resources import Layout
from app.model import Host, Node, Site
from app.quoting import batch

_DRIVE = re.compile(r"[A-Za-z]:/.*[^/]")
_UNQUOTED = re.compile(r"/[A-Za-z0-9_./+-]*[A-Za-z0-9_.+-]")


def assumed(host: Host, node: Node) -> Layout:
    """Give the layout of RabbitMQ's own packages, with the folder that site.yaml names."""
    facts = {
        "product": "RabbitMQ",
        "node": str(node.options["node_name"]),
        "folder": folder_of(host, node),
        "owner": "root",
        "group": "rabbitmq",
        "user": "rabbitmq",
        "ssl": str(node.options["ssl_path"]),
        "ssl_found": "yes",
        "transport": "unknown",
        "running": "",
    }
    return Layout(facts, unique={"node name": facts["node"]})


def folder_of(host: Host, node: Node) -> str:
    """Give the folder in which the node's environment file stands."""
    if host.system == "linux":
        return str(node.options["folder"])
    own = str(node.options["windows_folder"])
    return own or f"C:/Users/{node.options['windows_user']}/AppData/Roaming/RabbitMQ"


def unseen_problems(site: Site, nodes: tuple[Node, ...]) -> Iterator[str]:
    """Say what cannot be written into files for hosts that we cannot look at."""
    for node in nodes:
        host = site.hosts[node.host]
        if not host.by_hand:
            continue
        named = [("folder", folder_of(host, node))]
        if node.options["erl_ssl_path"] == "write":
            named.append(("ssl_path", str(node.options["ssl_path"])))
        for key, path in named:
            if not path:
                yield (
                    f"{node.host} cannot be asked for its ERL_SSL_PATH: set ssl_path for it, or "
                    "leave erl_ssl_path to auto"
                )
            elif text := _path_problem(host, path):
                yield f"{node.host}: its {key} {path!r} {text}"


def _path_problem(host: Host, path: str) -> str:
    if host.system == "linux":
        good = "must be absolute, of letters, digits and . _ + - /: scripts expand it unquoted"
        return "" if _UNQUOTED.fullmatch(path) else good
    if not _DRIVE.fullmatch(path) or "\\" in path:
        return "must be a folder of a drive, with forward slashes, such as D:/RabbitMQ"
    try:
        batch(path)
    except ValueError as error:
        return f"cannot be used: {error}. Let RABBITMQ_BASE there be another: set windows_folder"
    return ""
