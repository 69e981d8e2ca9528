"""Accept clients on a broker's ports: greet those whose handshake holds, log those it does not."""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import ssl
import threading
from dataclasses import dataclass

from app.demo.brokerfile import Listener, LoadFailure
from app.demo.brokerlog import BrokerLog, in_java
from app.demo.openwire import greeting
from app.demo.protocols import answer

LOOPBACK = "127.0.0.1"
HANDSHAKE_SECONDS = 10.0
IDLE_SECONDS = 60.0
TRANSPORT_LOGGER = "org.apache.activemq.transport.TransportServerThreadSupport"
CONNECTOR_LOGGER = "org.apache.activemq.broker.TransportConnector"


@dataclass(frozen=True, slots=True)
class Port:
    """Hold an open listener, with the TLS context where it speaks TLS."""

    listener: Listener
    socket: socket.socket
    context: ssl.SSLContext | None


def open_port(listener: Listener, context: ssl.SSLContext | None, address: str = LOOPBACK) -> Port:
    """Listen on a connector's port; raises LoadFailure as the product does when it is taken.

    Whatever address the connector binds, this stays on loopback where no other is given.
    """
    try:
        server = socket.create_server((address, listener.port), backlog=64)
    except OSError as error:
        reason = (
            "Address already in use (Bind failed)"
            if error.errno == errno.EADDRINUSE
            else str(error.strerror)
        )
        raise LoadFailure(
            f"java.io.IOException: Failed to bind to server socket: {listener.uri} "
            f"due to: java.net.BindException: {reason}"
        ) from None
    return Port(listener, server, context)


class Acceptors:
    """Serve open ports."""

    def __init__(self, ports: tuple[Port, ...], log: BrokerLog) -> None:
        self._ports = ports
        self._log = log

    def serve(self, ends: tuple[int, ...]) -> None:
        """Accept clients until one of the descriptors `ends` is readable or hung up."""
        with selectors.DefaultSelector() as selector:
            for end in ends:
                selector.register(end, selectors.EVENT_READ)
            for port in self._ports:
                selector.register(port.socket, selectors.EVENT_READ, port)
            while True:
                for key, _ in selector.select():
                    if key.data is None:
                        return
                    self._welcome(key.data)

    def _welcome(self, port: Port) -> None:
        with contextlib.suppress(OSError):
            client, address = port.socket.accept()
            threading.Thread(target=self._client, args=(port, client, address), daemon=True).start()

    def _client(self, port: Port, client: socket.socket, address: tuple[str, int]) -> None:
        client.settimeout(HANDSHAKE_SECONDS)
        with contextlib.closing(client):
            if port.context is None:
                _talk(client, port.listener.protocol)
                return
            try:
                secured = port.context.wrap_socket(client, server_side=True)
            except OSError as error:
                self._reject(address, error)
                return
            with contextlib.closing(secured):
                _talk(secured, port.listener.protocol)

    def _reject(self, address: tuple[str, int], error: OSError) -> None:
        self._log.write(
            "ERROR",
            f"Could not accept connection from tcp://{address[0]}:{address[1]}: {in_java(error)}",
            CONNECTOR_LOGGER,
            f"ActiveMQ BrokerService[demo] Task-{address[1]}",
        )


def _talk(client: socket.socket, protocol: str) -> None:
    """Greet as the protocol wants it; what else the client says has nobody to hear it."""
    client.settimeout(IDLE_SECONDS)
    with contextlib.suppress(OSError):
        if protocol == "openwire":
            client.sendall(greeting())
        while heard := client.recv(65536):
            client.sendall(answer(protocol, heard))
