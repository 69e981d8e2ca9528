#!/usr/bin/python3 -I
"""Be the JVM of Debian's ActiveMQ on a lab host: the same files, ports, log and signals, no queues.

It stands at /usr/bin/activemq, so Debian's own script and tlswright's commands start and stop it as
the user activemq.  It reads the real activemq.xml and the real stores, opens its ports in the time
that /etc/tiny.conf gives, and dials its bridges.  Python's standard library and openssl are all
that it needs: it runs on the host.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, "/usr/lib/tiny")

from app.demo.brokerfile import (
    CONF,
    BrokerFile,
    LoadFailure,
    expand,
    read_broker_file,
)
from app.demo.brokerlog import BrokerLog, in_java
from app.demo.listening import Acceptors, Port, open_port
from app.demo.stores import load_chain, open_store

CONFIG = Path(CONF) / "activemq.xml"
SETTINGS = Path("/etc/tiny.conf")
SERVICE = "org.apache.activemq.broker.BrokerService"
BRIDGE = "org.apache.activemq.network.DemandForwardingBridgeSupport"
PRODUCT = "Apache ActiveMQ 5.17.2"
ANYWHERE = "0.0.0.0"
AGAIN_SECONDS = 0.2
_CONNECTOR = re.compile(r"<networkConnector\s[^>]*>")
_NAME = re.compile(r'\sname="([^"]*)"')
_DIALS = re.compile(r"static:\(ssl://([^:)]+):(\d+)\)")


def settings(config: bytes) -> dict[str, str]:
    """Read KEY=VALUE lines; with UNLESS they count only for another configuration than that one."""
    rows = SETTINGS.read_text().split() if SETTINGS.exists() else []
    found = dict(row.split("=", 1) for row in rows)
    spared = found.get("UNLESS") == hashlib.sha256(config).hexdigest()
    return {} if spared else found


def main() -> int:
    """Load, listen, dial, and serve until SIGTERM."""
    Path("/proc/self/comm").write_text("java")
    data = Path(f"/var/lib/activemq/{os.environ['INSTANCE']}/data")
    data.mkdir(parents=True, exist_ok=True)
    log = BrokerLog(data / "activemq.log", lambda: datetime.now().astimezone())
    pid_file = Path(os.environ["ACTIVEMQ_PIDFILE"])
    pid_file.write_text(f"{os.getpid()}\n")
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    config = CONFIG.read_bytes()
    chosen = settings(config)
    ignored = chosen.get("STOPS") == "never"
    signal.signal(signal.SIGTERM, signal.SIG_IGN if ignored else lambda *_: None)
    try:
        file = read_broker_file(config)
        full = f"{PRODUCT} ({file.name}, ID:{file.name}-{os.getpid()}-0:1)"
        log.write("INFO", f"{full} is starting", SERVICE)
        time.sleep(float(chosen.get("START_SECONDS", "0")))
        ports = tuple(_ports(file))
    except LoadFailure as failure:
        text = f"Failed to load: class path resource [activemq.xml], reason: {failure}"
        log.write("ERROR", f"{text}\nCaused by: {failure}", "org.apache.activemq.xbean")
        return 1
    for port in ports:
        log.write("INFO", f"Listening for connections at: {port.listener.uri}", SERVICE)
    log.write("INFO", f"{full} started", SERVICE)
    if "DIES_AFTER" in chosen:
        again = (ports, wake, pid_file) if "AGAIN" in chosen else ()
        threading.Timer(float(chosen["DIES_AFTER"]), _die, (log, *again)).start()
    for tag in _CONNECTOR.findall(config.decode()):
        name, where = _NAME.search(tag), _DIALS.search(expand(tag))
        if name and where:
            bridge = (log, file, name[1], where[1], int(where[2]))
            threading.Thread(target=_bridge, args=bridge, daemon=True).start()
    Acceptors(ports, log).serve((wake,))
    log.write("INFO", f"{full} is shutdown", SERVICE)
    pid_file.unlink(missing_ok=True)
    os._exit(0)


def _die(
    log: BrokerLog, ports: tuple[Port, ...] = (), wake: int = 0, pid_file: Path | None = None
) -> None:
    """Die; another process goes on with the ports at once where somebody watches the service."""
    if pid_file is not None and not os.fork():
        pid_file.write_text(f"{os.getpid()}\n")
        Acceptors(ports, log).serve((wake,))
        os._exit(0)
    log.write("ERROR", "java.lang.OutOfMemoryError: Java heap space", SERVICE)
    os._exit(3)


def _ports(file: BrokerFile) -> list[Port]:
    ports = []
    for listener in file.listeners:
        context = _context(file, listener.wants_certificate) if listener.secure else None
        ports.append(open_port(listener, context, ANYWHERE))
    return ports


def _context(file: BrokerFile, demand: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _fill(context, file)
    context.verify_mode = ssl.CERT_REQUIRED if demand else ssl.CERT_NONE
    return context


def _fill(context: ssl.SSLContext, file: BrokerFile) -> None:
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    load_chain(context, _pem(file, "keyStore"))
    context.load_verify_locations(cadata=_pem(file, "trustStore", "-nokeys").decode())


def _pem(file: BrokerFile, which: str, *more: str) -> bytes:
    """Open a PKCS12 store as Java does, and give what is in it."""
    data, password = open_store(Path("/"), file.ssl, which)
    read, write = os.pipe()
    os.write(write, f"{password}\n".encode())
    os.close(write)
    words = ["openssl", "pkcs12", "-noenc", "-passin", f"fd:{read}", *more]
    done = subprocess.run(words, input=data, capture_output=True, pass_fds=(read,))
    os.close(read)
    if done.returncode:
        raise LoadFailure("java.io.IOException: keystore password was incorrect")
    return done.stdout


def _bridge(log: BrokerLog, file: BrokerFile, acceptor: str, peer: str, port: int) -> None:
    """Keep one bridge up, and log its life as the product does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _fill(context, file)
    while True:
        ends = f"vm://{file.name}#0 and ssl://{peer}:{port}"
        try:
            with socket.create_connection((peer, port), timeout=5) as raw:
                address = raw.getpeername()[0]
                ends = f"vm://{file.name}#0 and ssl://{peer}/{address}:{port}"
                with context.wrap_socket(raw, server_hostname=peer) as wrapped:
                    if wrapped.recv(4096):
                        text = (
                            f"Network connection between {ends} ({acceptor}) has been established."
                        )
                        log.write("INFO", text, BRIDGE)
                    wrapped.settimeout(None)
                    while wrapped.recv(4096):
                        pass
            why = "java.io.EOFException"
        except OSError as error:
            why = in_java(error)
        text = f"Network connection between {ends} shutdown due to a remote error: {why}"
        log.write("WARN", text, BRIDGE)
        time.sleep(AGAIN_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
