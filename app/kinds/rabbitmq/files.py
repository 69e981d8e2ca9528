"""The files of one node: keys and certificates first, what refers to them last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from app.edits.rabbitmq.env import EnvEdit, edit_env
from app.kinds.base import Render
from app.kinds.rabbitmq.layout import ENV, OPTFILE
from app.kinds.rabbitmq.listeners import listeners
from app.kinds.rabbitmq.placing import VERSIONS, file_of, paths, places
from app.kinds.resources import FileResource, KeyWant, LiteralWant, TrustWant
from app.model import Node
from app.quoting import erl_atom, erl_string
from app.rendering import render_template


def resources(render: Render) -> tuple[FileResource, ...]:
    """Give the node's certificate files, its option file where it has one, and its environment."""
    if render.layout.problems:
        return ()
    return (
        *credential_files(render), *listeners(render), *option_files(render), _env(render),
    )  # fmt: skip


def credential_files(render: Render) -> tuple[FileResource, ...]:
    """Give the files of certificates and keys."""
    if _flags(render):
        return (_trust(render), _key(render, "combined"))
    client = (_key(render, "client-chain"), _key(render, "client-key")) if _pair(render) else ()
    return (_trust(render), _key(render, "chain"), _key(render, "key"), *client)


def option_files(render: Render) -> tuple[FileResource, ...]:
    """Give the file with the TLS options of Erlang, where there is one."""
    return () if _flags(render) else (_optfile(render),)


def env_edit(render: Render) -> EnvEdit:
    """Say what the environment file is to hold."""
    node, folder = render.node, render.layout.facts["folder"]
    return EnvEdit(
        server=erl_flags(node, folder, "server", "client"), ctl=erl_flags(node, folder, "client"),
        ssl_path=_ssl_path(render),
    )  # fmt: skip


def _flags(render: Render) -> bool:
    return render.node.options["strategy"] == "flags"


def _pair(render: Render) -> bool:
    return bool(render.node.options["client_pair"])


def _trust(render: Render) -> FileResource:
    want = TrustWant(render.trust, "PEM", "trust")
    return file_of(render, paths(render)["ca"], want, "CA bundle")


_PARTS: Mapping[str, tuple[Literal["chain", "key", "combined"], str]] = {
    "chain": ("chain", "certificate"),
    "key": ("key", "private key"),
    "combined": ("combined", "certificate and key"),
    "client-chain": ("chain", "certificate for dialling"),
    "client-key": ("key", "private key for dialling"),
}


def _key(render: Render, name: str) -> FileResource:
    """Give one PEM file of a node's credential, or of the one that it dials with."""
    part, label = _PARTS[name]
    credential, spec, alias = render.node.credential, render.spec, render.node.host
    if name.startswith("client-"):
        credential, alias = render.node.dials_with, f"{alias}-client"
        spec = replace(spec, usage="client")
    locked = part == "key" and bool(render.node.options["key_password"])
    want = KeyWant(credential, spec, "PEM", alias, "key", part, encrypted=locked)
    return file_of(render, paths(render)[name], want, label)


def _optfile(render: Render) -> FileResource:
    options, place = render.node.options, paths(render)
    password = render.passwords("key") if options["key_password"] else None
    dialling = "client-" if _pair(render) else ""
    text = render_template(
        "rabbitmq/inter_node_tls.config.j2",
        ca=erl_string(place["ca"]),
        certificate=erl_string(place["chain"]),
        key=erl_string(place["key"]),
        client_certificate=erl_string(place[f"{dialling}chain"]),
        client_key=erl_string(place[f"{dialling}key"]),
        password=erl_string(password.reveal()) if password else "",
        verify=bool(options["verify_peer"]),
        demand=bool(options["fail_if_no_peer_cert"]),
        check_names=bool(options["check_names"]),
        wildcard=options["certificate"] == "wildcard",
        depth=int(options["depth"]),
        versions=[erl_atom(v) for v in VERSIONS[str(options["versions"])]],
        renegotiate=bool(options["secure_renegotiate"]) and options["versions"] != "1.3",
    )
    path = f"{render.layout.facts['folder']}/{OPTFILE}"
    want = LiteralWant(text.encode(), (password,) if password else ())
    return file_of(
        render, path, want, "TLS options of Erlang",
        check=render_template("rabbitmq/test-optfile.sh.j2"),
    )  # fmt: skip


def _env(render: Render) -> FileResource:
    facts = render.layout.facts
    path = f"{facts['folder']}/{ENV}"
    data = render.observation.file(path).data or b""
    edited = edit_env(data, env_edit(render), f"{render.node.host}:{path}")
    return file_of(
        render, path, LiteralWant(edited.data, edited=True), "environment of node and CLI tools",
        edited.notes, check='sh -n "$1"',
    )  # fmt: skip


def erl_flags(node: Node, folder: str, *sides: str) -> tuple[str, ...]:
    """Give Erlang's arguments for a node that takes calls and dials, or for what only dials."""
    if node.options["strategy"] != "flags":
        return ("-proto_dist", "inet_tls", "-ssl_dist_optfile", f"{folder}/{OPTFILE}")
    words = (word for side in sides for word in _side(node, folder, side))
    return ("-proto_dist", "inet_tls", *words)


def _side(node: Node, folder: str, side: str) -> tuple[str, ...]:
    """Give one side's flags, one pair behind each: RabbitMQ 3.10 does not boot with more."""
    options, place = node.options, places(folder)
    pairs = [("certfile", place["combined"]), ("cacertfile", place["ca"])]
    pairs.append(("verify", "verify_peer" if options["verify_peer"] else "verify_none"))
    if side == "server" and options["fail_if_no_peer_cert"]:
        pairs.append(("fail_if_no_peer_cert", "true"))
    pairs.append(("depth", str(options["depth"])))
    if options["secure_renegotiate"]:
        pairs.append(("secure_renegotiate", "true"))
    return tuple(word for key, text in pairs for word in ("-ssl_dist_opt", f"{side}_{key}", text))


def _ssl_path(render: Render) -> str:
    facts = render.layout.facts
    wanted = render.node.options["erl_ssl_path"] == "write" or facts["ssl_found"] != "yes"
    return facts["ssl"] if wanted else ""
