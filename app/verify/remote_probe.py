"""Dial a link from its initiator's own host, with the initiator's own key, through openssl there.

Only this shows what the service itself meets: its name resolution, its routes, its key and trust
stores.  Passwords go over standard input, the key lies for the time of the dial in a file of mode
0600 in a folder of mode 0700 in memory, and nothing of it comes back.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Literal

from app.kinds.resources import StoreFormat
from app.pki.secret import Secret
from app.quoting import sh, sh_words
from app.remote.base import Remote
from app.verify.result import TlsResult
from app.verify.s_client import parse_dial

_NO_PASSWORD = Secret("")


@dataclass(frozen=True, slots=True)
class HostStore:
    """Name a store on a host.

    For a PEM key store, `path` is the key's file and `certificate` the chain's where that is
    another file.
    """

    path: str
    format: StoreFormat
    password: Secret = field(default=_NO_PASSWORD, repr=False)
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class RemoteDial:
    """Say what to dial from a host, and with what.

    Without a `trust` store that openssl reads, `trust_pem` (public certificates) is sent along.
    `quiet` is for how many seconds the connection must stay open after the handshake.
    """

    name: str
    port: int
    key: HostStore
    trust: HostStore | None = None
    trust_pem: str = ""
    pinned: bool = False
    quiet: int = 2
    seconds: int = 10


def unreadable(dial: RemoteDial) -> str:
    """Say why openssl cannot make this dial; empty when it can."""
    if dial.key.format == "JKS":
        return "openssl does not read the host's JKS key store"
    if not dial.trust_pem and (dial.trust is None or dial.trust.format == "JKS"):
        return "openssl does not read the host's JKS trust store"
    secrets = [s.password.reveal() for s in (dial.key, dial.trust) if s is not None]
    if any("\n" in text or "\0" in text for text in secrets):
        return "a store's password holds a line end"
    return ""


def probe_from(remote: Remote, dial: RemoteDial, token: str) -> TlsResult:
    """Run the dial on a host.

    `token` must be unguessable to the peer: it frames the answer.  Raises what `Remote.run`
    raises when the connection to the host itself is lost.
    """
    if why := unreadable(dial):
        return TlsResult("unproven", why, source=remote.host.name)
    # Up to 8 openssl runs go before the dial, hence the slack.
    answer = remote.run(
        snippet(dial, token, remote.host.root),
        stdin=standard_input(dial),
        seconds=dial.seconds + dial.quiet + 30.0,
    )
    return parse_dial(answer, token, remote.host.name, connect(dial))


def connect(dial: RemoteDial) -> str:
    """Give `NAME:PORT` as openssl wants it."""
    return f"[{dial.name}]:{dial.port}" if ":" in dial.name else f"{dial.name}:{dial.port}"


def snippet(dial: RemoteDial, token: str, root: str = "") -> str:
    """Give the POSIX-sh snippet; it holds no secret.

    `root` is the host's prefix for every path, empty but for hosts that are folders.
    """
    address = _is_address(dial.name)
    trust = dial.trust if _trust_format(dial) else None
    values = {
        "token": token,
        "connect": connect(dial),
        "sni": "" if address else dial.name,
        "key_path": root + dial.key.path,
        "key_format": dial.key.format,
        "cert_path": root + dial.key.certificate if dial.key.certificate else "",
        "trust_path": root + trust.path if trust is not None else "",
        "trust_format": _trust_format(dial),
        "pinned": "1" if dial.pinned else "",
        "hold": str(dial.quiet),
        "limit": str(dial.seconds + dial.quiet),
    }
    lines = [f"{key}={sh(value)}" for key, value in values.items()]
    name_check = sh_words("-verify_ip" if address else "-verify_hostname", dial.name)
    script = files("app.verify").joinpath("remote_probe.sh").read_text("utf-8")
    return "\n".join((*lines, script.replace("$verify -CA", f"{name_check} -CA")))


def standard_input(dial: RemoteDial) -> bytes:
    """Give what the snippet reads: two passwords, then the certificates to trust."""
    trust = dial.trust.password.reveal() if dial.trust is not None else ""
    pem = "" if _trust_format(dial) else dial.trust_pem
    return f"{dial.key.password.reveal()}\n{trust}\n{pem}".encode()


def _trust_format(dial: RemoteDial) -> Literal["", "PKCS12", "PEM"]:
    """Give the format of the host's own trust store, empty where the certificates are sent."""
    if dial.trust is None or dial.trust.format == "JKS":
        return ""
    return dial.trust.format


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
