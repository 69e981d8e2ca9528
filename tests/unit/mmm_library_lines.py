"""Lines of IO::Socket::SSL 2.081 on OpenSSL 3.0, as it brings them to the screen (debug2)."""

from __future__ import annotations

Case = tuple[str, tuple[str, ...], tuple[str, ...]]

DEBUG = "DEBUG: .../IO/Socket/SSL.pm:853: fatal SSL error: "
DIALS = f"{DEBUG}SSL connect attempt failed error:"
TAKES = "SSL accept attempt failed error:"
VERIFY = "0A000086:SSL routines::certificate verify failed"

LIBRARY: tuple[Case, ...] = (
    (
        "mmm-dials-name",
        (f"{DEBUG}hostname verification failed",),
        ("Hostname verification failed", "the hostname verification failed for db1"),
    ),
    (
        "mmm-dials-name",
        (
            "DEBUG: .../IO/Socket/SSL.pm:850: ignoring less severe local error 'SSL connect "
            f"attempt failed error:{VERIFY}', keep 'hostname verification failed'",
        ),
        (f"{DIALS}{VERIFY}",),
    ),
    (
        "mmm-dials-untrusted",
        (f"{DIALS}{VERIFY}",),
        (f"{TAKES}{VERIFY}", f"error:{VERIFY}", "SSL connect attempt failed"),
    ),
    (
        "mmm-dials-plain",
        (f"{DIALS}0A00010B:SSL routines::wrong version number",),
        (f"{TAKES}0A00010B:SSL routines::wrong version number", f"{DIALS}{VERIFY}"),
    ),
    (
        "mmm-dials-refused-ca",
        (f"{DIALS}0A000418:SSL routines::tlsv1 alert unknown ca",),
        (f"{TAKES}0A000418:SSL routines::tlsv1 alert unknown ca",),
    ),
    (
        "mmm-dials-refused-ca",
        (
            "DEBUG: .../IO/Socket/SSL.pm:1186: local error: SSL read error error:0A000418:SSL "
            "routines::tlsv1 alert unknown ca",
        ),
        ("DEBUG: .../IO/Socket/SSL.pm:1186: SSL read error",),
    ),
    (
        "mmm-dials-refused-expired",
        (f"{DIALS}0A000415:SSL routines::sslv3 alert certificate expired",),
        (f"{TAKES}0A000415:SSL routines::sslv3 alert certificate expired",),
    ),
    (
        "mmm-dials-refused-usage",
        (f"{DIALS}0A000413:SSL routines::sslv3 alert unsupported certificate",),
        (f"{TAKES}0A000413:SSL routines::sslv3 alert unsupported certificate",),
    ),
    (
        "mmm-dials-refused-none",
        (f"{DIALS}0A000410:SSL routines::sslv3 alert handshake failure",),
        (f"{DIALS}0A000410:SSL routines::sslv3 handshake failure",),
    ),
    (
        "mmm-dials-old",
        (f"{DIALS}0A000438:SSL routines::tlsv1 alert internal error",),
        (f"{TAKES}0A000438:SSL routines::tlsv1 alert internal error",),
    ),
    (
        "mmm-version-name",
        ("SSL Version SSLv3 not supported",),
        ("SSL version SSLv3 not supported", "SSL Version 3 is not supported here"),
    ),
    (
        "mmm-takes-untrusted",
        (f"{TAKES}{VERIFY}",),
        (f"{DIALS}{VERIFY}", "SSL accept attempt failed"),
    ),
    (
        "mmm-takes-none",
        (f"{TAKES}0A0000C7:SSL routines::peer did not return a certificate",),
        ("the peer did not return a certificate", f"{TAKES}{VERIFY}"),
    ),
    (
        "mmm-takes-plain",
        (f"{TAKES}0A00010B:SSL routines::wrong version number",),
        (f"{DIALS}0A00010B:SSL routines::wrong version number",),
    ),
    (
        "mmm-takes-distrusted",
        (f"{TAKES}0A000418:SSL routines::tlsv1 alert unknown ca",),
        (f"{DIALS}0A000418:SSL routines::tlsv1 alert unknown ca",),
    ),
    (
        "mmm-takes-expired",
        (f"{TAKES}0A000415:SSL routines::sslv3 alert certificate expired",),
        (f"{DIALS}0A000415:SSL routines::sslv3 alert certificate expired",),
    ),
    (
        "mmm-takes-usage",
        (f"{TAKES}0A000413:SSL routines::sslv3 alert unsupported certificate",),
        (f"{DIALS}0A000413:SSL routines::sslv3 alert unsupported certificate",),
    ),
    (
        "mmm-takes-name",
        (f"{TAKES}0A000438:SSL routines::tlsv1 alert internal error",),
        (f"{DIALS}0A000438:SSL routines::tlsv1 alert internal error",),
    ),
    (
        "mmm-takes-old",
        (f"{TAKES}0A000076:SSL routines::no suitable signature algorithm",),
        ("no suitable signature algorithm", f"{TAKES}{VERIFY}"),
    ),
)
