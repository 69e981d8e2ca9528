"""Write a broker's log as ActiveMQ writes it, and put Python's TLS errors into Java's words."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

Level = Literal["INFO", "WARN", "ERROR"]


class BrokerLog:
    """Append lines to a log file in the pattern `time | level | message | logger | thread`."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now

    def write(self, level: Level, text: str, logger: str, thread: str = "main") -> None:
        """Write one record; a text of several lines stays one record, as a stack trace does."""
        time = self._now().strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
        first, *rest = text.split("\n")
        line = f"{time} | {level:<5} | {first} | {logger} | {thread}"
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n".join([line, *rest]) + "\n")


_JAVA = (
    (r"PEER_DID_NOT_RETURN_A_CERTIFICATE", "Empty client certificate chain"),
    (
        r"certificate has expired|not yet valid",
        "PKIX path validation failed: java.security.cert.CertPathValidatorException: "
        "validity check failed",
    ),
    (
        r"unsuitable certificate purpose|unsupported certificate purpose",
        "Extended key usage does not permit use for TLS client authentication",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: "
        "unable to find valid certification path to requested target",
    ),
    (r"ALERT_UNKNOWN_CA|ALERT_CERTIFICATE_UNKNOWN", "Received fatal alert: certificate_unknown"),
    (r"ALERT_BAD_CERTIFICATE", "Received fatal alert: bad_certificate"),
    (r"UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW", "Client requested protocol is not enabled or "
     "supported in server context"),
    (r"WRONG_VERSION_NUMBER|HTTP_REQUEST|RECORD_LAYER|UNKNOWN_PROTOCOL|PACKET_LENGTH",
     "Unsupported or unrecognized SSL message"),
)  # fmt: skip


def in_java(error: OSError) -> str:
    """Say an error of a handshake the way the Java TLS stack says it."""
    text = str(error)
    if isinstance(error, ssl.SSLError):
        for pattern, java in _JAVA:
            if re.search(pattern, text):
                return java
    if isinstance(error, TimeoutError):
        return "Read timed out"
    return "Remote host terminated the handshake"
