"""The listeners for clients, where the user wants them: rabbitmq.conf, or the classic file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import EditError
from app.kinds.base import Render
from app.kinds.rabbitmq.placing import VERSIONS, file_of, paths
from app.kinds.resources import FileResource, LiteralWant

if TYPE_CHECKING:
    from app.edits.rabbitmq.conf import EditedConf, ListenerEdit

CONF, ADVANCED, CLASSIC = "rabbitmq.conf", "advanced.config", "rabbitmq.config"


def listeners(render: Render) -> tuple[FileResource, ...]:
    """Give the configuration file with the TLS listeners; none where they are left alone."""
    options = render.node.options
    if not options["listener_port"] and not options["management_port"]:
        return ()
    from app.edits.rabbitmq.advanced import edit_advanced, overrides
    from app.edits.rabbitmq.conf import edit_conf

    folder, host = render.layout.facts["folder"], render.node.host
    classic, advanced, conf = (
        render.observation.file(f"{folder}/{name}") for name in (CLASSIC, ADVANCED, CONF)
    )
    wanted = _wanted(render)
    beats = overrides(advanced.data or b"", f"{host}:{advanced.path}") if advanced.data else ()
    terms = classic if classic.type == "file" else advanced if beats else None
    if terms is not None:
        edited = edit_advanced(terms.data or b"", wanted, f"{host}:{terms.path}")
        return (_made(render, terms.path, edited),)
    _refuse_fragments(render)
    edited = edit_conf(conf.data or b"", wanted, f"{host}:{conf.path}")
    return (_made(render, conf.path, edited),)


def _refuse_fragments(render: Render) -> None:
    """Refuse where a file of conf.d, which is read last and wins, says something of listeners."""
    from app.edits.rabbitmq.confview import read_conf

    folder, host = f"{render.layout.facts['folder']}/conf.d/", render.node.host
    for path, fact in render.observation.files.items():
        if not path.startswith(folder) or not fact.data:
            continue
        view = read_conf(fact.data, f"{host}:{path}")
        if view.listeners or view.tls:
            raise EditError(
                f"it sets listeners, and is read after {CONF}",
                hint=f"Move those lines to {CONF}, or set listener_port to 0 and do it by hand.",
                where=f"{host}:{path}",
            )


def _made(render: Render, path: str, edited: EditedConf) -> FileResource:
    want = LiteralWant(edited.data, edited=True)
    return file_of(render, path, want, "listeners for clients", edited.notes)


def _wanted(render: Render) -> ListenerEdit:
    from app.edits.rabbitmq.conf import ListenerEdit

    options, place = render.node.options, paths(render)
    flags = options["strategy"] == "flags"
    verify = bool(options["listener_verify"])
    return ListenerEdit(
        port=int(options["listener_port"]),
        cacertfile=place["ca"],
        certfile=place["combined"] if flags else place["chain"],
        keyfile=place["combined"] if flags else place["key"],
        verify_peer=verify,
        fail_if_no_peer_cert=verify,
        depth=int(options["depth"]),
        versions=VERSIONS[str(options["versions"])],
        close_plain=render.close_plain,
        management_port=int(options["management_port"]),
    )
