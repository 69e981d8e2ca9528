"""Dial a TLS port from here, finish the handshake, and then read.

Under TLS 1.3 the client's handshake ends before the server has judged the client's certificate
(RFC 8446, 4.4): only what comes after it tells acceptance from refusal.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from app.quoting import calm
from app.verify.alerts import alert_of, broken, failed_handshake
from app.verify.identity import load_identity
from app.verify.result import Identity, TlsResult, TrustAnchors

SECONDS = 10.0
QUIET = 2.0
# X509_V_FLAG_NO_CHECK_TIME (openssl/x509_vfy.h): a pinned certificate's dates do not count in Java.
_NO_CHECK_TIME = 0x200000


def probe_tls(
    address: str,
    port: int,
    *,
    name: str,
    trust: TrustAnchors | None,
    identity: Identity | None = None,
    hello: bytes = b"",
    newest: str = "",
    seconds: float = SECONDS,
    quiet: float = QUIET,
    clock: Callable[[], float] = monotonic,
) -> TlsResult:
    """Dial `address`:`port` as a peer would dial `name`, and say how it answered.

    `trust` None judges nobody: for probes that only ask whether *we* are refused.  A peer that
    keeps silent for `quiet` seconds after the handshake has accepted us; `seconds` bounds the
    connection, the handshake and the read together.  `hello` is said once the handshake is over;
    `newest` is the newest TLS version that we offer (`TLSv1.2`), empty for any.  Raises PkiError
    for an unusable identity.
    """
    deadline = clock() + seconds
    context = _context(trust, identity)
    if newest:
        context.maximum_version = getattr(ssl.TLSVersion, newest.replace(".", "_"))
    try:
        plain = socket.create_connection((address, port), timeout=seconds)
    except (OSError, UnicodeError) as error:
        return TlsResult("unreachable", _no_connection(address, port, error))
    with plain:
        plain.settimeout(max(0.1, deadline - clock()))
        try:
            tls = context.wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False)
        except ssl.SSLCertVerificationError as error:
            seen = _presented(address, port, name, max(1.0, deadline - clock()))
            why = calm(error.verify_message, 200)
            return replace(
                seen, outcome="untrusted", reason=why, detail=f"its certificate was refused: {why}"
            )
        except TimeoutError:
            return TlsResult("not-tls", f"connected, but no TLS answer within {seconds:g} s")
        except (OSError, ValueError) as error:
            return failed_handshake(error)
        with tls:
            met = _met(tls, trust)
            if met.outcome != "accepted":
                return met
            return _after(tls, met, hello, min(quiet, max(0.1, deadline - clock())))


def _context(trust: TrustAnchors | None, identity: Identity | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trust is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        for der in trust.ders():
            context.load_verify_locations(cadata=der)
    if trust is not None and trust.pinned:
        flags = int(context.verify_flags) | int(ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN)
        context.verify_flags = ssl.VerifyFlags(flags | _NO_CHECK_TIME)
    if identity is not None:
        load_identity(context, identity)
    return context


def _met(tls: ssl.SSLSocket, trust: TrustAnchors | None) -> TlsResult:
    peer = tls.getpeercert(binary_form=True) or b""
    cipher = tls.cipher()
    seen = TlsResult(
        "accepted",
        "",
        protocol=tls.version() or "",
        cipher=cipher[0] if cipher else "",
        peer=peer,
        chain=_chain(tls) or (peer,),
        verified=trust is not None,
    )
    if trust is not None and trust.pinned and peer not in trust.ders():
        why = "it is not the pinned certificate"
        return replace(seen, outcome="untrusted", verified=False, reason=why, detail=why)
    return seen


def _chain(tls: ssl.SSLSocket) -> tuple[bytes, ...]:
    # Public since Python 3.13.
    unverified: Callable[[], list[bytes]] | None = getattr(tls, "get_unverified_chain", None)
    return tuple(bytes(der) for der in unverified()) if unverified is not None else ()


def _after(tls: ssl.SSLSocket, met: TlsResult, hello: bytes, quiet: float) -> TlsResult:
    tls.settimeout(quiet)
    try:
        if hello:
            tls.sendall(hello)
        data = tls.recv(4096)
    except TimeoutError:
        return replace(met, detail=f"handshake done, then silent and open for {quiet:g} s")
    except ssl.SSLError as error:
        return replace(met, outcome="refused", alert=alert_of(error), detail=broken(error, "after"))
    except OSError as error:
        return replace(met, outcome="refused", detail=broken(error, "after"))
    if not data:
        return replace(met, outcome="refused", detail="closed the connection after the handshake")
    return replace(met, detail=f"handshake done, then sent {len(data)} bytes", said=data)


def _presented(address: str, port: int, name: str, seconds: float) -> TlsResult:
    """Dial again judging nobody, to show the certificate that was refused."""
    blank = TlsResult("untrusted", "")
    try:
        with (
            socket.create_connection((address, port), timeout=seconds) as plain,
            _context(None, None).wrap_socket(plain, server_hostname=name) as tls,
        ):
            return replace(_met(tls, None), verified=False)
    except (OSError, ValueError):
        return blank


def _no_connection(address: str, port: int, error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no TCP connection to {address}:{port}: no answer in time"
    if isinstance(error, socket.gaierror):
        return f"no TCP connection: the name {address} is not known here"
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"no TCP connection to {address}:{port}: {calm(text, 200)}"
