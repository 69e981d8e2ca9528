"""Stand where the broker of a demo host would: read its files, listen, and log as ActiveMQ does.

It is the TLS side of a broker and nothing more: whoever completes the handshake is greeted, and no
message is ever carried.  `python -P -m app.demo.broker --root FOLDER` answers once the ports are
open and goes on in the background; it ends by SIGTERM, or when the demo host is gone.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from app.demo.brokerfile import CONF, BrokerFile, Listener, LoadFailure, read_broker_file
from app.demo.brokerlog import BrokerLog
from app.demo.listening import CONNECTOR_LOGGER, TRANSPORT_LOGGER, Acceptors, Port, open_port

VERSION = "5.17.2"
PID_FILE = "run/activemq/main.pid"
LOG_FILE = "var/lib/activemq/main/data/activemq.log"
LIB = "usr/share/activemq/lib"
ALIVE = "run/demo-host"
"""A FIFO that the demo host holds open for writing; its end is the end of the host."""
SERVICE_LOGGER = "org.apache.activemq.broker.BrokerService"


def main(arguments: Sequence[str] | None = None) -> int:
    """Load, listen, go to the background; answers 1 with the reason in the log."""
    parser = argparse.ArgumentParser(prog="python -P -m app.demo.broker")
    parser.add_argument("--root", type=Path, required=True, help="the folder of the demo host")
    root = parser.parse_args(arguments).root.resolve()
    log = BrokerLog(root / LOG_FILE, lambda: datetime.now().astimezone())
    try:
        file, ports = _load(root)
    except LoadFailure as failure:
        _report(log, str(failure))
        return 1
    if child := os.fork():
        (root / PID_FILE).write_text(f"{child}\n")
        _announce(log, file, ports, _full_name(file, child))
        return 0
    os.setsid()
    _leave_terminal()
    Acceptors(ports, log).serve(_ends(root))
    for port in ports:
        port.socket.close()
    log.write("INFO", f"Apache ActiveMQ {VERSION} {_full_name(file, os.getpid())} is shutdown",
              SERVICE_LOGGER)  # fmt: skip
    _forget(root / PID_FILE)
    os._exit(0)


def _full_name(file: BrokerFile, pid: int) -> str:
    return f"({file.name}, ID:{file.name}-{pid}-0:1)"


def _load(root: Path) -> tuple[BrokerFile, tuple[Port, ...]]:
    """Read the configuration, open the stores and then the ports, all or none."""
    path = Path(CONF) / "activemq.xml"
    try:
        data = (root / path.relative_to("/")).read_bytes()
    except OSError:
        raise LoadFailure(
            "java.io.FileNotFoundException: class path resource [activemq.xml] "
            "cannot be opened because it does not exist"
        ) from None
    file = read_broker_file(data)
    with contextlib.ExitStack() as opened:
        ports = []
        for listener in file.listeners:
            _recognize(root, listener)
            context = None
            if listener.secure or file.ssl:
                from app.demo.stores import hold_to, server_context

                context = server_context(root, file.ssl, listener.wants_certificate)
                hold_to(context, listener.versions)
            port = open_port(listener, context if listener.secure else None)
            opened.callback(port.socket.close)
            ports.append(port)
        opened.pop_all()
    return file, tuple(ports)


def _recognize(root: Path, listener: Listener) -> None:
    """Refuse a scheme whose library is not there, as the product does."""
    protocol = listener.protocol
    if protocol != "openwire" and not (root / LIB / f"activemq-{protocol}.jar").exists():
        raise LoadFailure(f"java.io.IOException: Transport scheme NOT recognized: "
                          f"[{listener.scheme}]")  # fmt: skip


def _report(log: BrokerLog, reason: str) -> None:
    first = "Failed to load: class path resource [activemq.xml], reason: "
    log.write(
        "ERROR",
        f"{first}Error creating bean with name 'org.apache.activemq.xbean.XBeanBrokerService#0'; "
        f"nested exception is {reason}\nCaused by: {reason}",
        "org.apache.activemq.xbean.XBeanBrokerFactory",
    )


def _announce(log: BrokerLog, file: BrokerFile, ports: Sequence[Port], full_name: str) -> None:
    product = f"Apache ActiveMQ {VERSION} {full_name}"
    log.write("INFO", f"{product} is starting", SERVICE_LOGGER)
    for port in ports:
        uri = port.listener.uri
        log.write("INFO", f"Listening for connections at: {uri}", TRANSPORT_LOGGER)
        log.write("INFO", f"Connector {port.listener.name} started", CONNECTOR_LOGGER)
    log.write("INFO", f"{product} started", SERVICE_LOGGER)


def _leave_terminal() -> None:
    """Let go of the caller's streams, or its SSH channel would wait for them for ever."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)


def _ends(root: Path) -> tuple[int, ...]:
    """Give descriptors that become readable at SIGTERM or when the demo host has gone."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGTERM, lambda *_: None)
    alive = root / ALIVE
    if not alive.is_fifo():
        return (reader,)
    host = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    if _gone(host):
        os.write(writer, b"x")
    return (reader, host)


def _gone(host: int) -> bool:
    """Tell whether nobody holds the other end; polling alone does not tell who never came."""
    try:
        return os.read(host, 1) == b""
    except BlockingIOError:
        return False


def _forget(pid_file: Path) -> None:
    with contextlib.suppress(OSError, ValueError):
        if int(pid_file.read_text()) == os.getpid():
            pid_file.unlink()


if __name__ == "__main__":
    sys.exit(main())
