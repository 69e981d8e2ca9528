"""Import the command line once, and become a new process of it at each request.

Usage: python -P tests/warm_server.py SOCKET; ends with its standard input.  A request is a JSON of
arguments, folder and environment, with the three standard descriptors; the answer is the number of
the process, then its exit code.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import socket
import sys

MAIN = "app.cli.main"
COLD = (MAIN, "app.demo", "app.engine.worker")
MOST = 1 << 18


def load() -> None:
    """Import what verbs import when they need it, but not the module that is run."""
    for found in pkgutil.walk_packages(importlib.import_module("app").__path__, "app."):
        if not found.name.startswith(COLD) and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    gc.collect()
    gc.freeze()  # or the first collection would touch, and so copy, every page


def request(path: str) -> tuple[dict[str, object], list[int]]:
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


def become(asked: dict[str, object], given: list[int]) -> None:
    """Take the place, the environment and the descriptors that were asked for, and nothing else."""
    os.setsid()
    for number, descriptor in enumerate(given):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(str(asked["cwd"]))
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    sys.argv = [MAIN, *asked["arguments"]]  # type: ignore[misc]


if __name__ == "__main__":
    load()
    become(*request(sys.argv[1]))
    runpy.run_module(MAIN, run_name="__main__", alter_sys=True)
