"""What a verification is given: the links with what is expected of them, and the means to probe."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.kinds.base import ClientPort
from app.model import Link
from app.pki.facts import CertificateFacts
from app.remote.base import Remote
from app.verify.answers import Answers
from app.verify.plain import probe_plain
from app.verify.probe import probe_tls
from app.verify.remote_probe import RemoteDial
from app.verify.result import Identity, TlsResult, TrustAnchors
from app.verify.rows import Expected
from app.verify.whys import Whys


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """Say how to probe one link.

    `address` is where the control machine reaches the acceptor; `trust` what the initiator should
    trust; `dial` how its own host dials, None where it cannot be asked; `seen_as` the addresses
    under which the acceptor's log names the initiator.
    """

    link: Link
    kind: str
    address: str
    trust: TrustAnchors
    expected: Expected = field(default_factory=Expected)
    dial: RemoteDial | None = None
    seen_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientCheck:
    """Say how to probe a port for clients that are no nodes.

    `address` is where the control machine reaches it; `dial` how its own host does, with its own
    key, None where it cannot be asked; `trust` and `expected` are as in LinkCheck.
    """

    port: ClientPort
    kind: str
    address: str
    trust: TrustAnchors
    expected: Expected = field(default_factory=Expected)
    dial: RemoteDial | None = None


class TlsProbe(Protocol):
    """Dial with TLS, as `probe_tls` does."""

    def __call__(
        self,
        address: str,
        port: int,
        *,
        name: str,
        trust: TrustAnchors | None,
        identity: Identity | None = None,
        hello: bytes = b"",
        newest: str = "",
    ) -> TlsResult: ...


class PlainProbe(Protocol):
    """Dial without TLS, as `probe_plain` does."""

    def __call__(self, address: str, port: int) -> TlsResult: ...


def no_logs(host: str) -> tuple[str, ...]:
    """Give no lines, where nobody can read a log."""
    return ()


@dataclass(frozen=True, slots=True)
class Probes:
    """Hold the means: clock, randomness, connections and short-lived certificates.

    `remote` gives a host's open connection or None, and may be called from several threads;
    so may the connection's `run`.  `own` gives a client certificate of the site's authority, None
    where there is none to be had (pinned trust); `foreign` one that nobody should accept.
    `facts` reads a certificate (DER); `token` gives an unguessable word; `logs` the newest lines
    of a product's log on a host.
    """

    now: Callable[[], datetime]
    facts: Callable[[bytes], CertificateFacts]
    remote: Callable[[str], Remote | None]
    own: Callable[[LinkCheck | ClientCheck], Identity | None]
    foreign: Callable[[LinkCheck | ClientCheck], Identity]
    token: Callable[[], str]
    logs: Callable[[str], tuple[str, ...]] = no_logs
    tls: TlsProbe = probe_tls
    plain: PlainProbe = probe_plain
    answers: Answers = field(default_factory=Answers)
    whys: Whys = field(default_factory=Whys)
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
