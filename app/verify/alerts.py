"""Put OpenSSL's words for a broken TLS connection into ours."""

from __future__ import annotations

import re
import ssl
from typing import Literal

from app.quoting import calm
from app.verify.result import TlsResult

_ALERT = re.compile(r"(?:^|[ _])alert[ _]([a-z_ ]{3,40})$", re.IGNORECASE)
# What OpenSSL says where the bytes it read were no TLS record, or no answer to a ClientHello.
_FOREIGN = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "HTTPS_PROXY_REQUEST",
    "UNKNOWN_PROTOCOL",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
    "UNEXPECTED_MESSAGE",
    "BAD_RECORD_TYPE",
    "RECORD_TOO_SMALL",
    "DATA_LENGTH_TOO_LONG",
)


def alert_name(reason: str) -> str:
    """Give the alert's name (RFC 8446, 6: `certificate_required`) from OpenSSL's reason.

    Takes both the constant (`TLSV13_ALERT_CERTIFICATE_REQUIRED`) and the sentence of the command
    line (`tlsv13 alert certificate required`); empty where no alert came.
    """
    found = _ALERT.search(reason.strip())
    return found[1].strip().lower().replace(" ", "_") if found else ""


def alert_of(error: ssl.SSLError) -> str:
    """Give the name of the alert that ended the connection, empty for none."""
    return alert_name(error.reason or "")


def broken(error: Exception, when: Literal["during", "after"]) -> str:
    """Say in one line how the peer ended the connection."""
    if isinstance(error, ssl.SSLError) and (alert := alert_of(error)):
        return f"sent the alert {alert} {when} the handshake"
    if isinstance(error, ssl.SSLEOFError):
        return f"closed the connection {when} the handshake"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return f"reset the connection {when} the handshake"
    if isinstance(error, ssl.SSLError):
        return f"the connection broke {when} the handshake: {_words(error)}"
    return f"the connection broke {when} the handshake: {calm(str(error), 200)}"


def failed_handshake(error: Exception) -> TlsResult:
    """Tell a refusal from something that does not speak TLS."""
    if isinstance(error, ssl.SSLError):
        if (error.reason or "").upper() in _FOREIGN:
            return TlsResult("not-tls", f"connected, but the answer is not TLS ({_words(error)})")
        return TlsResult("refused", broken(error, "during"), alert=alert_of(error))
    if isinstance(error, OSError):
        return TlsResult("refused", broken(error, "during"))
    return TlsResult("unproven", f"the name cannot be asked for in TLS: {calm(str(error), 200)}")


def _words(error: ssl.SSLError) -> str:
    return calm((error.reason or "no reason given").lower().replace("_", " "), 200)
