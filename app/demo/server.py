"""Serve SSH on loopback for one demo host, whose file system is a folder.

One listener, one thread for a connection, one for a command and one for each of its streams.  The
commands run as the user who started the server, with an environment of their own; there is no
terminal, no SFTP and no shell session, since nothing here needs them.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import selectors
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import paramiko

from app.demo.session import Accept, ReplyingTransport, Session

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
END_SECONDS = 3.0


class SshServer:
    """Listen on a loopback port and run what clients ask for in `folder`.

    `key` is the path of the host's private key, `port` 0 takes a free one.  `stop` ends everything
    that runs in sessions of this server; a client that hangs up ends nothing.
    """

    def __init__(
        self,
        folder: Path,
        key: Path,
        accept: Accept,
        *,
        address: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._folder = folder
        self._accept = accept
        self._key = paramiko.Ed25519Key.from_private_key_file(str(key))
        self._listener = socket.create_server((address, port), backlog=128)
        self._wake, self._waker = socket.socketpair()
        self._lock = threading.Lock()
        self._transports: set[Any] = set()
        self._sessions: list[Session] = []
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._listen, name="demo-sshd", daemon=True)

    @property
    def port(self) -> int:
        """Give the port that is listened on."""
        return int(self._listener.getsockname()[1])

    @property
    def host_key(self) -> str:
        """Give the host key as `type base64`, the way a site pins it."""
        return f"{self._key.get_name()} {self._key.get_base64()}"

    def start(self) -> SshServer:
        """Start to listen."""
        self._thread.start()
        return self

    def __enter__(self) -> SshServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def drop(self) -> None:
        """Cut every connection, as a broken network does; commands go on."""
        with self._lock:
            transports = tuple(self._transports)
        for transport in transports:
            with contextlib.suppress(OSError):
                transport.sock.shutdown(socket.SHUT_RDWR)
            transport.close()

    def stop(self) -> None:
        """Close the port, cut the connections, end the commands, and wait for all of it."""
        with self._lock:
            if self._stopping:
                return
            self._stopping = True
        self._waker.send(b"x")
        self._thread.join(END_SECONDS)
        self.drop()
        with self._lock:
            sessions, threads = tuple(self._sessions), tuple(self._threads)
        running = [execution for session in sessions for execution in session.executions()]
        for number in (signal.SIGTERM, signal.SIGKILL):
            for execution in running:
                execution.end(number)
            running = [execution for execution in running if not execution.join(END_SECONDS)]
        for thread in threads:
            thread.join(END_SECONDS)
        for end in (self._listener, self._wake, self._waker):
            end.close()

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if self._wake in ready:
                    return
                with contextlib.suppress(OSError):
                    self._welcome(self._listener.accept()[0])

    def _welcome(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(
            target=self._serve, args=(connection,), name="demo-connection", daemon=True
        )
        with self._lock:
            self._threads = [t for t in self._threads if t.is_alive()] + [thread]
            self._sessions = [s for s in self._sessions if not s.over or s.executions()]
        thread.start()

    def _serve(self, connection: socket.socket) -> None:
        """Hold one connection; channels live as long as somebody holds them, so this does."""
        with contextlib.closing(connection):
            try:
                transport = ReplyingTransport(connection)
            except (OSError, paramiko.SSHException):
                return
            transport.daemon = True
            transport.add_server_key(self._key)
            session = Session(self._accept, self._folder, self._environment())
            transport.on_reply = session.on_reply
            with self._lock:
                self._transports.add(transport)
                self._sessions.append(session)
            try:
                if not self._stopping:
                    self._hold(transport, session)
            finally:
                transport.close()
                session.over = True
                with self._lock:
                    self._transports.discard(transport)

    def _hold(self, transport: Any, session: Session) -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            transport.start_server(event=threading.Event(), server=session)
            held: list[Any] = []
            while transport.is_active():
                channel = transport.accept(1.0)
                held = [c for c in held if not c.closed]
                if channel is None:
                    continue
                held.append(channel)
                if (forward := session.forward(channel.get_id())) is not None:
                    forward.start(channel)
            transport.join(END_SECONDS)

    def _environment(self) -> dict[str, str]:
        user = pwd.getpwuid(os.getuid()).pw_name
        return {
            "HOME": str(self._folder),
            "LOGNAME": user,
            "PATH": PATH,
            "SHELL": "/bin/sh",
            "USER": user,
        }
