"""Certificates, real TLS and TCP servers, and a shell, for the tests of probes."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from app.model import Host
from app.observed import HostObservation, Output, Survey
from app.pki.authority import Authority, create_root, issue, self_sign
from app.pki.credential import Credential
from app.pki.names import san_entries
from app.pki.pem import pem_cert, pem_chain, pem_key
from app.pki.spec import IssueSpec
from app.remote.base import Ack, Member, Transaction
from app.verify.identity import load_identity
from app.verify.result import Identity, TrustAnchors
from tests.until import until

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=400)
NAME = "hub.example.com"
SPEC = IssueSpec(
    NAME, san_entries([NAME, "localhost", "127.0.0.1"]), "peer", "ec-p256", 90, "Example", 1
)
OTHER_NAME = replace(SPEC, subject="b.example.com", sans=san_entries(["b.example.com"]))
PINNED = replace(SPEC, self_signed=True)
Behaviour = Literal["talk", "silent", "close", "reset"]


def root() -> Authority:
    """Give the site's authority."""
    return named("Example")


@cache
def named(name: str) -> Authority:
    """Give an authority by name, the same on each call."""
    return create_root(name, 1, "ec-p256", 3650, LONG_AGO)


@cache
def made(spec: IssueSpec = SPEC, at: datetime = NOW) -> Credential:
    """Give a credential by spec and time of issue, the same on each call."""
    return self_sign(spec, at) if spec.self_signed else issue(named(spec.issuer), spec, at)


def identity(credential: Credential) -> Identity:
    """Give a credential as probes take it."""
    return Identity(pem_chain(credential), pem_key(credential))


def trust(*ders: bytes, pinned: bool = False) -> TrustAnchors:
    """Give trust in certificates, by default in the authority Example."""
    chosen = ders or (root().cert_der,)
    return TrustAnchors(b"".join(map(pem_cert, chosen)).decode(), pinned)


@contextmanager
def tcp_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve each connection in a thread until the block ends; give the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    over = threading.Event()
    threads: list[threading.Thread] = []

    def one(peer: socket.socket) -> None:
        with peer:
            try:
                serve(peer)
            except (OSError, ValueError):
                return

    def loop() -> None:
        while not over.is_set():
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            peer.settimeout(10)
            threads.append(threading.Thread(target=one, args=(peer,)))
            threads[-1].start()

    accepting = threading.Thread(target=loop)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        accepting.join()
        for thread in threads:
            thread.join()
        listener.close()


@contextmanager
def tls_server(
    credential: Credential,
    behaviour: Behaviour = "talk",
    *,
    clients: TrustAnchors | None = None,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> Iterator[int]:
    """Serve TLS of one version; `clients` None lets everybody in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    load_identity(context, identity(credential))
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        for der in clients.ders():
            context.load_verify_locations(cadata=der)
        if clients.pinned:
            context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN

    def serve(peer: socket.socket) -> None:
        with context.wrap_socket(peer, server_side=True) as tls:
            behave(tls, behaviour)

    with tcp_server(serve) as port:
        yield port


def behave(tls: ssl.SSLSocket, behaviour: Behaviour) -> None:
    """Do what the server does once the handshake is over."""
    if behaviour == "close":
        tls.unwrap()
    elif behaviour == "reset":
        with socket.socket(fileno=tls.detach()) as bare:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        if behaviour == "talk":
            tls.sendall(b"\x00\x00\x01\x36\x01ActiveMQ")
        tls.recv(1)


@contextmanager
def s_server(folder: Path, credential: Credential, *arguments: str) -> Iterator[int]:
    """Run `openssl s_server`, which lets in clients of the authority Example only."""
    (folder / "server.pem").write_bytes(pem_chain(credential) + pem_key(credential))
    (folder / "ca.pem").write_bytes(pem_cert(root().cert_der))
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    words = [
        *("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", "server.pem"),
        *("-key", "server.pem", "-CAfile", "ca.pem", "-Verify", "2", "-verify_return_error"),
        *("-quiet", *arguments),
    ]
    process = subprocess.Popen(
        words,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _listens(port), 10, "a server of OpenSSL to listen")
        yield port
    finally:
        process.kill()
        process.communicate()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@dataclass
class ShellHost:
    """Be a host whose commands run in a shell of this machine."""

    host: Host
    shell: tuple[str, ...] = ("sh",)
    path: str = "/usr/sbin:/usr/bin:/sbin:/bin"

    def run(self, command: str, *, stdin: bytes = b"", seconds: float = 30.0) -> Output:
        """Run a snippet, which arrives as a file so that standard input is its own."""
        done = subprocess.run(
            [*self.shell, "-c", command],
            input=stdin, capture_output=True, timeout=seconds, env={"PATH": self.path}, check=False,
        )  # fmt: skip
        return Output(
            done.returncode,
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"),
        )

    def watch(self, tell: Callable[[str], None]) -> None:
        """Tell nothing."""

    def observe(self, survey: Survey) -> HostObservation:
        """Answer no survey: probes ask for none."""
        raise NotImplementedError

    def begin(self, member: Member) -> Transaction:
        """Begin nothing: probes change nothing."""
        raise NotImplementedError

    def finish(self, transaction: str, how: Literal["recover", "forget"]) -> Ack:
        """Finish nothing: probes change nothing."""
        raise NotImplementedError

    def close(self) -> None:
        """Close nothing."""
