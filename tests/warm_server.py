"""Import tlswright once, and become a new process of it at each request.

Usage: python -P tests/warm_server.py SOCKET; ends with its standard input.  A request is a JSON of
module, arguments, folder and environment, with the three standard descriptors; the answer is the
number of the process, then its exit code.  A run that such a process starts is asked for here too.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pkgutil
import runpy
import select
import selectors
import socket
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

MAIN, WORKER = "app.cli.main", "app.engine.worker"
COLD = (MAIN, WORKER, "app.demo")
MOST = 1 << 18


def load() -> None:
    """Import what verbs import when they need it, but not the module that is run."""
    for found in pkgutil.walk_packages(import_module("app").__path__, "app."):
        if not found.name.startswith(COLD) and not found.name.endswith("__main__"):
            import_module(found.name)
    gc.collect()
    gc.freeze()  # or the first collection would touch, and so copy, every page


def request(path: str) -> tuple[dict[str, Any], list[int]]:
    """Fork at each request and give it in the child; the parent never returns."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(64)
    os.write(1, b"ready\n")
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    waiting.register(0, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj == 0:
                os._exit(0)
            if key.fileobj is listener:
                asker, _ = listener.accept()
                data, given, _, _ = socket.recv_fds(asker, MOST, 3)
                pid = os.fork()
                if not pid:
                    _leave(waiting, asker)
                    return json.loads(data), given
                asker.send(b"%d" % pid)
                for descriptor in given:
                    os.close(descriptor)
                waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, asker))
            else:
                pid, asker = key.data
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                waiting.unregister(key.fileobj)
                os.close(key.fd)
                with contextlib.suppress(OSError), asker:
                    asker.send(b"%d" % code)


def _leave(waiting: selectors.BaseSelector, asker: socket.socket) -> None:
    """Close what is the server's own."""
    for key in list(waiting.get_map().values()):
        if isinstance(key.fileobj, socket.socket):
            key.fileobj.close()
        elif key.data:
            os.close(key.fd)
            key.data[1].close()
    asker.close()
    waiting.close()


def ask(
    path: str,
    module: str,
    arguments: Sequence[str],
    cwd: str,
    environment: Mapping[str, str],
    descriptors: Sequence[int],
) -> tuple[socket.socket, int]:
    """Ask a server for a process; gives its number, and the socket that its exit code comes on."""
    asked = {"module": module, "arguments": list(arguments), "cwd": cwd,
             "environment": dict(environment)}  # fmt: skip
    asker = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    asker.connect(path)
    socket.send_fds(asker, [json.dumps(asked).encode()], descriptors)
    return asker, int(asker.recv(32))


def spawn(path: str, directory: Path, run: str, folder: Path, secrets: bytes) -> None:
    """Start a run as app.engine.spawn does, by a server."""
    from app.engine.journal import alive

    log = os.open(folder / "worker.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    reading, writing = os.pipe()
    asker, _ = ask(path, WORKER, [str(directory), run], "/", os.environ, [reading, log, log])
    for descriptor in (log, reading):
        os.close(descriptor)
    with asker, open(writing, "wb") as pipe, contextlib.suppress(BrokenPipeError):
        pipe.write(secrets)
        pipe.close()
        while not alive(folder / "journal.jsonl") and not select.select([asker], [], [], 0.02)[0]:
            pass


def become(asked: dict[str, Any], given: list[int]) -> None:
    """Take the place, the environment and the descriptors that were asked for, and nothing else."""
    os.setsid()
    for number, descriptor in enumerate(given):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    import_module("app.engine.spawn").spawn = partial(spawn, sys.argv[1])  # type: ignore[attr-defined]
    sys.argv = [asked["module"], *asked["arguments"]]
    sys.modules.pop(asked["module"], None)
    runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    load()
    become(*request(sys.argv[1]))
