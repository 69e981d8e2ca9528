"""The files of one node: key and certificates first, the configuration that names them last.

The configuration may hold passwords of MySQL: it is never readable by others, and what stands in it
under such a name is masked in every diff.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from app.edits.mmm import v1, v2
from app.kinds.base import Render
from app.kinds.mmm.reading import Read, known, read_node
from app.kinds.mmm.topology import MONITOR
from app.kinds.resources import FileResource, KeyWant, LiteralWant, TrustWant, Want

CONFIG_MODE, KEY_MODE, CERT_MODE = 0o640, 0o600, 0o644
HELD = "manual"


def resources(render: Render) -> tuple[FileResource, ...]:
    """Give the node's files; while the roles are being held or let go, the monitor's file alone."""
    if render.layout.problems:
        return ()
    read = read_node(render.node, render.observation)
    if read is None:
        return ()
    if render.guard == "set":
        return _configs(render, read, _mode_edit(render, read, dict(read.files)))
    return (*credential_files(render), *_configuration(render, read))


def credential_files(render: Render) -> tuple[FileResource, ...]:
    """Give key, certificate and CA under the names that MMM's guide has for them."""
    folder = render.layout.facts["folder"]
    trust = TrustWant(render.trust, "PEM", "trust")
    return (
        _file(render, f"{folder}/ca_crt.pem", trust, "CA certificates", CERT_MODE),
        _key(render, f"{folder}/ssl_crt.pem", "chain", "certificate", CERT_MODE),
        _key(render, f"{folder}/ssl_key.pem", "key", "private key", KEY_MODE),
    )


def _key(
    render: Render, path: str, part: Literal["chain", "key"], label: str, mode: int
) -> FileResource:
    name, alias = render.node.credential, render.node.host
    return _file(render, path, KeyWant(name, render.spec, "PEM", alias, "key", part), label, mode)


def _configuration(render: Render, read: Read) -> tuple[FileResource, ...]:
    if not read.two:
        return tuple(_one(render, path, data) for path, data in read.files.items())
    files = known(read.files, read.starts)
    socket = v2.edit_socket(files, read.starts, socket_want(render), host=render.node.host)
    now = {path: data for path, data in {**files, **socket.files}.items() if data is not None}
    changed = _mode_edit(render, read, now)
    return _configs(render, read, {**socket.files, **changed}, socket.notes)


def _one(render: Render, path: str, data: bytes) -> FileResource:
    edited = v1.edit_conf(data, ssl_want(render), f"{render.node.host}:{path}")
    return _config(render, path, edited.data, edited.notes)


def _configs(
    render: Render, read: Read, changed: Mapping[str, bytes], notes: tuple[str, ...] = ()
) -> tuple[FileResource, ...]:
    """Give every file that the program reads, changed or not: those that others may read too."""
    paths = changed if render.guard == "set" else {**read.files, **changed}
    # The start file comes last: it refers to the others.
    ordered = sorted(paths, key=lambda path: (path == read.start, path))
    return tuple(
        _config(
            render,
            path,
            changed.get(path, read.files.get(path, b"")),
            tuple(note for note in notes if note.startswith(f"{render.node.host}:{path}:")),
        )
        for path in ordered
    )


def _mode_edit(render: Render, read: Read, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Hold the monitor in mode manual while the change goes on, and put back what stood there."""
    if render.node.role != MONITOR or not read.two:
        return {}
    everything = known(files, read.starts)
    change = v2.set_mode if render.guard in ("set", "hold") else v2.put_back_mode
    return change(everything, read.starts[0], HELD, host=render.node.host).files


def socket_want(render: Render) -> v2.SocketWant:
    """Say what <socket> of 2.x is to hold: all that it can say."""
    folder = render.layout.facts["folder"]
    return v2.SocketWant(f"{folder}/ssl_crt.pem", f"{folder}/ssl_key.pem", f"{folder}/ca_crt.pem")


def ssl_want(render: Render) -> v1.SslWant:
    """Say what socket_type ssl of 1.x is to hold."""
    folder = render.layout.facts["folder"]
    verify = 1 if render.node.options["verify_server"] else 0
    return v1.SslWant(
        f"{folder}/ssl_crt.pem", f"{folder}/ssl_key.pem", f"{folder}/ca_crt.pem",
        verify_mode=verify,
    )  # fmt: skip


def _config(render: Render, path: str, data: bytes, notes: tuple[str, ...]) -> FileResource:
    fact = render.observation.file(path)
    return FileResource(
        host=render.node.host,
        node=render.node.name,
        path=path,
        owner=fact.owner or "root",
        group=fact.group or "root",
        mode=(fact.mode & 0o770) or CONFIG_MODE,
        want=LiteralWant(data, edited=True),
        label="configuration",
        notes=notes,
    )


def _file(render: Render, path: str, want: Want, label: str, mode: int) -> FileResource:
    return FileResource(
        host=render.node.host, node=render.node.name, path=path, owner="root", group="root",
        mode=mode, want=want, label=label,
    )  # fmt: skip
