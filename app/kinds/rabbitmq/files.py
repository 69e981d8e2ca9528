"""The files of one node: keys and certificates first, what refers to them last."""

from __future__ import annotations

from app.edits.rabbitmq.env import EnvEdit, edit_env
from app.kinds.base import Render
from app.kinds.rabbitmq.layout import ENV, OPTFILE
from app.kinds.resources import FileResource, KeyWant, LiteralWant, TrustWant, Want
from app.quoting import erl_string
from app.rendering import render_template

MODE = 0o640
_VERSIONS = {"1.3+1.2": ("tlsv1.3", "tlsv1.2"), "1.3": ("tlsv1.3",), "1.2": ("tlsv1.2",)}


def resources(render: Render) -> tuple[FileResource, ...]:
    """Give the node's certificate files, its option file where it has one, and its environment."""
    if render.layout.problems:
        return ()
    if _flags(render):
        return (_trust(render), _key(render, "combined"), _env(render))
    return (
        _trust(render), _key(render, "chain"), _key(render, "key"), _optfile(render), _env(render),
    )  # fmt: skip


def _flags(render: Render) -> bool:
    return render.node.options["strategy"] == "flags"


def _trust(render: Render) -> FileResource:
    want = TrustWant(render.trust, "PEM", "trust")
    return _file(render, f"{_folder(render)}/ca.pem", want, "CA bundle")


def _key(render: Render, part: str) -> FileResource:
    """Give one PEM file of the node's own; the key is what the node starts with, so it is tried."""
    spec, node = render.spec, render.node
    path, label = _paths(render)[part], _LABELS[part]
    if part == "chain":
        want = KeyWant(node.name, spec, "PEM", node.host, "key", "chain")
        return _file(render, path, want, label)
    kind = "combined" if part == "combined" else "key"
    want = KeyWant(
        node.name, spec, "PEM", node.host, "key", "combined" if kind == "combined" else "key"
    )
    return _file(render, path, want, label)


_LABELS = {"chain": "certificate", "key": "private key", "combined": "certificate and key"}


def _paths(render: Render) -> dict[str, str]:
    folder = _folder(render)
    return {
        "ca": f"{folder}/ca.pem",
        "chain": f"{folder}/node.pem",
        "key": f"{folder}/node.key",
        "combined": f"{folder}/combined.pem",
    }


def _optfile(render: Render) -> FileResource:
    options, paths = render.node.options, _paths(render)
    text = render_template(
        "rabbitmq/inter_node_tls.config.j2",
        ca=erl_string(paths["ca"]),
        certificate=erl_string(paths["chain"]),
        key=erl_string(paths["key"]),
        verify=bool(options["verify_peer"]),
        demand=bool(options["fail_if_no_peer_cert"]),
        check_names=bool(options["check_names"]),
        depth=int(options["depth"]),
        versions=[f"'{v}'" for v in _VERSIONS[str(options["versions"])]],
        renegotiate=bool(options["secure_renegotiate"]) and options["versions"] != "1.3",
    )
    path = f"{render.layout.facts['folder']}/{OPTFILE}"
    return _file(
        render, path, LiteralWant(text.encode()), "TLS options of Erlang",
        check=render_template("rabbitmq/test-optfile.sh.j2"),
    )  # fmt: skip


def _env(render: Render) -> FileResource:
    facts = render.layout.facts
    path = f"{facts['folder']}/{ENV}"
    data = render.observation.file(path).data or b""
    flags = _erl_flags(render)
    wanted = EnvEdit(server=flags, ctl=_ctl_flags(render), ssl_path=_ssl_path(render))
    edited = edit_env(data, wanted, f"{render.node.host}:{path}")
    return _file(
        render, path, LiteralWant(edited.data, edited=True), "environment of node and CLI tools",
        edited.notes, check='sh -n "$1"',
    )  # fmt: skip


def _erl_flags(render: Render) -> tuple[str, ...]:
    if not _flags(render):
        return ("-proto_dist", "inet_tls", "-ssl_dist_optfile",
                f"{render.layout.facts['folder']}/{OPTFILE}")  # fmt: skip
    return ("-proto_dist", "inet_tls", *_side(render, "server"), *_side(render, "client"))


def _ctl_flags(render: Render) -> tuple[str, ...]:
    """Give the flags of CLI tools, which only ever dial."""
    if not _flags(render):
        return _erl_flags(render)
    return ("-proto_dist", "inet_tls", *_side(render, "client"))


def _side(render: Render, side: str) -> tuple[str, ...]:
    """Give one side's flags, one pair behind each: RabbitMQ 3.10 does not boot with more."""
    options, paths = render.node.options, _paths(render)
    pairs = [("certfile", paths["combined"]), ("cacertfile", paths["ca"])]
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


def _folder(render: Render) -> str:
    return f"{render.layout.facts['folder']}/tls"


def _file(
    render: Render,
    path: str,
    want: Want,
    label: str,
    notes: tuple[str, ...] = (),
    *,
    check: str = "",
) -> FileResource:
    facts = render.layout.facts
    return FileResource(
        host=render.node.host,
        node=render.node.name,
        path=path,
        owner=facts["owner"],
        group=facts["group"],
        mode=MODE,
        want=want,
        label=label,
        check=check,
        notes=notes,
    )
