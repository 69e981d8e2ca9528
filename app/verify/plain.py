"""Say something in plain text to a port that should speak TLS only."""

from __future__ import annotations

import socket
from collections.abc import Callable
from time import monotonic

from app.quoting import calm
from app.verify.result import TlsResult

HELLO = b"GET / HTTP/1.0\r\n\r\n"
_ALERT, _HANDSHAKE = 0x15, 0x16


def probe_plain(
    address: str,
    port: int,
    *,
    hello: bytes = HELLO,
    seconds: float = 10.0,
    quiet: float = 2.0,
    clock: Callable[[], float] = monotonic,
) -> TlsResult:
    """Dial without TLS and say whether anybody talks to us in plain text.

    A product that greets first is heard before `hello` is sent; the default makes most text and
    binary protocols answer with an error of their own.  TLS never speaks first, and answers a
    plain line with an alert or by closing.  No answer within `quiet` seconds is a refusal too, and
    the detail says that it was silence.
    """
    deadline = clock() + seconds
    try:
        plain = socket.create_connection((address, port), timeout=seconds)
    except (OSError, UnicodeError) as error:
        return TlsResult(
            "unreachable", f"no TCP connection to {address}:{port}: {calm(str(error), 200)}"
        )
    with plain:
        heard = _listen(plain, min(quiet / 4, max(0.1, deadline - clock())))
        if heard is None:
            try:
                plain.sendall(hello)
            except OSError:
                return TlsResult("refused", "reset the connection at a plain-text line")
            heard = _listen(plain, min(quiet, max(0.1, deadline - clock())))
    return _judge(heard, quiet)


def _listen(plain: socket.socket, seconds: float) -> bytes | None:
    """Give what came first; b"" for an end, None for silence."""
    plain.settimeout(seconds)
    try:
        return plain.recv(512)
    except TimeoutError:
        return None
    except OSError:
        return b""


def _judge(heard: bytes | None, quiet: float) -> TlsResult:
    if heard is None:
        return TlsResult("refused", f"gave no answer in plain text within {quiet:g} s")
    if not heard:
        return TlsResult("refused", "closed the connection at a plain-text line")
    if heard[0] in (_ALERT, _HANDSHAKE) and heard[1:2] == b"\x03":
        return TlsResult("refused", "answered a plain-text line with a TLS record")
    shown = calm(heard[:60].decode("ascii", "replace").replace("\n", " ").replace("\r", ""))
    return TlsResult("accepted", f"answered in plain text: {shown!r}")
