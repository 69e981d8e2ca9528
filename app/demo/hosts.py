"""Run the demo's hosts: an SSH server and a broker each, in a process of their own.

`python -P -m app.demo.hosts DIR` answers 0 once all are up and goes on in the background, out of
reach of the terminal.  It stays while a front end of the demo is alive or a run is active on the
site, and ends everything that it started when neither is.  If it is killed, the brokers notice and
end by themselves.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

from app.demo.active import run_is_active
from app.demo.broker import ALIVE
from app.demo.keys import make_key
from app.demo.place import NAMES, DemoHost, Place, free_ports, is_free
from app.demo.rootfs import INIT, lay_out
from app.demo.sitefile import site_text
from app.errors import Exit, PreflightError, TlswrightError

LOOK_SECONDS = 1.0
COMMAND_SECONDS = 30


def main(arguments: list[str]) -> int:
    """Run the hosts of the demo directory that is the one argument.

    What goes wrong on the way up is said on standard error, and the exit code is the error's.
    """
    place = Place(Path(arguments[0]).resolve())
    ready, said = os.pipe()
    if child := os.fork():
        os.close(said)
        with open(ready, "rb") as answer:
            if answer.read():
                return 0
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(ready)
    os.setsid()
    os._exit(_background(place, said))


def _background(place: Place, said: int) -> int:
    """Run the hosts; gives an exit code.

    The lock is let go by the end of the process and not before: whoever waits for it may then be
    sure that nothing is left.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    lock = place.lock("hosts")
    try:
        lock.__enter__()
        run(place, lambda: _say_ready(said))
    except TlswrightError as error:
        print(f"{error} ({error.hint})" if error.hint else error, file=sys.stderr)
        return int(error.exit_code)
    except Exception:
        logging.exception("the demo hosts end")
        return int(Exit.BUG)
    return 0


def run(place: Place, ready: Callable[[], None]) -> None:
    """Bring the hosts up, say so, serve until nobody needs them, and take them down."""
    from app.demo.server import SshServer
    from app.demo.session import Accept

    hosts = prepare(place)
    accept = Accept(keys=(make_key(place.client_key),))
    with contextlib.ExitStack() as stack:
        place.remember(hosts, os.getpid())
        stack.callback(_forget, place, hosts)
        for host in hosts:
            root = place.root(host.name)
            alive = os.open(root / ALIVE, os.O_RDWR | os.O_NONBLOCK)
            stack.callback(os.close, alive)
            server = SshServer(root, place.host_key(host.name), accept, port=host.ssh)
            stack.enter_context(server)
        stack.callback(_brokers, place, hosts, "stop")
        _brokers(place, hosts, "start")
        ready()
        _wait(_need(place))


def _need(place: Place) -> Callable[[], bool]:
    """Give the question whether somebody still needs the hosts.

    Nobody does once the directory has been removed under them, or made anew by another demo.
    """
    lock = place.dir / "hosts.lock"
    ours = lock.stat().st_ino

    def needed() -> bool:
        try:
            if lock.stat().st_ino != ours:
                return False
        except OSError:
            return False
        return place.keep.exists() or place.used() or run_is_active(place.site)

    return needed


def _forget(place: Place, hosts: tuple[DemoHost, ...]) -> None:
    with contextlib.suppress(OSError):
        place.remember(hosts, 0)


def prepare(place: Place) -> tuple[DemoHost, ...]:
    """Make the demo directory, or find what an earlier demo left there.

    Raises PreflightError when a port of an earlier demo has been taken since.
    """
    hosts = place.hosts()
    if not hosts:
        ports = free_ports(3 * len(NAMES), SystemRandom())
        hosts = tuple(DemoHost(name, *ports[3 * i : 3 * i + 3]) for i, name in enumerate(NAMES))
    taken = [p for h in hosts for p in (h.ssh, h.plain, h.tls) if not is_free(p)]
    if taken:
        raise PreflightError(
            f"port {taken[0]} of the demo in {place.dir} is in use by another program",
            hint="start a new demo with --fresh",
        )
    keys = {}
    place.client_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_key(place.client_key)
    for host in hosts:
        lay_out(place.root(host.name), host.plain)
        keys[host.name] = make_key(place.host_key(host.name))
    place.site.mkdir(mode=0o700, exist_ok=True)
    if not (place.site / "site.yaml").exists():
        (place.site / "site.yaml").write_text(site_text(place, hosts, keys))
    return hosts


def _brokers(place: Place, hosts: tuple[DemoHost, ...], verb: str) -> None:
    """Start or stop all brokers at the same time, each by its host's own script."""
    scripts = [place.root(host.name) / INIT for host in hosts]
    started = [
        subprocess.Popen([script, verb], stdout=subprocess.DEVNULL)
        for script in scripts
        if script.exists()
    ]
    for process in started:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(COMMAND_SECONDS)


def _say_ready(said: int) -> None:
    """Answer whoever waits for us, and let go of the terminal."""
    os.write(said, b"ready")
    os.close(said)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    os.close(null)


def _wait(needed: Callable[[], bool]) -> None:
    """Return at SIGTERM, or when nobody needs the hosts."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    while needed():
        if select.select([reader], [], [], LOOK_SECONDS)[0]:
            break
    signal.set_wakeup_fd(-1)
    os.close(reader)
    os.close(writer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
