"""What MySQL-MMM 1.x and 2.x say when TLS goes wrong, with IO::Socket::SSL 2.081 on OpenSSL 3.0.

An agent never says why it refused its monitor, and `mmm_control` that the monitor refused prints an
empty line and ends with 0: for that there is no row, only a probe.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.kinds.explaining import Row
from app.kinds.mmm import explanations_daemons as daemons
from app.kinds.mmm import explanations_files as files
from app.kinds.mmm import explanations_library as library

_BROKEN_OFF = "Can't create socket!"

ADVICE = {
    "no certificate refused": (
        "The listener is not MMM's: its listeners always insist on a certificate, whatever "
        "verify_mode says. See what holds the port: `ss -Hltnp`."
    ),
    "foreign CA refused": (
        "ca_file of this host holds a CA besides the site's, or is missing, and then the system's "
        "CAs count: whoever has a certificate of one of them may drive MMM. The listener reads it "
        "only when it starts."
    ),
    "plain text refused": (
        "The service runs without TLS: 1.x ignores `socket_type ssl` silently where its options "
        "are not indented or lib/socket.pm is missing; or it was not restarted."
    ),
}
"""Remedies for wrong dials that were accepted, by what was tried."""

NAMES_PEERS = False
"""The monitor names the agent that it dialled, but an agent's log names nobody."""

ROWS: tuple[Row, ...] = files.ROWS + daemons.ROWS + library.ROWS


def joined(lines: Sequence[str]) -> list[str]:
    """Join a listener's complaint with its reason, which stands indented in the next line."""
    whole: list[str] = []
    for line in lines:
        if whole and whole[-1].rstrip().endswith(_BROKEN_OFF) and line.startswith("  "):
            whole[-1] = f"{whole[-1].rstrip()} {line.strip()}"
        else:
            whole.append(line)
    return whole
