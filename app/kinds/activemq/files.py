"""The files of one broker: stores first, the configuration that names them last."""

from __future__ import annotations

import urllib.parse
from typing import Literal

from app.edits.activemq import (
    BrokerEdit,
    NetworkConnector,
    SslContext,
    edit_broker,
)
from app.kinds.activemq.clients import transports
from app.kinds.activemq.network import in_ring, neighbours
from app.kinds.activemq.topology import accepts
from app.kinds.base import Render
from app.kinds.resources import FileResource, KeyWant, LiteralWant, TrustWant, Want
from app.model import Link
from app.pki.secret import Secret
from app.quoting import bracketed
from app.rendering import render_template

STORE_MODE = 0o640
CONFIG_MODE = 0o640
SUFFIX = {"PKCS12": "p12", "JKS": "jks"}


def resources(render: Render) -> tuple[FileResource, ...]:
    """Give the broker's stores, its log configuration where it has none, and its edited XML."""
    if render.layout.problems:
        return ()
    return (*store_files(render), *_logging(render), _config(render))


def store_files(render: Render) -> tuple[FileResource, ...]:
    """Give the files with keys and certificates."""
    return (*_stores(render), *_pem(render))


def _stores(render: Render) -> list[FileResource]:
    kind = _format(render)
    key = KeyWant(render.node.name, render.spec, kind, render.node.host, "key")
    trust = TrustWant(render.trust, kind, "trust")
    return [
        _file(render, _key_path(render), key, "key store", STORE_MODE),
        _file(render, _trust_path(render), trust, "trust store", STORE_MODE),
    ]


def _pem(render: Render) -> list[FileResource]:
    if not render.node.options["pem"]:
        return []
    host, folder = render.node.host, _folder(render)
    key = KeyWant(render.node.name, render.spec, "PEM", host, "key", "key")
    chain = KeyWant(render.node.name, render.spec, "PEM", host, "key", "chain")
    trust = TrustWant(render.trust, "PEM", "trust")
    return [
        _file(render, f"{folder}/{host}.key.pem", key, "PEM key", STORE_MODE),
        _file(render, f"{folder}/{host}.cert.pem", chain, "PEM certificate", 0o644),
        _file(render, f"{folder}/trust.pem", trust, "PEM trust", 0o644),
    ]


def _logging(render: Render) -> list[FileResource]:
    facts = render.layout.facts
    if not facts["instance"]:
        return []
    path = f"{facts['folder']}/log4j.properties"
    text = render_template("activemq/log4j.properties.j2", instance=facts["instance"])
    fact = render.observation.file(path)
    ours = fact.data is not None and fact.data.startswith(text.splitlines()[0].encode())
    if not render.node.options["logging"] or (fact.type != "absent" and not ours):
        return []
    return [_file(render, path, LiteralWant(text.encode()), "log configuration", 0o644)]


def _config(render: Render) -> FileResource:
    path = render.layout.facts["config"]
    data = render.observation.file(path).data or b""
    key, trust = render.passwords("key"), render.passwords("trust")
    edited = edit_broker(data, broker_edit(render), f"{render.node.host}:{path}")
    secrets = (key, trust, *render.secrets.values())
    want = LiteralWant(edited.data, secrets, edited=True)
    return _file(render, path, want, "broker configuration", CONFIG_MODE, edited.notes)


def broker_edit(render: Render) -> BrokerEdit:
    """Say what the broker's configuration is to hold, passwords and all."""
    node = render.node
    key, trust = render.passwords("key"), render.passwords("trust")
    return BrokerEdit(
        broker_name=_broker_name(render),
        ssl=SslContext(
            key_store=_url(_key_path(render)),
            key_store_password=key.reveal(),
            trust_store=_url(_trust_path(render)),
            trust_store_password=trust.reveal(),
            key_store_type=_format(render),
            trust_store_type=_format(render),
        ),
        connectors=transports(node, listens=accepts(node, render.links)),
        networks=tuple(_bridge(render, li) for li in render.links if li.initiator == node.name),
        remove_plain=render.close_plain,
        drop_networks=_dropped(render),
    )


def _broker_name(render: Render) -> str | None:
    """Rename only what is not unique: the stock name, or one that another broker here has."""
    return render.node.host if render.layout.facts["broker_name"] == "localhost" else None


def _bridge(render: Render, link: Link) -> NetworkConnector:
    options = render.node.options
    password = render.secrets.get("connector_password", Secret(""))
    user = str(options["user"])
    # A fixed, short delay brings a bridge back within seconds of a restart; with the default
    # back-off it took 17 s.
    uri = (
        f"static:(ssl://{bracketed(link.name)}:{link.port})"
        "?useExponentialBackOff=false&initialReconnectDelay=1000"
    )
    return NetworkConnector(
        name=link.acceptor,
        uri=uri,
        duplex=bool(options["duplex"]),
        network_ttl=int(options["network_ttl"]),
        dynamic_only=bool(options["dynamic_only"]),
        one_way=in_ring(neighbours(render.topology.hosts, render.links), link),
        user_name=user or None,
        password=password.reveal() if user else None,
    )


def _dropped(render: Render) -> tuple[str, ...]:
    """Name the bridges to nodes of this topology that are linked no more."""
    linked = {li.acceptor for li in render.links if li.initiator == render.node.name}
    others = set(render.topology.hosts) - {render.node.name}
    return tuple(sorted(others - linked))


def _file(
    render: Render, path: str, want: Want, label: str, mode: int, notes: tuple[str, ...] = ()
) -> FileResource:
    facts = render.layout.facts
    return FileResource(
        host=render.node.host,
        node=render.node.name,
        path=path,
        owner=facts["owner"],
        group=facts["group"],
        mode=mode,
        want=want,
        label=label,
        notes=notes,
    )


def _format(render: Render) -> Literal["PKCS12", "JKS"]:
    return "JKS" if render.node.options["store_format"] == "JKS" else "PKCS12"


def _folder(render: Render) -> str:
    return f"{render.layout.facts['folder']}/tls"


def _key_path(render: Render) -> str:
    return f"{_folder(render)}/{render.node.host}.{SUFFIX[_format(render)]}"


def _trust_path(render: Render) -> str:
    return f"{_folder(render)}/trust.{SUFFIX[_format(render)]}"


def _url(path: str) -> str:
    # With a file: URL Java says "Permission denied"; a bare path that it may not read
    # "does not exist".
    return f"file:{urllib.parse.quote(path)}"
