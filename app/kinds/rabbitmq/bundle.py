"""What a person brings to a node that we cannot reach, for Linux and for Windows.

On Windows the environment is a batch file, and a service reads it only when it is installed.
Sources: the guide "Securing Cluster (Inter-node) and CLI Tool Communication with TLS", and
rabbitmq-env.bat, rabbitmq-service.bat and rabbitmqctl.bat of rabbitmq-server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.kinds.base import Render
from app.kinds.bundle import Bundle, Lines, Piece, about, bundle_of
from app.kinds.rabbitmq.files import credential_files, env_edit, option_files
from app.kinds.rabbitmq.layout import ENV, OPTFILE
from app.kinds.rabbitmq.listeners import CONF, listeners
from app.kinds.rabbitmq.placing import file_of
from app.kinds.rabbitmq.topology import nodes
from app.kinds.resources import FileResource, LiteralWant
from app.pki.facts import CertificateFacts
from app.quoting import batch, sh
from app.rendering import render_template

BATCH = "rabbitmq-env-conf.bat"
_ENV_TAKEN = (
    r"^[[:space:]]*(export[[:space:]]+)?(RABBITMQ_)?(SERVER_ADDITIONAL_ERL_ARGS|CTL_ERL_ARGS)="
)
_CONF_TAKEN = r"^[[:space:]]*(listeners\.ssl|ssl_options|management\.ssl)\."
_PLAIN = "listeners.tcp = none\n"
_PLAIN_TAKEN = r"^[[:space:]]*listeners\.tcp[[:space:]]*[.=]"


def bundle(render: Render, facts: CertificateFacts) -> Bundle:
    """Give the bundle of one node."""
    if render.site.hosts[render.node.host].system == "windows":
        return _for_windows(render, facts)
    env = f"{render.layout.facts['folder']}/{ENV}"
    text = env_edit(render).snippet()
    wanted = file_of(render, env, LiteralWant(text.encode()), "environment of node and CLI tools")
    adds = [Lines(f"lines/{ENV}", wanted, _ENV_TAKEN)]
    adds += [Lines(f"lines/{CONF}", found, _CONF_TAKEN) for found in listeners(render)]
    closes = [Lines(f"lines/close/{CONF}", found, _PLAIN_TAKEN) for found in _closing(render)]
    unit = str(render.node.options["service"])
    return bundle_of(
        (*credential_files(render), *option_files(render)), facts,
        {**_said(render), "unit": sh(unit), "env": env}, "rabbitmq/bundle.txt.j2",
        adds=tuple(adds), closes=tuple(closes),
        check=render_template("rabbitmq/bundle-ready.sh.j2", unit=sh(unit)),
    )  # fmt: skip


def _closing(render: Render) -> list[FileResource]:
    """Give the line that closes the plain listener, where it is to be closed."""
    if render.node.options["plain"] != "close":
        return []
    want = LiteralWant(_PLAIN.encode(), edited=True)
    return [replace(found, want=want) for found in listeners(render)]


def _for_windows(render: Render, facts: CertificateFacts) -> Bundle:
    folder = render.layout.facts["folder"]
    found = [*credential_files(render), *option_files(render), *listeners(render), _batch(render)]
    pieces = tuple(
        Piece(file.path.removeprefix(f"{folder}/"), _with_line_ends(file)) for file in found
    )
    page = render_template(
        "rabbitmq/bundle-windows.txt.j2", **about(facts), **_said(render),
        target=folder.replace("/", "\\"), conf=CONF if listeners(render) else "",
        optfile=OPTFILE if option_files(render) else "",
        ssl_path=bool(env_edit(render).ssl_path),
    )  # fmt: skip
    return Bundle(pieces, page.replace("\n", "\r\n"))


def _batch(render: Render) -> FileResource:
    wanted = env_edit(render)
    text = render_template(
        "rabbitmq/rabbitmq-env-conf.bat.j2",
        node=render.node.options["node_name"],
        ssl_path=_quoted(wanted.ssl_path),
        server=_arguments(wanted.server),
        ctl=_arguments(wanted.ctl),
    )
    path = f"{render.layout.facts['folder']}/{BATCH}"
    return file_of(render, path, LiteralWant(text.encode()), "environment of node and CLI tools")


def _quoted(path: str) -> str:
    """Put a path in quotes, as the guide does: Erlang's own stands below `Program Files`."""
    word = batch(path) if path else ""
    return word if not word or word.startswith('"') else f'"{word}"'


def _arguments(words: tuple[str, ...]) -> list[str]:
    """Give the arguments of erl as lines: each flag with its values."""
    lines: list[str] = []
    for word in words:
        if word.startswith("-") or not lines:
            lines.append(batch(word))
        else:
            lines[-1] += f" {batch(word)}"
    return lines


def _with_line_ends(file: FileResource) -> FileResource:
    """Give text files the line ends of Windows; PEM is the same everywhere."""
    if not isinstance(file.want, LiteralWant):
        return file
    data = file.want.data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return replace(file, want=replace(file.want, data=data))


def _said(render: Render) -> Mapping[str, object]:
    """Give what both pages say of the node."""
    others = [n for n in nodes(render.site, render.topology) if n.name != render.node.name]
    return {
        "site": render.site.name,
        "host": render.node.host,
        "product": "RabbitMQ",
        "node": render.node.options["node_name"],
        "port": render.node.port,
        "shared": bool(render.node.shares),
        "closes": bool(_closing(render)),
        "listener": render.node.options["listener_port"],
        "folder": render.layout.facts["folder"],
        "peers": [str(other.options["node_name"]) for other in others],
    }
